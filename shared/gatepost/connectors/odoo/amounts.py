"""Amounts that Odoo would round or cut are refused before they are sent: without asking it."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from gatepost.connectors.odoo.mapping import DECIMALS
from gatepost.connectors.port import ExportItem
from gatepost.connectors.profile import SENDER
from gatepost.domain.currencies import DECIMALS as OF_CURRENCIES
from gatepost.domain.errors import FieldProblem

MOST: Final = Decimal(10) ** 13  # it keeps numbers of 15 digits, of which two are cents


def objections(item: ExportItem) -> Iterator[FieldProblem]:
    """What is wrong with an item's amounts, one by one.

    Odoo comes with two decimals of a price, whatever the currency; a currency may have fewer.
    """
    currency = str(item.content.get("currency") or "")
    allowed = min(DECIMALS, OF_CURRENCIES.get(currency, DECIMALS))
    for place, value in _amounts(item):
        if said := _objection(value, allowed, currency if allowed < DECIMALS else "Odoo"):
            yield FieldProblem(place, *said, SENDER)


def _amounts(item: ExportItem) -> Iterator[tuple[str, object]]:
    for at, line in enumerate(item.content.get("lines", ())):
        yield f"content.lines[{at}].amount", line.get("amount")
    for name in ("total", "retainage"):
        yield f"content.{name}", item.content.get(name)


def _objection(value: object, allowed: int, where: str) -> tuple[str, str] | None:
    """The rule that an amount breaks, and a sentence; None: it is all right, or there is none."""
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        return "amount", f"{str(value)[:40]} is no amount"
    if abs(number) >= MOST:
        return "amount", f"{value} has too many digits for Odoo: it takes less than {MOST:,}"
    if number != round(number, allowed):
        return "decimals", f"{value} is finer than what {where} has: {allowed} decimals"
    return None
