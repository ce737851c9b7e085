"""The mapper: the qbXML an item becomes. Pure; preview, hash and export all use it."""

import base64
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from gatepost.connectors.contents import id_of
from gatepost.connectors.port import ExportItem
from gatepost.connectors.quickbooks.elements import Element
from gatepost.connectors.quickbooks.models import (
    Address,
    BillAdd,
    CustomerAdd,
    ExpenseLine,
    ItemLine,
    LinkedLine,
    NewOrderLine,
    OrderLine,
    PurchaseOrderAdd,
    PurchaseOrderMod,
    Ref,
)
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

NEW_LINE: Final = "-1"


def mapped(item: ExportItem, retainage_account: str = "") -> Element:
    """The record an item becomes, as it is known before QuickBooks is asked anything."""
    match item.kind:
        case Kind.PROJECT | Kind.SUB_JOB:
            return job_of(item)
        case Kind.COMMITMENT:
            return order_of(item)
        case Kind.CHANGE_ORDER:
            return change_of(item)
        case Kind.INVOICE:
            return bill_of(item, retainage_account)


def job_of(item: ExportItem) -> CustomerAdd:
    """A project is a job under the customer that was chosen; a sub job is one below its project."""
    content = item.content
    parent = (
        item.entries.get("customer") if item.kind is Kind.PROJECT else id_of(item.parent_origin)
    )
    return CustomerAdd(
        Name=_text(content.get("name")),
        ParentRef=Ref(ListID=parent) if parent else None,
        BillAddress=_address(content.get("address")),
        AccountNumber=_text(content.get("code") or item.number or content.get("number")),
        JobStartDate=_text(content.get("start_date")),
        ExternalGUID=guid_of(item.mark),
    )


def order_of(item: ExportItem) -> PurchaseOrderAdd:
    """A commitment is a purchase order; its lines are items named by their cost codes."""
    return PurchaseOrderAdd(
        VendorRef=Ref(ListID=item.vendor_origin) if item.vendor_origin else None,
        RefNumber=number_of(item),
        Memo=_text(item.title),
        ExternalGUID=guid_of(item.mark),
        PurchaseOrderLineAdd=tuple(
            NewOrderLine(**_line(item, line, at))
            for at, line in enumerate(item.content.get("lines", ()), start=1)
        ),
    )


def change_of(item: ExportItem) -> PurchaseOrderMod:
    """A change order is lines added to its purchase order, whose own words and lines are kept.

    What is entered to describe it stands in the lines that have no words of their own.
    """
    words = _text(item.entries.get("description"))
    date = _text(item.entries.get("transaction_date"))
    lines = enumerate(item.content.get("lines", ()), start=1)
    return PurchaseOrderMod(
        TxnID=id_of(item.parent_origin),
        PurchaseOrderLineMod=tuple(
            OrderLine(TxnLineID=NEW_LINE, ServiceDate=date, **_line(item, line, at, words))
            for at, line in lines
        ),
    )


def bill_of(item: ExportItem, retainage_account: str) -> BillAdd:
    """An invoice is a bill whose lines are linked to those of its purchase order.

    What is retained is taken off again on the account for it.
    """
    content, order = item.content, item.parent_origin
    lines = dict(order.lines) if order else {}
    retained = _decimal(content.get("retainage"))
    expenses: tuple[ExpenseLine, ...] = ()
    if retained:
        account = Ref(FullName=retainage_account) if retainage_account else None
        expenses = (ExpenseLine(AccountRef=account, Amount=_amount(-retained), Memo="Retainage"),)
    return BillAdd(
        TxnDate=_text(item.entries.get("accounting_date") or content.get("billing_date")),
        RefNumber=number_of(item),
        Memo=_text(item.title),
        ExternalGUID=guid_of(item.mark),
        ExpenseLineAdd=expenses,
        ItemLineAdd=tuple(
            ItemLine(Amount=_amount(line.get("amount")), LinkToTxn=_link(order, lines, line))
            for line in content.get("lines", ())
        ),
    )


def number_of(item: ExportItem) -> str | None:
    """The number people will see: the one that was entered, else the item's own."""
    return _text(item.entries.get("erp_number") or item.number)


def guid_of(mark: str) -> str:
    """The item's mark as QuickBooks keeps it beside a record."""
    return f"{{{mark}}}"


def line_mark(mark: str) -> str:
    """The item's mark as it fits into a line: 22 characters."""
    return base64.urlsafe_b64encode(UUID(mark).bytes).rstrip(b"=").decode()


def line_place(revision: int, at: int) -> str:
    """Which line of which revision, from 1."""
    return f"{revision}:{at}"


def _line(
    item: ExportItem, line: dict[str, Any], at: int, words: str | None = None
) -> dict[str, Any]:
    job = id_of(item.parent_origin if item.kind is Kind.COMMITMENT else item.project_origin)
    return {
        "ItemRef": Ref(FullName=_text(line.get("cost_code"))),
        "Desc": _text(line.get("description")) or words,
        "Quantity": _quantity(line.get("quantity")),
        "Amount": _amount(line.get("amount")),  # the rate is what follows from it
        "CustomerRef": Ref(ListID=job) if job else None,
        "Other1": line_mark(item.mark),
        "Other2": line_place(item.revision, at),
    }


def _link(order: Origin | None, lines: dict[str, str], line: dict[str, Any]) -> LinkedLine | None:
    found = lines.get(str(line.get("commitment_line")))
    return LinkedLine(TxnID=order.id, TxnLineID=found) if order and found else None


def _address(address: dict[str, Any] | None) -> Address | None:
    if not address:
        return None
    lines = [str(line) for line in address.get("lines", ())]
    five = [*lines[:4], " ".join(lines[4:])]  # there are no more; what does not fit is refused
    return Address(
        **{f"Addr{at}": _text(line) for at, line in enumerate(five, start=1)},
        City=_text(address.get("city")),
        State=_text(address.get("state")),
        PostalCode=_text(address.get("postal_code")),
        Country=_text(address.get("country")),
    )


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _decimal(value: object) -> Decimal:
    try:
        return Decimal(str(value)) if value not in (None, "") else Decimal(0)
    except InvalidOperation:
        return Decimal("NaN")


def _amount(value: object) -> str | None:
    """Two decimals, if that is exact; else as it is, and refused."""
    if value in (None, ""):
        return None
    number = _decimal(value)
    exact = number.is_finite() and number == round(number, 2)
    return f"{number:.2f}" if exact else str(value)


def _quantity(value: object) -> str | None:
    if value in (None, ""):
        return None
    number = _decimal(value)
    return f"{number.normalize():f}" if number.is_finite() else str(value)
