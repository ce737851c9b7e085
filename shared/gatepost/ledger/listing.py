"""Pages of the lists.

A page is read branch by branch, one for each place and kind that is wanted: each is a range of the
index ``ix_items_list``, so page 1 costs the same on a list of ten items and of a million. The order
is that in which items first came; it never changes, so nothing is shown twice or skipped while items
arrive and move.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from gatepost.domain.errors import GatepostError
from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList, list_of
from gatepost.ledger import item_rows, searching
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import Id, Instant, items

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 500


class WrongCursor(GatepostError):
    """The cursor was not given by a list of ours, or by one in another order."""


class Order(StrEnum):
    """By the moment an item first came."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are wanted; what is None or empty does not matter.

    ``since`` and ``until`` are about the moment an item first came; ``until`` itself is not in it.
    ``q`` is words: of number, title, vendor or the source's id; each may be cut short.
    """

    company: str | None = None
    list: WorkList | None = None
    kind: Kind | None = None
    project: str | None = None
    state: State | None = None
    q: str = ""
    created_by: str | None = None
    sent_by: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def places(self) -> set[str]:
        """The values of ``items.place`` that items wanted may have."""
        states = [state for state in State if self.state in (None, state)]
        places = {
            list_of(each, linked=linked) or each for each in states for linked in (False, True)
        }
        return {place for place in places if self.list in (None, place)}

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """All that must hold beside place and kind; words are left to the search."""
        for name in ("company", "project", "state"):
            if (value := getattr(self, name)) is not None:
                yield items.c[name] == value
        for name in ("created_by", "sent_by"):
            if (value := getattr(self, name)) is not None:
                yield items.c[name] == value.lower()
        if self.since is not None:
            yield items.c.created_at >= self.since
        if self.until is not None:
            yield items.c.created_at < self.until


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list in its order; ``next_cursor`` leads to the part after it."""

    items: list[Item]
    next_cursor: str | None


def page(
    ledger: Ledger,
    wanted: ItemFilter,
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
    order: Order = Order.NEWEST,
) -> Page:
    """A part of a list.

    Raises:
        WrongCursor: it was not given by ``next_cursor`` in the same order.

    """
    size = max(1, min(limit, LARGEST_PAGE))
    conditions = [*wanted.conditions(), *_beyond(cursor, order)]
    with ledger.database.reading() as connection:
        in_branches = wanted.company is not None
        if wanted.q.strip():
            found, is_short = searching.matching(
                connection, ledger.statements, wanted.q, wanted.company
            )
            conditions.append(found)
            in_branches = in_branches and not is_short
        branches = [sa.and_(each, *conditions) for each in _branches(wanted, apart=in_branches)]
        if not branches:
            return Page([], None)
        statement = _first_of(branches, order, size + 1)
        rows = [item_rows.from_row(row) for row in connection.execute(statement)]
    shown = rows[:size]
    return Page(shown, _cursor(shown[-1], order) if len(rows) > size else None)


def _branches(wanted: ItemFilter, *, apart: bool) -> Iterator[sa.ColumnElement[bool]]:
    places, kinds = sorted(wanted.places()), [wanted.kind] if wanted.kind else list(Kind)
    if apart:
        for place in places:
            for kind in kinds:
                yield (items.c.place == place) & (items.c.kind == kind)
    elif places:
        yield items.c.place.in_(places) & items.c.kind.in_(kinds)


def _first_of(
    branches: list[sa.ColumnElement[bool]], order: Order, limit: int
) -> sa.Select[tuple[object, ...]]:
    """The first of each branch, and of these the first; only then are whole rows read."""
    parts = [
        sa.select(items.c.id, items.c.created_at)
        .where(condition)
        .order_by(*_in_order(items.c.created_at, items.c.id, order))
        .limit(limit)
        .subquery()
        for condition in branches
    ]
    together = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    chosen = (
        sa.select(together.c.id)
        .order_by(*_in_order(together.c.created_at, together.c.id, order))
        .limit(limit)
    )
    columns = (items.c[name] for name in item_rows.COLUMNS)
    return (
        sa.select(*columns)
        .where(items.c.id.in_(chosen))
        .order_by(*_in_order(items.c.created_at, items.c.id, order))
    )


def _in_order(
    at: sa.ColumnElement[datetime], item_id: sa.ColumnElement[str], order: Order
) -> tuple[sa.ColumnElement[datetime], sa.ColumnElement[str]]:
    return (at, item_id) if order is Order.OLDEST else (at.desc(), item_id.desc())


def _cursor(last: Item, order: Order) -> str:
    document = orjson.dumps([last.created_at, last.id, order])
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def _beyond(cursor: str | None, order: Order) -> Iterator[sa.ColumnElement[bool]]:
    """What comes after the item at which a page ended."""
    if cursor is None:
        return
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        at, item_id, given = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        moment, key, same = datetime.fromisoformat(at), str(UUID(item_id)), Order(given) is order
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise WrongCursor("the cursor is none that a list of Gatepost gave") from None
    if moment.tzinfo is None or not same:
        raise WrongCursor(f"the cursor is not that of a list in the order {order}")
    here = sa.tuple_(items.c.created_at, items.c.id)
    there = sa.tuple_(sa.literal(moment, Instant), sa.literal(key, Id))
    yield here > there if order is Order.OLDEST else here < there
