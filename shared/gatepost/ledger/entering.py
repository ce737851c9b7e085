"""Entering: what an item's ERP asks for when it is accepted, what that begins with, what is wrong.

The profile of the company's connection says what is asked. What an entry begins with is what is
written, unless the approver enters something else; an entry that is given blank is left out. What is
chosen from the ERP's records is held against them, once they were read.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gatepost.connectors.discovery import profile_of
from gatepost.connectors.entries import Entry, prefilled
from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.profile import Profile
from gatepost.domain.decisions import ACCEPTED_STATES
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem, Incomplete
from gatepost.domain.items import Item
from gatepost.ledger.directory import ConnectionEntry, Directory
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.options import PAGE_SIZE, Choices, offered
from gatepost.ledger.revisions import Contents
from gatepost.ledger.work import Work


def asked(
    item: Item, content: Mapping[str, Any], ledger: Ledger, *, most: int = PAGE_SIZE
) -> list[dict[str, Any]]:
    """The entries that are asked for, each with the value it has or begins with.

    Where it is chosen from the ERP's records, ``choices`` has the first of them by name, how many
    there are, and when they were read; None: never to their end, so that any id passes.

    Args:
        item: which.
        content: what it says.
        ledger: where the records are.
        most: choices shown of each entry.

    """
    directory = ledger.directory()
    found = _filled(item, {}, _entries(item, directory), content, directory)
    return [
        {
            "name": each.name,
            "label": each.label,
            "type": each.type.value,
            "required": each.required,
            "max_length": each.max_length,
            "hint": each.hint,
            "options": each.options or None,
            "choices": _choices(each, directory.connection_of(item.company), ledger, most),
            "value": found.get(each.name, ""),
        }
        for each in _entries(item, directory)
    ]


def entered(item: Item, given: Mapping[str, str], work: Work) -> dict[str, str]:
    """All entries of an item once those given are added.

    Raises:
        Incomplete: something is missing, of the wrong shape, not offered, or not asked for; every
            reason.

    """
    found = filled(item, given, work)
    if problems := against(item, found, work):
        raise Incomplete(problems)
    return found


def filled(item: Item, given: Mapping[str, str], work: Work) -> dict[str, str]:
    """The same unchecked: what stands, what it begins with, and what is given."""
    entries = _entries(item, work.directory)
    content: Mapping[str, Any] = {}
    if any(each.prefill and each.prefill.is_of_content for each in entries):
        content = work.kept(Contents).of(item)
    return _filled(item, given, entries, content, work.directory)


def against(item: Item, entries: Mapping[str, str], work: Work) -> list[FieldProblem]:
    """Everything that is wrong with the entries of an item."""
    profile, entry = _profile(item, work.directory), work.directory.connection_of(item.company)
    if profile is None or entry is None:
        return []
    asked_for = profile.entries_of(item.kind)
    chosen = [
        (each.options, entries[each.name])
        for each in asked_for
        if each.options and each.name in entries
    ]
    known = work.kept(Choices).known(entry, chosen) if chosen else {}
    return profile.entry_problems(item.kind, entries, known)


def _filled(
    item: Item,
    given: Mapping[str, str],
    entries: tuple[Entry, ...],
    content: Mapping[str, Any],
    directory: Directory,
) -> dict[str, str]:
    begun = {} if _is_entered(item) else _begun(item, entries, content, directory)
    # A record keeps what it was written with; before there is one, a new revision begins anew.
    stands = {**begun, **item.entries} if item.is_linked else {**item.entries, **begun}
    found = {name: value.strip() for name, value in {**stands, **given}.items()}
    return {name: value for name, value in found.items() if value}


def _is_entered(item: Item) -> bool:
    """Whether its entries were accepted for this revision, and stand as they are."""
    taken_back = item.decision is None and item.decided_revision == item.revision
    return item.state in ACCEPTED_STATES or item.first_approval is not None or taken_back


def _begun(
    item: Item, entries: tuple[Entry, ...], content: Mapping[str, Any], directory: Directory
) -> dict[str, str]:
    """What the entries begin with, as far as the company wants it."""
    wanted = directory.company(item.company).settings.prefill
    found = prefilled(entries, number=item.number, title=item.title, content=content)
    return found if wanted is None else {name: found[name] for name in found if name in wanted}


def _choices(
    each: Entry, entry: ConnectionEntry | None, ledger: Ledger, most: int
) -> dict[str, Any] | None:
    if not each.options or entry is None:
        return None
    return asdict(offered(ledger, entry.company, entry.key, RecordKind(each.options), limit=most))


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
