"""Writing into QuickBooks: new records, and changes that keep what others have put there."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any, Final

from gatepost.connectors.errors import (
    Busy,
    ConnectorError,
    DuplicateFound,
    RecordGone,
    ValidationFailed,
)
from gatepost.connectors.port import ExportItem
from gatepost.connectors.quickbooks import bills, statuses
from gatepost.connectors.quickbooks.asking import Asking
from gatepost.connectors.quickbooks.elements import Element
from gatepost.connectors.quickbooks.finding import Finding, change_origin
from gatepost.connectors.quickbooks.mapping import NEW_LINE, bill_of, change_of, job_of, order_of
from gatepost.connectors.quickbooks.messages import Request
from gatepost.connectors.quickbooks.models import (
    CustomerMod,
    OrderLine,
    PurchaseOrderMod,
    Ref,
)
from gatepost.connectors.quickbooks.records import (
    is_ours,
    lines_of,
    mark_of,
    origin_of,
    revision_of,
    text_of,
)
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

Record = Any  # an element; lxml has no types
TRIES: Final = 3  # of a change whose record was changed by others in the same moment


class Writing:
    """What can be written, over one post."""

    def __init__(self, asking: Asking, finding: Finding, retainage_account: str) -> None:
        self._asking = asking
        self._finding = finding
        self._retainage_account = retainage_account

    def create(self, item: ExportItem) -> Origin:
        """Write a new record, unless the item has one already.

        Raises:
            DuplicateFound: another record has the name or the number.
            ReferenceNotFound: what it hangs under is not there.
            ValidationFailed: an invoice bills what is no line of its commitment.

        """
        if item.kind is Kind.CHANGE_ORDER:
            return self._again_if_stale(self._change_order, item)
        alike = self._finding.alike(item)
        for record in alike:
            if mark_of(record) == item.mark:
                return origin_of(record, item)
        match item.kind:
            case Kind.PROJECT | Kind.SUB_JOB:
                return self._new(item, "Customer", job_of(item), alike)
            case Kind.COMMITMENT:
                vendor = item.vendor_origin or ""
                return self._new(item, "PurchaseOrder", order_of(item), _of_vendor(alike, vendor))
            case _:
                return self._new_bill(item, alike)

    def update(self, item: ExportItem) -> Origin:
        """Change the item's record.

        Raises:
            ValidationFailed: it is a bill, and another one than is there by now.
            Busy: others are changing the record.

        """
        assert item.origin is not None, "only what has a record can be updated"  # noqa: S101
        match item.kind:
            case Kind.PROJECT | Kind.SUB_JOB:
                return self._again_if_stale(self._change_job, item)
            case Kind.COMMITMENT:
                return self._again_if_stale(self._change_order_lines, item)
            case Kind.CHANGE_ORDER:
                return self._again_if_stale(self._change_order, item)
            case _:
                return self._same_bill(item)

    # --- new ones --------------------------------------------------------------------------------

    def _new(
        self, item: ExportItem, name: str, element: Element, alike: Iterable[Record]
    ) -> Origin:
        for record in alike:
            named = text_of(record, "RefNumber") or text_of(record, "FullName")
            raise DuplicateFound(f"QuickBooks Desktop has a {_WORDS[name]} {named} already")
        record = self._write(item, f"{name}Add", element)
        return origin_of(record, item)

    def _new_bill(self, item: ExportItem, alike: Iterable[Record]) -> Origin:
        order = self._finding.order(item.parent_origin)
        vendor = text_of(order, "VendorRef/ListID")
        bill = replace(bill_of(item, self._retainage_account), VendorRef=Ref(ListID=vendor))
        if any(line.LinkToTxn is None for line in bill.ItemLineAdd):
            number = text_of(order, "RefNumber")
            raise ValidationFailed(bills.not_of_the_order(item, number))
        return self._new(item, "Bill", bill, _of_vendor(alike, vendor))

    def _same_bill(self, item: ExportItem) -> Origin:
        """The bill that is there, where it asks for no other."""
        found = self._own_record(item)
        if not bills.is_done(found, item):
            problem = FieldProblem("content", "updates", bills.NOT_CHANGED, bills.WHO_CHANGES)
            raise ValidationFailed(problem.message, problems=[problem])
        return origin_of(found, item)

    # --- changes ---------------------------------------------------------------------------------

    def _change_job(self, item: ExportItem) -> Origin:
        found = self._own_record(item)
        job = job_of(item)
        names = ("Name", "BillAddress", "AccountNumber", "JobStartDate")
        given = {name: getattr(job, name) for name in names}
        change = CustomerMod(
            ListID=text_of(found, "ListID"), EditSequence=text_of(found, "EditSequence"), **given
        )
        return origin_of(self._write(item, "CustomerMod", change), item)

    def _change_order_lines(self, item: ExportItem) -> Origin:
        """The item's lines as they are now; those of change orders and of bookkeepers are kept.

        An order that others have entered becomes the item's: its lines take the place of theirs.
        """
        order, wanted = self._own_record(item), order_of(item)
        ids = _line_ids(order, item)
        is_its_own = mark_of(order) == item.mark or bool(lines_of(order, item.mark))
        kept = _kept(order, item, ids) if is_its_own else _of_change_orders(order)
        lines = [
            OrderLine(
                TxnLineID=line_id, **{one.name: getattr(line, one.name) for one in fields(line)}
            )
            for line_id, line in zip(ids, wanted.PurchaseOrderLineAdd, strict=True)
        ]
        change = PurchaseOrderMod(
            TxnID=text_of(order, "TxnID"),
            EditSequence=text_of(order, "EditSequence"),
            RefNumber=wanted.RefNumber,
            Memo=wanted.Memo,
            PurchaseOrderLineMod=(*lines, *kept),
        )
        return origin_of(self._write(item, "PurchaseOrderMod", change), item)

    def _change_order(self, item: ExportItem) -> Origin:
        """Its lines as they are now; all others are kept."""
        order, change = self._finding.order(item.parent_origin), change_of(item)
        ids = _line_ids(order, item)
        kept = _kept(order, item, ids)
        lines = zip(ids, change.PurchaseOrderLineMod, strict=True)
        change = replace(
            change,
            EditSequence=text_of(order, "EditSequence"),
            PurchaseOrderLineMod=(
                *kept,
                *(replace(line, TxnLineID=line_id) for line_id, line in lines),
            ),
        )
        return change_origin(self._write(item, "PurchaseOrderMod", change), item)

    def _again_if_stale(self, write: Callable[[ExportItem], Origin], item: ExportItem) -> Origin:
        for _ in range(TRIES - 1):
            try:
                return write(item)
            except Busy as error:
                if error.erp_code != str(statuses.STALE):
                    raise
        return write(item)

    def _own_record(self, item: ExportItem) -> Record:
        assert item.origin is not None, "only what has a record can be updated"  # noqa: S101
        found = self._finding.by_id(RecordKind(item.kind), item.origin.id)
        if found is None:
            raise RecordGone(f"QuickBooks Desktop no longer has {item.origin.code}")
        return found

    def _write(self, item: ExportItem, body: str, element: Element) -> Record:
        for objection in element.objections():
            raise ValidationFailed(objection.message)
        request = Request(f"{body}Rq", element, body)
        try:
            return self._asking.change(request, item.key)
        except ConnectorError as error:
            if error.erp_code == "3100" and (own := self._finding.own(item)) is not None:
                return own  # it was ours
            raise


_WORDS: Final = {"Customer": "job", "PurchaseOrder": "purchase order", "Bill": "bill"}


def _line_ids(order: Record, item: ExportItem) -> list[str]:
    """QuickBooks' ids of the item's lines, each its own still; ``-1`` for a new one.

    By what its origin says; without one, by revision and place, for it was written a moment ago.
    """
    lines, own = item.content.get("lines", ()), lines_of(order, item.mark)
    known = dict(item.origin.lines) if item.origin else {}
    if not known and revision_of(own) == item.revision and len(own) == len(lines):
        return [text_of(each, "TxnLineID") for each in own]
    there = order.findall("PurchaseOrderLineRet")
    free = {text_of(each, "TxnLineID") for each in there if each in own or not is_ours(each)}
    found = (known.get(str(line.get("external_id")), NEW_LINE) for line in lines)
    return [line_id if line_id in free else NEW_LINE for line_id in found]


def _kept(order: Record, item: ExportItem, ids: Iterable[str]) -> tuple[OrderLine, ...]:
    """The lines of a purchase order that are none of an item's: named, so that they stay."""
    own = {text_of(line, "TxnLineID") for line in lines_of(order, item.mark)} | set(ids)
    there = [text_of(line, "TxnLineID") for line in order.findall("PurchaseOrderLineRet")]
    return tuple(OrderLine(TxnLineID=each) for each in there if each not in own)


def _of_change_orders(order: Record) -> tuple[OrderLine, ...]:
    """The lines that change orders have added to an order which others have entered."""
    found = (each for each in order.findall("PurchaseOrderLineRet") if is_ours(each))
    return tuple(OrderLine(TxnLineID=text_of(each, "TxnLineID")) for each in found)


def _of_vendor(records: Iterable[Record], vendor: str) -> list[Record]:
    """Numbers are each vendor's own."""
    return [each for each in records if text_of(each, "VendorRef/ListID") == vendor]
