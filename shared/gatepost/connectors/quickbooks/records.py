"""Records as QuickBooks gives them, in the words of the requests that write them."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, Final

from gatepost.connectors.port import ErpRecord, ExportItem
from gatepost.connectors.quickbooks import bills
from gatepost.connectors.quickbooks.mapping import line_mark
from gatepost.connectors.quickbooks.models import (
    BillAdd,
    CustomerAdd,
    OrderLine,
    PurchaseOrderAdd,
)
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

_PARTS: Final = "/"  # parts a purchase order's id from the mark of a change order's lines
_OURS: Final = frozenset({"ExternalGUID", "TxnLineID"})  # serve Gatepost, or are made up there


def text_of(record: Any, path: str) -> str:  # noqa: ANN401 - lxml has no types
    """What stands at a path in a record; empty where nothing does."""
    return str(record.findtext(path) or "")


def mark_of(record: Any) -> str | None:  # noqa: ANN401 - lxml has no types
    return text_of(record, "ExternalGUID").strip("{}").lower() or None


def id_of(record: Any) -> str:  # noqa: ANN401 - lxml has no types
    return text_of(record, "ListID") or text_of(record, "TxnID")


def lines_of(order: Any, mark: str) -> list[Any]:  # noqa: ANN401 - lxml has no types
    """The lines of a purchase order that an item has written, in the item's order."""
    of_item = [
        line
        for line in order.findall("PurchaseOrderLineRet")
        if text_of(line, "Other1") == line_mark(mark)
    ]
    return sorted(of_item, key=_place)


def revision_of(lines: Sequence[Any]) -> int | None:
    """The revision that lines were written with; None when they are of several."""
    found = {text_of(line, "Other2").partition(":")[0] for line in lines}
    only = found.pop() if len(found) == 1 else ""
    return int(only) if only.isdecimal() else None


def origin_of(record: Any, item: ExportItem) -> Origin:  # noqa: ANN401 - lxml has no types
    """The origin of an item, line by line, from the record that was written."""
    names = [
        str(line.get("external_id") or line.get("commitment_line"))
        for line in item.content.get("lines", ())
    ]
    is_bill = item.kind is Kind.INVOICE
    lines = record.findall("ItemLineRet") if is_bill else lines_of(record, item.mark)
    ids = [text_of(line, "TxnLineID") for line in lines]
    return Origin(
        id=id_of(record),
        code=text_of(record, "RefNumber") or text_of(record, "FullName"),
        data=bills.told(record, item) if is_bill else text_of(record, "EditSequence"),
        lines=tuple(zip(names, ids, strict=len(names) == len(ids))),
    )


def change_id(order_id: str, mark: str) -> str:
    """The id of a change order: QuickBooks has none, it is lines of its purchase order."""
    return f"{order_id}{_PARTS}{line_mark(mark)}"


def parts_of(change: str) -> tuple[str, str]:
    """A purchase order's id, and the mark of the lines a change order added to it."""
    order, _, mark = change.partition(_PARTS)
    return order, mark


def record_of(kind: RecordKind, record: Any) -> ErpRecord | None:  # noqa: ANN401 - lxml has no types
    """A record of that kind as Gatepost keeps it; None when it is of another one."""
    level = int(text_of(record, "Sublevel") or 0)
    origin = Origin(
        id=id_of(record),
        code=text_of(record, "RefNumber") or text_of(record, "FullName"),
        data=text_of(record, "EditSequence"),
        lines=tuple((id, id) for id in _unmarked(record)),
    )
    name, mark = text_of(record, "Name"), mark_of(record)
    match kind:
        case RecordKind.CUSTOMER | RecordKind.VENDOR:
            return ErpRecord(origin, name) if level == 0 else None
        case RecordKind.PROJECT:
            return ErpRecord(origin, name, None, mark, _job(record)) if level == 1 else None
        case RecordKind.SUB_JOB:
            parent = text_of(record, "ParentRef/ListID")
            return ErpRecord(origin, name, parent, mark, _job(record)) if level > 1 else None
        case RecordKind.COMMITMENT:
            job = text_of(record, "PurchaseOrderLineRet/CustomerRef/ListID") or None
            return ErpRecord(origin, text_of(record, "Memo"), job, mark, _order(record, mark))
        case _:
            order = _linked_order(record)
            return ErpRecord(origin, text_of(record, "Memo"), order, mark, _bill(record))


def change_record(order: Any, mark: str) -> ErpRecord | None:  # noqa: ANN401 - lxml has no types
    """A change order: the lines with its mark; None when there are none."""
    lines = [each for each in order.findall("PurchaseOrderLineRet")
             if text_of(each, "Other1") == mark]  # fmt: skip
    if not lines:
        return None
    order_id = id_of(order)
    origin = Origin(f"{order_id}{_PARTS}{mark}", text_of(order, "RefNumber"),
                    text_of(order, "EditSequence"))  # fmt: skip
    data = {"PurchaseOrderLineMod": [_known(each, OrderLine) for each in lines]}
    return ErpRecord(origin, text_of(order, "Memo"), order_id, None, data)


def _job(record: Any) -> dict[str, Any]:  # noqa: ANN401 - lxml has no types
    return _known(record, CustomerAdd)


def _order(record: Any, mark: str | None) -> dict[str, Any]:  # noqa: ANN401 - lxml has no types
    """The purchase order without what change orders have added: those are items of their own."""
    own = line_mark(mark) if mark else ""
    lines = record.findall("PurchaseOrderLineRet")
    kept = [each for each in lines if text_of(each, "Other1") in (own, "") or not is_ours(each)]
    data = _known(record, PurchaseOrderAdd)
    return {**data, "PurchaseOrderLineAdd": [_known(each, OrderLine) for each in kept]}


def _bill(record: Any) -> dict[str, Any]:  # noqa: ANN401 - lxml has no types
    data = _known(record, BillAdd)
    for name in ("ExpenseLine", "ItemLine"):
        found = [_document(each) for each in record.findall(f"{name}Ret")]
        if found:
            data[f"{name}Add"] = found
    return data


def _known(record: Any, model: type) -> dict[str, Any]:  # noqa: ANN401 - lxml has no types
    """What a record has in the fields of a request."""
    names = {each.name for each in fields(model)} - _OURS
    return {name: value for name, value in _document(record).items() if name in names}


def _document(record: Any) -> dict[str, Any]:  # noqa: ANN401 - lxml has no types
    return {
        each.tag: _document(each) if len(each) else str(each.text or "")
        for each in record
        if isinstance(each.tag, str) and each.tag not in _OURS
    }


def _unmarked(order: Any) -> Iterator[str]:  # noqa: ANN401 - lxml has no types
    for line in order.findall("PurchaseOrderLineRet"):
        if not is_ours(line):
            yield text_of(line, "TxnLineID")


def is_ours(line: Any) -> bool:  # noqa: ANN401 - lxml has no types
    """Whether a line of a purchase order was written from here, for whichever item."""
    revision, _, at = text_of(line, "Other2").partition(":")
    return revision.isdecimal() and at.isdecimal()


def _place(line: Any) -> int:  # noqa: ANN401 - lxml has no types
    at = text_of(line, "Other2").partition(":")[2]
    return int(at) if at.isdecimal() else 0


def _linked_order(bill: Any) -> str | None:  # noqa: ANN401 - lxml has no types
    for link in bill.findall("LinkedTxn"):
        if text_of(link, "TxnType") == "PurchaseOrder":
            return text_of(link, "TxnID")
    return None
