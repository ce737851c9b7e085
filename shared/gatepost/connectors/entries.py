"""Entries: what an ERP wants to know when an item is accepted, beyond what its source sent.

They are data of the profile. The approver's form is drawn from them, and whatever way a decision
comes, what was entered is checked by the same function.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem

APPROVER: Final = "the approver: correct the entry"
CHOOSER: Final = (
    "the approver: enter the id of one that is offered; or, where the ERP has it by now, have it "
    "read again: gatepost connection refresh"
)


class EntryType(StrEnum):
    """What is entered."""

    TEXT = "text"
    DATE = "date"  # 2026-11-30
    CHOICE = "choice"  # of the ERP's own records, as they were read last


class Prefill(StrEnum):
    """What an entry begins with: something the item has already."""

    NUMBER = "number"
    TITLE = "title"
    BILLING_DATE = "billing_date"

    @property
    def is_of_content(self) -> bool:
        """Whether it stands in the item's content, rather than on the item."""
        return self is Prefill.BILLING_DATE


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them. ``options`` is the kind of ERP record a choice is made from: ``customer``.

    ``pattern`` is a regular expression for the whole entry; ``hint`` says it in words. ``max_length``
    is in characters.
    """

    name: str
    label: str
    type: EntryType = EntryType.TEXT
    required: bool = False
    max_length: int | None = None
    pattern: str = ""
    hint: str = ""
    options: str = ""
    prefill: Prefill | None = None

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"the entry {self.name}: no pattern: {error}") from None
        if self.options and self.options not in set(RecordKind):
            raise ValueError(
                f"the entry {self.name}: an ERP has no {self.options} to choose from; "
                f"there are {', '.join(RecordKind)}"
            )
        if (self.type is EntryType.CHOICE) != bool(self.options):
            raise ValueError(
                f"the entry {self.name}: a choice names its options, nothing else does"
            )


def prefilled(
    entries: Sequence[Entry], *, number: str, title: str, content: Mapping[str, Any]
) -> dict[str, str]:
    """What the entries begin with, for one item; those without anything are left out.

    An entry that need not be made begins empty where the ERP would not take what it begins with.
    """
    known = {
        Prefill.NUMBER: number,
        Prefill.TITLE: title,
        Prefill.BILLING_DATE: str(content.get("billing_date") or ""),
    }
    found = {each: known[each.prefill] for each in entries if each.prefill}
    return {
        each.name: value
        for each, value in found.items()
        if value and (each.required or not any(_objections(each, value, "", {})))
    }


def entry_problems(
    entries: Sequence[Entry],
    given: Mapping[str, str],
    erp: str,
    known: Mapping[str, Collection[str]] | None = None,
) -> list[FieldProblem]:
    """Everything that is wrong with what was entered.

    Args:
        entries: what the ERP asks for.
        given: what was entered, by name.
        erp: what the ERP is called in a sentence.
        known: the ids that may be chosen, by kind of ERP record; a kind that is not in it has not
            been read, and any id passes.

    """
    found = list(_unasked(entries, given, erp))
    for entry in entries:
        value = given.get(entry.name, "").strip()
        if not value:
            if entry.required:
                found.append(_problem(entry.name, "missing", f"{entry.label} is missing"))
            continue
        found += [
            _problem(entry.name, rule, message)
            for rule, message in _objections(entry, value, erp, known or {})
        ]
    return found


def _unasked(
    entries: Sequence[Entry], given: Mapping[str, str], erp: str
) -> Iterator[FieldProblem]:
    names = [entry.name for entry in entries]
    asked = f"it asks for {', '.join(names)}" if names else "it asks for none"
    for name in given:
        if name not in names:
            yield _problem(name, "unknown_entry", f"{erp} has no entry {name} here; {asked}")


def _objections(
    entry: Entry, value: str, erp: str, known: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str]]:
    if entry.max_length is not None and len(value) > entry.max_length:
        yield (
            "max_length",
            f"{entry.label} has {len(value)} characters; {erp} takes at most {entry.max_length}",
        )
    if entry.pattern and not re.fullmatch(entry.pattern, value):
        shape = entry.hint or f"it must match {entry.pattern}"
        yield "format", f'{entry.label} is "{value[:80]}"; {shape}'
    if entry.type is EntryType.DATE and not _is_date(value):
        yield "date", f'{entry.label} is "{value[:80]}"; a date is written 2026-11-30'
    if value not in known.get(entry.options, (value,)):
        what = entry.options.replace("_", " ")
        yield (
            "not_offered",
            f"{entry.label}: {erp} had no {what} {value[:80]} when it was last read",
        )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _problem(name: str, rule: str, message: str) -> FieldProblem:
    who = CHOOSER if rule == "not_offered" else APPROVER
    return FieldProblem(f"entries.{name}", rule, message, who)
