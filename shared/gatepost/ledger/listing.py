"""Pages of the lists.

A page is read branch by branch, one for each place and kind that is wanted: each is a range of the
index ``ix_items_list``, so page 1 costs the same on a list of ten items and of a million. The order
is that in which items first came; it never changes, so nothing is shown twice or skipped while items
arrive and move.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList, list_of
from gatepost.ledger import item_rows, paging, searching
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.paging import Order
from gatepost.ledger.tables import items, revisions

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 500
WINDOW: Final = 1000  # items of a list that are looked through for words, before the index is


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
    beyond_it = [paging.beyond(items, cursor, order)] if cursor else []
    sought = _Sought(ledger, wanted, order, [*wanted.conditions(), *beyond_it])
    with ledger.database.reading() as connection:
        rows = sought.first(connection, size + 1)
    shown = [item_rows.from_row(row) for row in rows[:size]]
    if len(rows) <= size:
        return Page(shown, None)
    return Page(shown, paging.cursor_after(shown[-1].created_at, shown[-1].id, order))


class _Sought:
    """The items a page is made of: statements, and which of them to ask."""

    def __init__(
        self,
        ledger: Ledger,
        wanted: ItemFilter,
        order: Order,
        conditions: list[sa.ColumnElement[bool]],
    ) -> None:
        self._dialect = ledger.statements.name
        self._wanted = wanted
        self._order = order
        self._conditions = conditions
        self._places = sorted(wanted.places())
        self._kinds = [wanted.kind] if wanted.kind else list(Kind)

    def first(self, connection: sa.Connection, limit: int) -> Sequence[Sequence[Any]]:
        """Rows with the columns of an item, in order."""
        if not self._places:
            return ()
        chosen: sa.Select[tuple[str]] | list[str]
        if not self._wanted.q.strip():
            chosen = self._ids(limit)
        elif words := searching.words_in(self._wanted.q):
            chosen = self._found(connection, words, limit)
        else:
            return ()
        columns = (items.c[name] for name in item_rows.COLUMNS)
        statement = sa.select(*columns).where(items.c.id.in_(chosen))
        return connection.execute(statement.order_by(*self._in_order(items))).all()

    def _found(
        self, connection: sa.Connection, words: Sequence[str], limit: int
    ) -> sa.Select[tuple[str]] | list[str]:
        """Common words are found among the first of the list; for rare ones there is an index.

        Neither does for both: an index knows no order, so all that have a common word would have to
        be sorted, and a list of a million would be walked to its end for a rare one.
        """
        if self._is_in_one_index:
            near = connection.execute(self._with_words(WINDOW)).all()
            found = [row.id for row in near if searching.has(row.words or "", words)]
            if len(found) >= limit or len(near) < WINDOW:
                return found[:limit]
        by_index = searching.found_by(words, self._wanted.company, self._dialect)
        current = (by_index.c.item_id == items.c.id) & (by_index.c.revision == items.c.revision)
        return self._in_one(limit).join_from(by_index, items, current)

    def _ids(self, limit: int) -> sa.Select[tuple[str]]:
        if self._wanted.project is not None or not self._is_in_one_index:
            return self._in_one(limit)
        parts = [
            sa.select(items.c.id, items.c.created_at)
            .where(items.c.place == place, items.c.kind == kind, *self._conditions)
            .order_by(*self._in_order(items))
            .limit(limit)
            .subquery()
            for place in self._places
            for kind in self._kinds
        ]
        together = sa.union_all(*(sa.select(part) for part in parts)).subquery()
        return sa.select(together.c.id).order_by(*self._in_order(together)).limit(limit)

    def _in_one(self, limit: int) -> sa.Select[tuple[str]]:
        there = items.c.place.in_(self._places) & items.c.kind.in_(self._kinds)
        chosen = sa.select(items.c.id).where(there, *self._conditions)
        return chosen.order_by(*self._in_order(items)).limit(limit)

    def _with_words(self, limit: int) -> sa.Select[tuple[str, str | None]]:
        current = (revisions.c.item_id == items.c.id) & (revisions.c.revision == items.c.revision)
        return (
            sa.select(items.c.id, revisions.c.words)
            .outerjoin_from(items, revisions, current)
            .where(items.c.id.in_(self._ids(limit)))
            .order_by(*self._in_order(items))
        )

    @property
    def _is_in_one_index(self) -> bool:
        """Whether what is wanted is a range of an index, or some: they begin with the company."""
        return self._wanted.company is not None

    def _in_order(self, of: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
        at, item_id = of.c.created_at, of.c.id
        return (at, item_id) if self._order is Order.OLDEST else (at.desc(), item_id.desc())
