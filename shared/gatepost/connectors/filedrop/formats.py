"""The two formats: CSV after RFC 4180, and JSON lines. What is written is what the record holds."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from gatepost.connectors.filedrop.config import Format
from gatepost.connectors.filedrop.mapping import ADDRESS, FIELDS, LINE_FIELDS
from gatepost.connectors.profile import Profile
from gatepost.domain.kinds import Kind

_HEAD: Final = (
    *("mark", "revision", "action", "kind", "erp_id", "reference", "number", "title"),
    *("project", "project_erp_id", "parent_erp_id", "vendor_erp_id"),
)
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")  # what a spreadsheet takes a cell for a formula by
_AMOUNT: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SEPARATOR: Final = "\n"  # between the parts of a list, within one cell


def encoded(record: dict[str, Any], form: Format, profile: Profile) -> bytes:
    """The file of a record, in UTF-8."""
    if form is Format.JSONL:
        return orjson.dumps(record) + b"\n"
    text = io.StringIO(newline="")
    table = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    names = columns(record, profile)
    table.writerow(names)
    for row in rows(record):
        table.writerow([row.get(name, "") for name in names])
    return text.getvalue().encode()


def acknowledged(document: dict[str, Any], form: Format) -> bytes:
    """The file of an acknowledgement without lines."""
    if form is Format.JSONL:
        return orjson.dumps(document) + b"\n"
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(document), lineterminator="\r\n")
    table.writeheader()
    table.writerow(document)
    return text.getvalue().encode()


def columns(record: dict[str, Any], profile: Profile) -> list[str]:
    """The columns of a CSV file: the same for all items of a kind, but for entries of other profiles."""
    kind = Kind(record["kind"])
    asked = [entry.name for entry in profile.entries_of(kind)]
    others = [name for name in record["entries"] if name not in asked]
    found = list(_HEAD)
    for name in FIELDS[kind]:
        found += [f"address_{part}" for part in ADDRESS] if name == "address" else [name]
    found += [f"entry_{name}" for name in (*asked, *others)]
    if kind in LINE_FIELDS:
        found += ["line", *(f"line_{name}" for name in LINE_FIELDS[kind])]
    return found


def rows(record: dict[str, Any]) -> Iterator[dict[str, str]]:
    """A row for each line, all with the head of the record; one row where there are no lines."""
    head = {
        name: _cell(value)
        for name, value in record.items()
        if name not in ("entries", "lines", "address")
    }
    head |= {f"entry_{name}": _cell(value) for name, value in record["entries"].items()}
    head |= {
        f"address_{name}": _cell(value) for name, value in (record.get("address") or {}).items()
    }
    for line in record.get("lines") or [{}]:
        named = {
            name if name == "line" else f"line_{name}": _cell(value) for name, value in line.items()
        }
        yield {**head, **named}


def unsafe(record: dict[str, Any], *, formulas: bool) -> Iterator[tuple[str, str, str]]:
    """What no CSV can hold so that it is read as it was meant: place, rule, and a sentence."""
    for at, row in enumerate(rows(record)):
        for name, text in row.items():
            if at and not name.startswith("line"):
                continue  # said with the first row
            place = f"lines[{at}].{name}" if name.startswith("line") else name
            if _CONTROL.search(text):
                yield place, "control_character", f"{place} has a control character in it"
            if formulas and _FORMULA.match(text) and not _AMOUNT.fullmatch(text):
                said = f'{place} begins with "{text[0]}": a spreadsheet would take it for a formula'
                yield place, "formula", said
    for place, parts in _lists(record):
        if any(SEPARATOR in str(part) for part in parts):
            yield place, "line_break", f"a part of {place} has a line break in it"


def _lists(record: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    yield "cost_codes", record.get("cost_codes") or []
    yield "address.lines", (record.get("address") or {}).get("lines") or []


def _cell(value: Any) -> str:  # noqa: ANN401 - JSON
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return SEPARATOR.join(map(str, value))
    return str(value)
