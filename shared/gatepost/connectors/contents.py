"""What mappers read of an item, whichever ERP they write for."""

from decimal import Decimal, InvalidOperation

from gatepost.domain.items import Origin


def decimal(value: object) -> Decimal:
    """A number in whatever an item or an ERP has; 0 where there is none, or where it is none."""
    try:
        number = Decimal(str(value)) if value not in (None, "", False) else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def id_of(origin: Origin | None) -> str | None:
    """The ERP's id of a record; None where there is no record."""
    return origin.id if origin else None
