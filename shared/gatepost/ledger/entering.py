"""Entering: what an item's ERP asks for when it is accepted, what that begins with, what is wrong.

The profile of the company's connection says what is asked. What must be entered and is not, is taken
from where the profile says that it begins; so an approver who enters nothing is asked for nothing
that is known already.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.connectors.discovery import profile_of
from gatepost.connectors.entries import Entry, prefilled
from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.profile import Profile
from gatepost.domain.errors import FieldProblem, Incomplete
from gatepost.domain.items import Item
from gatepost.ledger.directory import Directory


def asked(item: Item, content: Mapping[str, Any], directory: Directory) -> list[dict[str, Any]]:
    """The entries that are asked for, each with the value it has or begins with."""
    entries = _entries(item, directory)
    begun = _begun(item, entries, content, directory)
    return [
        {
            "name": each.name,
            "label": each.label,
            "type": each.type.value,
            "required": each.required,
            "max_length": each.max_length,
            "hint": each.hint,
            "options": each.options or None,
            "value": item.entries.get(each.name, begun.get(each.name, "")),
        }
        for each in entries
    ]


def entered(
    item: Item, given: Mapping[str, str], content: Mapping[str, Any], directory: Directory
) -> dict[str, str]:
    """All entries of an item once those given are added.

    Raises:
        Incomplete: something is missing, of the wrong shape, or not asked for; every reason.

    """
    found = filled(item, given, content, directory)
    if problems := against(item, found, directory):
        raise Incomplete(problems)
    return found


def filled(
    item: Item, given: Mapping[str, str], content: Mapping[str, Any], directory: Directory
) -> dict[str, str]:
    """The same unchecked: what is there, what is given, and what is needed and known already."""
    asked_for = _entries(item, directory)
    begun = _begun(item, asked_for, content, directory)
    needed = {
        each.name: begun[each.name] for each in asked_for if each.required and each.name in begun
    }
    found = {**needed, **item.entries, **given}
    return {name: value for name, value in found.items() if value.strip()}


def against(item: Item, entries: Mapping[str, str], directory: Directory) -> list[FieldProblem]:
    """Everything that is wrong with the entries of an item."""
    profile = _profile(item, directory)
    return profile.entry_problems(item.kind, entries) if profile else []


def needs_content(item: Item, directory: Directory) -> bool:
    """Whether an entry that must be made begins with something of the item's content."""
    return any(
        each.required and each.prefill and each.prefill.is_of_content
        for each in _entries(item, directory)
    )


def _begun(
    item: Item, entries: tuple[Entry, ...], content: Mapping[str, Any], directory: Directory
) -> dict[str, str]:
    """What the entries begin with, as far as the company wants it."""
    wanted = directory.company(item.company).settings.prefill
    found = prefilled(entries, number=item.number, title=item.title, content=content)
    return found if wanted is None else {name: found[name] for name in found if name in wanted}


def _entries(item: Item, directory: Directory) -> tuple[Entry, ...]:
    profile = _profile(item, directory)
    return profile.entries_of(item.kind) if profile else ()


def _profile(item: Item, directory: Directory) -> Profile | None:
    """The profile of the item's connection; None where the company has none that can be read."""
    connection = directory.connection_of(item.company)
    if connection is None:
        return None
    try:
        return profile_of(connection.connector, connection.profile)
    except (ConfigurationError, LookupError):  # its connector is not installed in this process
        return None
