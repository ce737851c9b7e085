"""Records as Odoo gives them, in the words of the mapper."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from gatepost.connectors.contents import decimal
from gatepost.connectors.odoo.calling import Record
from gatepost.connectors.odoo.mapping import SUB_JOB, price, quantity
from gatepost.connectors.odoo.models import Lines
from gatepost.connectors.odoo.names import OURS, Name
from gatepost.connectors.port import ErpRecord
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin

_PARTS = ":"
_UNNAMED = "/"  # of a bill in draft, up to Odoo 16; nothing at all from 17 on


@dataclass(slots=True)
class Line:
    """A line, and what it is called here; no name: somebody else's."""

    record: Record
    name: Name | None = None


@dataclass(slots=True)
class Read:
    """A record with its lines and its name; ``parent`` is the id of what it hangs under."""

    record: Record
    name: Name | None = None
    lines: list[Line] = field(default_factory=list)
    parent: int | None = None


def change_id(order: int, mark: str) -> str:
    """The id of a change order: Odoo has none, it is lines of its purchase order."""
    return f"{order}{_PARTS}{mark}"


def parts_of(change: str) -> tuple[str, str]:
    """A purchase order's id, and the mark of the lines a change order added to it."""
    order, _, mark = change.partition(_PARTS)
    return order, mark


def lines_of(read: Read, kind: RecordKind, shape: Lines) -> list[Line]:
    """The lines that are meant: those a change order added, or all but what is left of old ones."""
    if kind is RecordKind.CHANGE_ORDER:
        of_it = [line for line in read.lines if line.name and line.name == _line_of(read, line)]
    else:
        of_it = [
            line for line in read.lines if line.name is None or line.name.kind == kind.item_kind
        ]
    return [line for line in of_it if line.name is None or not _is_gone(line, shape)]


def counting(read: Read, shape: Lines) -> list[Line]:
    """All its lines, whosever they are, but headings and what is left of old ones."""
    return [line for line in read.lines if not _is_gone(line, shape)]


def origin_of(read: Read, kind: RecordKind, shape: Lines | None) -> Origin:
    """The origin in a record, line by line as they are called."""
    record = read.record
    code = record.get("origin") or record.get("ref") or record.get("code") or record.get("name")
    lines = lines_of(read, kind, shape) if shape else []
    is_change = kind is RecordKind.CHANGE_ORDER and read.name
    return Origin(
        id=change_id(record["id"], read.name.mark)
        if is_change and read.name
        else str(record["id"]),
        code=str(code or ""),
        lines=tuple(
            (line.name.line, str(line.record["id"]))
            for line in lines
            if line.name and not line.name.line.startswith(OURS)
        ),
    )


def record_of(kind: RecordKind, read: Read, shape: Lines | None) -> ErpRecord:
    """A record as Gatepost keeps it."""
    origin = origin_of(read, kind, shape)
    parent = str(read.parent) if read.parent else None
    data = _data(kind, read, parent)
    if shape:
        data["lines"] = [_line(line, shape) for line in lines_of(read, kind, shape)]
    mark = read.name.mark if read.name else None
    name = read.record.get("name")
    has_one = name and name != _UNNAMED
    return ErpRecord(origin, str(name if has_one else origin.code), parent, mark, data)


def agrees(wanted: dict[str, Any], there: dict[str, Any]) -> bool:
    """Whether a record is what would be written, as far as it can be read; others' lines aside."""
    for name, value in wanted.items():
        if name == "lines":
            ours = [line for line in there["lines"] if line["external_id"] is not None]
            key = _external_id
            if sorted(value, key=key) != sorted(ours, key=key):
                return False
        elif name in there and value is not None and there[name] != value:
            return False
    return True


def other_amounts(wanted: dict[str, Any], there: dict[str, Any]) -> str:
    """What Odoo has made of the quantities and prices it was given, if it is another thing.

    It may keep fewer decimals than it comes with, or have a vendor's own price of the product.
    """
    lines = {line["external_id"]: line for line in there.get("lines", ())}
    for line in wanted.get("lines", ()):
        kept = lines.get(line["external_id"], line)
        if any(kept[name] != line[name] for name in ("quantity", "price_unit")):
            amounts = (f"{each['quantity']} at {each['price_unit']}" for each in (kept, line))
            said = ", not ".join(amounts)
            return f"Odoo keeps {said}, on line {line['external_id']}: see its decimal accuracy"
    return ""


def id_in(value: Any) -> int | None:  # noqa: ANN401 - JSON
    """The id in a field that leads to another record: ``[7, "Aker Steel"]``, or False."""
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def cell(value: Any) -> str:  # noqa: ANN401 - JSON
    """What a field has, as it is loaded again: ids for other records, charges as JSON."""
    match value:
        case None | False:
            return ""
        case [int(id), str()]:  # the one record it leads to, with its name
            return str(id)
        case list():
            return ",".join(map(str, value))
        case dict():
            return orjson.dumps(value).decode() if value else ""
        case float():
            return f"{decimal(value):f}"
    return str(value)


def charged_to(line: Record) -> int | None:
    """The analytic account a line is charged to; the first of several."""
    charged = line.get("analytic_distribution") or {}
    first = next(iter(charged), "").split(",")[0]
    return int(first) if first.isdecimal() else None


def _data(kind: RecordKind, read: Read, parent: str | None) -> dict[str, Any]:
    record = read.record
    match kind:
        case RecordKind.PROJECT | RecordKind.SUB_JOB:
            return {"code": _text(record["code"]), "name": record["name"], "parent": parent}
        case RecordKind.COMMITMENT:
            return {
                "partner": _id(record["partner_id"]),
                "origin": _text(record["origin"]),
                "currency": record["currency_id"][1] if record["currency_id"] else None,
                "job": parent,
            }
        case RecordKind.CHANGE_ORDER:
            return {"order": str(record["id"])}
        case RecordKind.INVOICE:
            names = ("move_type", "ref", "invoice_date", "date")
            return {**{name: _text(record[name]) for name in names}, "order": parent}
    return {name: _text(record.get(name)) for name in ("name", "ref")}


def _line(line: Line, shape: Lines) -> dict[str, Any]:
    record = line.record
    return {
        "external_id": line.name.line if line.name else None,
        "name": record["name"],
        "quantity": quantity(decimal(record[shape.quantity])),
        "price_unit": price(decimal(record["price_unit"])),
    }


def _line_of(read: Read, line: Line) -> Name | None:
    if read.name is None or line.name is None:
        return None
    return Name(read.name.kind, read.name.mark, line.name.line)


def _is_gone(line: Line, shape: Lines) -> bool:
    return not decimal(line.record[shape.quantity])


def _external_id(line: dict[str, Any]) -> str:
    return str(line["external_id"])


def project_code(code: str) -> str:
    """The code of the project that a sub job's code goes on from."""
    return code.rpartition(SUB_JOB)[0]


def _id(value: object) -> str | None:
    found = id_in(value)
    return str(found) if found else None


def _text(value: object) -> str | None:
    return str(value) if value not in (None, False, "") else None
