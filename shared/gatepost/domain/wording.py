"""How amounts and numbers stand in a sentence, and whose zone a time is in: in mails and on pages."""

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo


def money(total: str | None, currency: str | None) -> str:
    """``12,400.00 USD``; empty where there is no amount, and as it came where it is none."""
    if not total:
        return ""
    try:
        amount = Decimal(total)
    except InvalidOperation:
        return " ".join(total.split())[:200]
    if amount == amount.to_integral_value() and "." not in total:
        written = f"{amount:,}"
    else:
        decimals = max(2, len(total.partition(".")[2]))
        written = f"{amount:,.{decimals}f}"
    return f"{written} {currency}" if currency else written


def counted(how_many: int, what: str) -> str:
    """``1 decimal``, ``1,200 rows``: a number with what it counts, named in the singular."""
    return f"{how_many:,} {what}{'' if how_many == 1 else 's'}"


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name."""
    return ZoneInfo(name)
