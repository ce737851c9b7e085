"""Finding what is in QuickBooks already: by id, by name or number, by an item's mark."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from gatepost.connectors.errors import OutcomeUnknown, ReferenceNotFound
from gatepost.connectors.port import ExportItem, Found
from gatepost.connectors.quickbooks import bills
from gatepost.connectors.quickbooks.asking import PAGE, SCAN, Asking
from gatepost.connectors.quickbooks.elements import Element
from gatepost.connectors.quickbooks.mapping import job_of, number_of
from gatepost.connectors.quickbooks.models import ListQuery, TxnQuery
from gatepost.connectors.quickbooks.records import (
    change_id,
    id_of,
    lines_of,
    mark_of,
    origin_of,
    revision_of,
    text_of,
)
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

Record = Any  # an element; lxml has no types
_JOB: Final = ("CustomerQueryRq", ListQuery)
_QUERIES: Final[dict[RecordKind, tuple[str, Callable[..., Any]]]] = {
    RecordKind.CUSTOMER: _JOB,
    RecordKind.PROJECT: _JOB,
    RecordKind.SUB_JOB: _JOB,
    RecordKind.VENDOR: ("VendorQueryRq", ListQuery),
    RecordKind.COMMITMENT: ("PurchaseOrderQueryRq", TxnQuery),
    RecordKind.CHANGE_ORDER: ("PurchaseOrderQueryRq", TxnQuery),
    RecordKind.INVOICE: ("BillQueryRq", TxnQuery),
}


def query_of(kind: RecordKind) -> tuple[str, Callable[..., Any]]:
    """The request that asks for records of a kind, and what it is made with."""
    return _QUERIES[kind]


class Finding:
    """What can be found, over one post."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def by_id(self, kind: RecordKind, origin_id: str) -> Record | None:
        request, make = query_of(kind)
        if make is ListQuery:
            return self._asking.one(request, ListQuery(ListID=origin_id))
        return self._asking.one(request, self._whole(kind, id=origin_id))

    def order(self, origin: Origin | None) -> Record:
        """The purchase order a change order or an invoice belongs to.

        Raises:
            ReferenceNotFound: QuickBooks has none of that id.

        """
        found = self.by_id(RecordKind.COMMITMENT, origin.id) if origin else None
        if found is None:
            named = origin.code or origin.id if origin else ""
            raise ReferenceNotFound(f"QuickBooks Desktop has no purchase order {named}".rstrip())
        return found

    def alike(self, item: ExportItem) -> Sequence[Record]:
        """Records with the item's name or number; one of them may be the item's own."""
        if item.kind in (Kind.PROJECT, Kind.SUB_JOB):
            job = self._job_alike(item)
            return [job] if job is not None else []
        if item.kind is Kind.CHANGE_ORDER or not (number := number_of(item)):
            return []
        kind = RecordKind(item.kind)
        return self._asking.several(query_of(kind)[0], self._whole(kind, number=number))

    def own(self, item: ExportItem) -> Record | None:
        """The record with the item's mark among those with its name or number."""
        try:
            alike = self.alike(item)
        except ReferenceNotFound:  # nothing can be below what is not there
            return None
        return next((each for each in alike if mark_of(each) == item.mark), None)

    def resolve(self, item: ExportItem) -> Found | None:
        """What was written of an item, if anything: asked for, looked for, and searched for.

        Raises:
            OutcomeUnknown: several records have its mark.
            Transient: QuickBooks cannot be asked.

        """
        if item.kind is Kind.CHANGE_ORDER:
            return self._change(item)
        kept = self._asking.recovered(item.key)
        record = self.by_id(RecordKind(item.kind), id_of(kept)) if kept is not None else None
        if record is None or mark_of(record) != item.mark:
            record = self.own(item)
        if record is None:  # perhaps under another name or number
            ids = list(self.marked(item.mark, item.kind))
            if len(ids) > 1:
                named = ", ".join(ids)
                raise OutcomeUnknown(
                    f"several records of QuickBooks Desktop have its mark: {named}"
                )
            record = self.by_id(RecordKind(item.kind), ids[0]) if ids else None
        return (
            Found(origin_of(record, item), _is_current(record, item))
            if record is not None
            else None
        )

    def marked(self, mark: str, kind: Kind) -> Iterator[str]:
        """The ids of all records with a mark. QuickBooks cannot search for one: all are looked at."""
        request, make = query_of(RecordKind(kind))
        if make is ListQuery:
            query: ListQuery | TxnQuery = ListQuery(
                MaxReturned=str(SCAN),
                ActiveStatus="All",
                IncludeRetElement=("ListID", "ExternalGUID"),
            )
        else:
            lines = ("PurchaseOrderLineRet",) if kind is Kind.CHANGE_ORDER else ()
            query = TxnQuery(
                MaxReturned=str(PAGE if lines else SCAN),
                IncludeLineItems="true" if lines else None,
                IncludeRetElement=("TxnID", "ExternalGUID", *lines),
            )
        for record in self._asking.scan(request, query):
            if kind is not Kind.CHANGE_ORDER and mark_of(record) == mark:
                yield id_of(record)
            elif kind is Kind.CHANGE_ORDER and lines_of(record, mark):
                yield change_id(id_of(record), mark)

    def _job_alike(self, item: ExportItem) -> Record | None:
        job = job_of(item)
        parent = job.ParentRef.ListID if job.ParentRef else None
        above = self.by_id(RecordKind.CUSTOMER, parent) if parent else None
        if above is None:
            missing = "its customer" if item.kind is Kind.PROJECT else "its project"
            raise ReferenceNotFound(f"QuickBooks Desktop has no {missing} {parent or ''}".rstrip())
        full_name = f"{text_of(above, 'FullName')}:{job.Name}"
        return self._asking.one(_JOB[0], ListQuery(FullName=full_name))

    def _change(self, item: ExportItem) -> Found | None:
        order = (
            self.by_id(RecordKind.COMMITMENT, item.parent_origin.id) if item.parent_origin else None
        )
        lines = lines_of(order, item.mark) if order is not None else []
        if not lines:
            return None
        whole = len(lines) == len(item.content.get("lines", ()))
        return Found(change_origin(order, item), whole and revision_of(lines) == item.revision)

    def _whole(
        self, kind: RecordKind, *, id: str | None = None, number: str | None = None
    ) -> Element:
        linked = "true" if kind is RecordKind.INVOICE else None
        return TxnQuery(
            TxnID=id, RefNumber=number, IncludeLineItems="true", IncludeLinkedTxns=linked
        )


def change_origin(order: Record, item: ExportItem) -> Origin:
    """The origin of a change order: its lines in the purchase order."""
    found = origin_of(order, item)
    return Origin(change_id(found.id, item.mark), found.code, found.data, found.lines)


def _is_current(record: Record, item: ExportItem) -> bool:
    """Whether a record is as this revision of the item would be written."""
    if item.kind is Kind.COMMITMENT:
        lines = lines_of(record, item.mark)
        return revision_of(lines) == item.revision and len(lines) == len(item.content["lines"])
    if item.kind is Kind.INVOICE:
        return bills.is_there(record, item)
    wanted = job_of(item)
    named = {"Name": wanted.Name, "AccountNumber": wanted.AccountNumber}
    return not any(value and text_of(record, name) != value for name, value in named.items())
