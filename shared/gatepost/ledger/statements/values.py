"""What goes into statements and comes out of them, whichever database it is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

Rows = Sequence[dict[str, Any]]


class Moment(NamedTuple):
    """The database's clock (UTC), and which version of the directory holds."""

    now: datetime
    version: int


class ClaimedRow(NamedTuple):
    """A message that was claimed or leased, as it stands in its row."""

    id: str
    type: str
    body: str
    attempts: int
    correlation_id: str | None
    traceparent: str | None


def as_ids(ids: Iterable[str]) -> str:
    """Ids as one JSON literal: a form in which both databases take them."""
    return '["' + '","'.join(ids) + '"]'


def written(table: sa.Table) -> tuple[str, ...]:
    """The columns a row is written with: all but those that the database computes."""
    return tuple(column.name for column in table.columns if column.computed is None)


def quoted(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in columns)
