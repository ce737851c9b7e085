"""Bills, which are not changed once they are written: whether an item still asks for the one it has."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from gatepost.connectors.port import ExportItem
from gatepost.connectors.profile import SENDER
from gatepost.connectors.quickbooks.mapping import bill_of
from gatepost.domain.errors import FieldProblem
from gatepost.domain.kinds import Kind

NOT_CHANGED: Final = (
    "its bill is in QuickBooks Desktop already, and bills are not changed from here: change it there, "
    "then link it to this item; or reject this change"
)
WHO_CHANGES: Final = "accounting: change the bill in QuickBooks and link it, or reject this change"
_PARTS: Final = " "  # parts the edit sequence of a bill from what was asked for


def is_there(bill: Any, item: ExportItem) -> bool:  # noqa: ANN401 - lxml has no types
    """Whether a bill is as the item asks for it: its head, what is retained, and its lines."""
    wanted = bill_of(item, "")
    head = {"RefNumber": wanted.RefNumber, "Memo": wanted.Memo, "TxnDate": wanted.TxnDate}
    if any(value and bill.findtext(name) != value for name, value in head.items()):
        return False
    retained = [each.findtext("Amount") for each in bill.findall("ExpenseLineRet")
                if each.findtext("Memo") == "Retainage"]  # fmt: skip
    if retained != [each.Amount for each in wanted.ExpenseLineAdd]:
        return False
    billed = [each.findtext("Amount") for each in bill.findall("ItemLineRet")]
    return billed == [each.Amount for each in wanted.ItemLineAdd]


def is_done(bill: Any, item: ExportItem) -> bool:  # noqa: ANN401 - as above
    """Whether nothing is left to write: it asks for what was written, or for what the bill is by now."""
    return _was_asked(item) == _asked(item) or is_there(bill, item)


def told(bill: Any, item: ExportItem) -> str:  # noqa: ANN401 - as above
    """What an origin keeps of a bill: its edit sequence, and what was asked for, once that is done."""
    sequence = bill.findtext("EditSequence") or ""
    return f"{sequence}{_PARTS}{_asked(item)}" if is_done(bill, item) else sequence


def objections(item: ExportItem) -> Iterator[FieldProblem]:
    """What stands against a bill, as far as its origin and its order's tell."""
    if (asked := _was_asked(item)) and asked != _asked(item):
        yield FieldProblem("content", "updates", NOT_CHANGED, WHO_CHANGES)
    order = item.parent_origin
    if order is None or not order.lines:  # what it has is known once it is written
        return
    known = dict(order.lines)
    for at, line in enumerate(item.content.get("lines", ())):
        if str(line.get("commitment_line")) not in known:
            place = f"content.lines[{at}].commitment_line"
            yield FieldProblem(place, "order_line", not_of_the_order(item, order.code), SENDER)


def not_of_the_order(item: ExportItem, number: str) -> str:
    """Why an invoice that bills other lines cannot be written, and which they are."""
    known = dict(item.parent_origin.lines) if item.parent_origin else {}
    billed = (str(line.get("commitment_line")) for line in item.content.get("lines", ()))
    others = ", ".join(dict.fromkeys(name for name in billed if name not in known))
    return (
        "QuickBooks can bill only the lines of the commitment itself, not those of its change orders: "
        f"{number or 'its purchase order'} has no line of its own for {others}"
    )


def _was_asked(item: ExportItem) -> str:
    """The same of what was written; empty where that is not known, as of a bill that was linked."""
    return item.origin.data.partition(_PARTS)[2] if item.origin else ""


def _asked(item: ExportItem) -> str:
    """A hash of what an invoice asks for. The order's ids of its lines are left out: they may change."""
    assert item.kind is Kind.INVOICE, "only invoices become bills"  # noqa: S101
    bill = bill_of(item, "")
    lines = [
        [line.get("commitment_line"), each.Amount]
        for line, each in zip(item.content.get("lines", ()), bill.ItemLineAdd, strict=True)
    ]
    retained = [each.Amount for each in bill.ExpenseLineAdd]
    asked = json.dumps([bill.RefNumber, bill.Memo, bill.TxnDate, retained, lines])
    return hashlib.blake2b(asked.encode(), digest_size=8).hexdigest()
