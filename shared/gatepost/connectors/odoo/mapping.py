"""The mapper: Odoo's record for an item, in plain words. Pure; preview, hash and export all use it.

What has to be asked for (a unit, what a line is charged to) is added when it is written.
"""

from decimal import Decimal
from typing import Any, Final

from gatepost.connectors.contents import decimal, id_of
from gatepost.connectors.odoo.names import RETAINAGE, TOTAL
from gatepost.connectors.port import ExportItem
from gatepost.domain.kinds import Kind

DECIMALS: Final = 2  # of quantities and prices, in Odoo as it comes
SUB_JOB: Final = "/"  # between a project's code and its sub job's


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
    """What nothing else of the same partner, or no other job, may be numbered; change orders have none."""
    record = mapped(item)
    return str(record.get("origin") or record.get("ref") or record.get("code") or "")


def _job(item: ExportItem) -> dict[str, Any]:
    """A project is an analytic account; a sub job is one whose code goes on from its project's."""
    content, above = item.content, item.parent_origin
    code = item.entries.get("job_code") or content.get("code") or content.get("number")
    code = code or item.number
    is_sub_job = item.kind is Kind.SUB_JOB
    return {
        "code": f"{above.code if above else ''}{SUB_JOB}{code}" if is_sub_job else code,
        "name": content.get("name") or item.title,
        "parent": id_of(above) if is_sub_job else None,
    }


def _commitment(item: ExportItem) -> dict[str, Any]:
    """A commitment is a purchase order whose lines are charged to its job."""
    return {
        "partner": item.vendor_origin,
        "origin": item.entries.get("erp_number") or item.number,
        "notes": item.title,
        "currency": item.content.get("currency"),
        "job": id_of(item.parent_origin),
        "lines": _cost_lines(item),
    }


def _change_order(item: ExportItem) -> dict[str, Any]:
    """A change order is lines of the commitment's purchase order that begin with its number."""
    lines = _cost_lines(item)
    for line in lines:
        line["name"] = f"{item.number}: {line['name']}"
    return {"order": id_of(item.parent_origin), "lines": lines}


def _invoice(item: ExportItem) -> dict[str, Any]:
    """An invoice is a vendor bill whose lines bill those of the purchase order; a credit is a refund.

    What is retained is taken off again on a line of its own.
    """
    content = item.content
    name = item.title or item.number
    lines = [
        _line(str(line.get("commitment_line")), name, line.get("amount"))
        for line in content.get("lines", ())
    ]
    lines = lines or [_line(TOTAL, name, content.get("total"))]
    if retained := decimal(content.get("retainage")):
        lines.append(_line(RETAINAGE, "Retainage", -retained))
    is_credit = sum(decimal(line["price_unit"]) for line in lines) < 0
    if is_credit:
        for line in lines:
            line["price_unit"] = price(-decimal(line["price_unit"]))
    return {
        "order": id_of(item.parent_origin),
        "move_type": "in_refund" if is_credit else "in_invoice",
        "ref": item.number,
        "invoice_date": content.get("billing_date"),
        "date": item.entries.get("accounting_date"),
        "lines": lines,
    }


def _cost_lines(item: ExportItem) -> list[dict[str, Any]]:
    name = item.title or item.number
    lines = [_cost_line(line, name) for line in item.content.get("lines", ())]
    return lines or [_line(TOTAL, name, item.content.get("total"))]


def _cost_line(line: dict[str, Any], otherwise: str) -> dict[str, Any]:
    """With its quantity and price, where they make the amount exactly; else one of the amount."""
    text = " ".join(filter(None, (line.get("cost_code"), line.get("description"))))
    found = _line(str(line.get("external_id")), text or otherwise, line.get("amount"))
    count, each = decimal(line.get("quantity")), decimal(line.get("unit_cost"))
    makes_it = count and count * each == decimal(line.get("amount"))  # Odoo has its own rounding
    if makes_it and count == round(count, DECIMALS) and each == round(each, DECIMALS):
        found |= {"quantity": quantity(count), "price_unit": price(each)}
        if unit := line.get("unit"):
            found["name"] = f"{found['name']} [{unit}]"
    return found


def _line(id: str, name: str, amount: object) -> dict[str, Any]:
    return {
        "external_id": id,
        "name": name,
        "quantity": "1",
        "price_unit": price(decimal(amount)),
    }


def quantity(value: Decimal) -> str:
    """A quantity as it is compared: ``2.5``."""
    return f"{value.normalize():f}"


def price(value: Decimal) -> str:
    """A price as it is compared: ``1240.00``; never cut, ``validate`` refuses what is finer."""
    return f"{value:.{DECIMALS}f}" if value == round(value, DECIMALS) else quantity(value)
