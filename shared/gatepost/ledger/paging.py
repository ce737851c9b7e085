"""Pages of a list that is read newest first: a cursor says where one ended."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

import orjson
import sqlalchemy as sa

from gatepost.domain.errors import GatepostError
from gatepost.ledger.tables import Id, Instant


class WrongCursor(GatepostError):
    """The cursor was not given by a list of ours."""


def cursor_after(created_at: datetime, row_id: str) -> str:
    """The cursor that leads to what comes after a row."""
    document = orjson.dumps([created_at, row_id])
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def beyond(table: sa.Table, cursor: str) -> sa.ColumnElement[bool]:
    """What comes after the row of the table at which a page ended.

    Raises:
        WrongCursor: it was not given by :func:`cursor_after`.

    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        at, row_id = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment, key = datetime.fromisoformat(at), str(UUID(row_id))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise WrongCursor("the cursor is none that a list of Gatepost gave") from None
    place = sa.tuple_(sa.literal(moment, Instant), sa.literal(key, Id))
    return sa.tuple_(table.c.created_at, table.c.id) < place
