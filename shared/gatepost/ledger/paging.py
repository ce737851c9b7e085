"""Pages of a list that is read in the order in which its rows first came: a cursor says where one ended."""

import base64
import binascii
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import orjson
import sqlalchemy as sa

from gatepost.domain.errors import GatepostError
from gatepost.ledger.tables import Id, Instant


class WrongCursor(GatepostError):
    """The cursor was not given by a list of ours, or by one in another order."""


class Order(StrEnum):
    """By the moment a row first came."""

    NEWEST = "newest"
    OLDEST = "oldest"


def cursor_after(created_at: datetime, row_id: str, order: Order = Order.NEWEST) -> str:
    """The cursor that leads to what comes after a row."""
    document = orjson.dumps([created_at, row_id, order])
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def beyond(table: sa.Table, cursor: str, order: Order = Order.NEWEST) -> sa.ColumnElement[bool]:
    """What comes after the row of the table at which a page ended.

    Raises:
        WrongCursor: it was not given by :func:`cursor_after`, or for another order.

    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        at, row_id, given = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment, key, same = datetime.fromisoformat(at), str(UUID(row_id)), Order(given) is order
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise WrongCursor("the cursor is none that a list of Gatepost gave") from None
    if moment.tzinfo is None or not same:
        raise WrongCursor(f"the cursor is not that of a list in the order {order}")
    here = sa.tuple_(table.c.created_at, table.c.id)
    there = sa.tuple_(sa.literal(moment, Instant), sa.literal(key, Id))
    return here > there if order is Order.OLDEST else here < there
