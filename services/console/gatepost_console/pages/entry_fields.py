"""Entries as fields of a form: what the ERP asks for, with what was typed, and lists to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Item
from gatepost.ledger import entering, options
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.options import Option, Options
from gatepost_console.pages.forms import READER, Form
from gatepost_console.problems import single

FIELD: Final = "entry."
SEARCH: Final = "search."
LONGEST: Final = 4000
MOST: Final = 100  # entries in one form
FEW: Final = 50  # choices that stand in a drop-down without a search


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen: ``total`` of them match the search, some of them are shown."""

    shown: list[Option]
    total: int
    search: str
    is_long: bool  # so long that it is searched
    was_read: bool


@dataclass(frozen=True, slots=True)
class EntryField:
    """One entry. ``type`` is ``text``, ``date`` or ``choice``."""

    name: str
    label: str
    type: str
    required: bool
    max_length: int | None
    hint: str
    value: str
    choices: Choices | None


def given_in(form: Form) -> dict[str, str]:
    """The entries of a form, blank ones too: they leave out what they would begin with.

    Raises:
        Problem: there are too many, or one is too long.

    """
    names = [name for name in form.fields if name.startswith(FIELD)]
    if len(names) > MOST:
        raise single(422, "invalid", f"a form has at most {MOST} entries", READER)
    return {name.removeprefix(FIELD): form.text(name, LONGEST) for name in names}


def searches_in(form: Form) -> dict[str, str]:
    """What is looked for in the lists to choose from."""
    names = [name for name in form.fields if name.startswith(SEARCH)]
    return {name.removeprefix(SEARCH): form.text(name) for name in names}


def fields_of(
    item: Item,
    content: Mapping[str, Any],
    ledger: Ledger,
    given: Mapping[str, str],
    searches: Mapping[str, str],
) -> list[EntryField]:
    """The form of an item's entries, with what was typed into it so far."""
    return [
        EntryField(
            name=asked["name"],
            label=asked["label"],
            type=asked["type"],
            required=asked["required"],
            max_length=asked["max_length"],
            hint=asked["hint"],
            value=(value := given.get(asked["name"], asked["value"])),
            choices=_choices(item, asked, value, searches.get(asked["name"], ""), ledger),
        )
        for asked in entering.asked(item, content, ledger, most=FEW)
    ]


def _choices(
    item: Item, asked: Mapping[str, Any], value: str, search: str, ledger: Ledger
) -> Choices | None:
    first = asked["choices"]
    entry = ledger.directory().connection_of(item.company)
    if first is None or entry is None:
        return None
    kind = RecordKind(asked["options"])

    def offered(q: str) -> Options:
        return options.offered(ledger, item.company, entry.key, kind, q=q, limit=FEW)

    found = offered(search) if search else None
    shown = found.items if found else [Option(**each) for each in first["items"]]
    if value and all(each.id != value for each in shown):
        chosen = next((each for each in offered(value).items if each.id == value), None)
        shown = [chosen or Option(value, value), *shown]
    total = found.total if found else first["total"]
    is_long = first["total"] > FEW
    return Choices(shown, total, search, is_long, was_read=first["read_at"] is not None)
