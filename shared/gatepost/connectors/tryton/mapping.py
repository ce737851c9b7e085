"""The mapper: Tryton's record for an item, in plain words. Pure; preview, hash and export all use it.

What has to be asked for (a party's address, the id of an account) is added when it is written.
"""

from decimal import Decimal
from typing import Any, Final

from gatepost.connectors.contents import decimal, id_of
from gatepost.connectors.port import ExportItem
from gatepost.domain.kinds import Kind

WHOLE: Final = "+total"  # the line of an item that has none
RETAINAGE: Final = "+retainage"
PRICE_DECIMALS: Final = 4  # of a unit price, in Tryton as it comes
_CENTS: Final = Decimal("0.01")


def mapped(item: ExportItem) -> dict[str, Any]:
    """The record an item becomes."""
    match item.kind:
        case Kind.PROJECT | Kind.SUB_JOB:
            return _job(item)
        case Kind.COMMITMENT:
            return _commitment(item)
        case Kind.CHANGE_ORDER:
            return _change_order(item)
        case Kind.INVOICE:
            return _invoice(item)


def number_of(item: ExportItem) -> str:
    """What nothing else of the same party, or below the same job, may be numbered."""
    record = mapped(item)
    return str(record.get("reference") or record.get("code") or "")


def _job(item: ExportItem) -> dict[str, Any]:
    """A project is an analytic account; a sub job is one below its project's."""
    content = item.content
    code = item.entries.get("job_code") or content.get("code") or content.get("number")
    return {
        "code": code or item.number,
        "name": content.get("name") or item.title,
        "parent": id_of(item.parent_origin) if item.kind is Kind.SUB_JOB else None,
    }


def _commitment(item: ExportItem) -> dict[str, Any]:
    """A commitment is a purchase whose lines are charged to its job."""
    return {
        "party": item.vendor_origin,
        "reference": item.entries.get("erp_number") or item.number,
        "description": item.title,
        "currency": item.content.get("currency"),
        "job": id_of(item.parent_origin),
        "lines": _cost_lines(item),
    }


def _change_order(item: ExportItem) -> dict[str, Any]:
    """A change order is a purchase of its own, which has the commitment's as its origin."""
    above = item.parent_origin
    number = item.entries.get("erp_number") or item.number
    return {
        "changes": id_of(above),
        "reference": " ".join(filter(None, (above.code if above else "", number))),
        "description": item.title,
        "lines": _cost_lines(item),
    }


def _invoice(item: ExportItem) -> dict[str, Any]:
    """An invoice is a supplier invoice whose lines come from those of the purchase.

    What is retained is taken off again on a line of its own.
    """
    content = item.content
    lines = [
        _line(str(line.get("commitment_line")), item.title or item.number, line.get("amount"))
        for line in content.get("lines", ())
    ]
    retained = decimal(content.get("retainage"))
    if retained:
        lines.append(_line(RETAINAGE, "Retainage", -retained))
    return {
        "purchase": id_of(item.parent_origin),
        "reference": item.number,
        "description": item.title,
        "invoice_date": content.get("billing_date"),
        "accounting_date": item.entries.get("accounting_date"),
        "lines": lines or [_line(WHOLE, item.title, content.get("total"))],
    }


def _cost_lines(item: ExportItem) -> list[dict[str, Any]]:
    lines = [_cost_line(line) for line in item.content.get("lines", ())]
    return lines or [_line(WHOLE, item.title, item.content.get("total"))]


def _cost_line(line: dict[str, Any]) -> dict[str, Any]:
    """With its quantity and price, where they make the amount exactly; else one of the amount."""
    text = " ".join(filter(None, (line.get("cost_code"), line.get("description"))))
    found = _line(str(line.get("external_id")), text, line.get("amount"))
    quantity, price = decimal(line.get("quantity")), decimal(line.get("unit_cost"))
    makes_it = quantity and (quantity * price).quantize(_CENTS) == decimal(line.get("amount"))
    if makes_it and price == round(price, PRICE_DECIMALS):
        found |= {"quantity": f"{quantity.normalize():f}", "unit_price": str(price)}
        if unit := line.get("unit"):
            found["description"] = f"{text} [{unit}]"
    return found


def _line(name: str, text: str, amount: object) -> dict[str, Any]:
    return {
        "external_id": name,
        "description": text,
        "quantity": "1",
        "unit_price": str(decimal(amount)),
    }
