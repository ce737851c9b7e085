"""Records as Tryton gives them, in the words of the mapper."""

from typing import Any, Final

from gatepost.connectors.port import ErpRecord
from gatepost.connectors.tryton.models import PURCHASE
from gatepost.connectors.tryton.rest import Record, told
from gatepost.connectors.tryton.stamps import Stamp, read_stamp
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin

_JOBS: Final = (RecordKind.PROJECT, RecordKind.SUB_JOB)
OURS: Final = "+"  # a line that no line of the item stands for begins with it


def stamp_on(record: Record) -> Stamp | None:
    """The stamp of a record, or of the first of its lines that has one."""
    notes = [record.get("note"), *(line.get("note") for line in record.get("lines", ()))]
    return next(filter(None, map(read_stamp, notes)), None)


def stamps_on(record: Record) -> set[tuple[str, int]]:
    """The marks and revisions on a record: more than one, where somebody has copied lines."""
    notes = [record.get("note"), *(line.get("note") for line in record.get("lines", ()))]
    return {(stamp.mark, stamp.revision) for stamp in map(read_stamp, notes) if stamp}


def marks_on(record: Record) -> set[str]:
    """The marks on a record, of whatever revision."""
    return {mark for mark, _ in stamps_on(record)}


def origin_of(record: Record) -> Origin:
    """The origin in a record, line by line as their stamps say."""
    stamps = [(read_stamp(line.get("note")), line["id"]) for line in record.get("lines", ())]
    return Origin(
        id=str(record["id"]),
        code=str(record.get("reference") or record.get("number") or record.get("code") or ""),
        lines=tuple(
            (stamp.line, str(id))
            for stamp, id in stamps
            if stamp and stamp.line and not stamp.line.startswith(OURS)
        ),
    )


def jobs_of(line: Record) -> list[int]:
    """The analytic accounts a line is charged to."""
    entries = line.get("analytic_accounts") or ()
    return [entry["account"] for entry in entries if entry.get("account")]


def origin_id(reference: str | None, model: str) -> int | None:
    """The id in a reference of Tryton's, ``purchase.line,12``, if it is of that model."""
    found, _, id = (reference or "").partition(",")
    return int(id) if found == model and id.isdecimal() else None


def record_of(kind: RecordKind, record: Record, purchase: int | None = None) -> ErpRecord:
    """A record as Gatepost keeps it; ``purchase`` is that of a supplier invoice."""
    stamp = stamp_on(record)
    origin = origin_of(record)
    name = record.get("name") or record.get("description") or origin.code
    parent, data = _parent_and_data(kind, record, purchase)
    text = str(parent) if parent else None
    return ErpRecord(origin, str(name), text, stamp.mark if stamp else None, data)


def _parent_and_data(
    kind: RecordKind, record: Record, purchase: int | None
) -> tuple[int | None, dict[str, Any]]:
    match kind:
        case RecordKind.PROJECT | RecordKind.SUB_JOB:
            parent = record["parent"] if kind is RecordKind.SUB_JOB else None
            return parent, {"code": record["code"], "name": record["name"], "parent": _id(parent)}
        case RecordKind.COMMITMENT:
            job = next((job for line in record["lines"] for job in jobs_of(line)), None)
            return job, {**_document(record), "job": _id(job)}
        case RecordKind.CHANGE_ORDER:
            changed = origin_id(record.get("origin"), PURCHASE)
            return changed, {**_document(record), "changes": _id(changed)}
        case RecordKind.INVOICE:
            dates = {name: told(record.get(name)) for name in ("invoice_date", "accounting_date")}
            return purchase, {**_document(record), **dates, "purchase": _id(purchase)}
    return None, {name: record[name] for name in ("name", "code")}


def _document(record: Record) -> dict[str, Any]:
    return {
        "party": _id(record["party"]),
        "reference": record["reference"],
        "description": record["description"],
        "currency": (record.get("currency") or {}).get("code"),
        "lines": [_line(line) for line in record["lines"]],
    }


def _line(line: Record) -> dict[str, Any]:
    stamp = read_stamp(line.get("note"))
    return {
        "external_id": stamp.line if stamp else None,
        "description": line.get("description"),
        "quantity": told(line.get("quantity")),
        "unit_price": told(line.get("unit_price")),
    }


def _id(value: int | None) -> str | None:
    return str(value) if value else None
