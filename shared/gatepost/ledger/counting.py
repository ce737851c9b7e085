"""How many stand on each list, at a cost that does not grow with them.

A transaction that moves items between lists leaves one row for each list and kind it changed, in
the same commit; nobody waits for a counter. The sweep folds such rows into the counters now and
then. At every moment, counters and rows that are not folded yet add up to what stands on the lists.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList, list_of
from gatepost.ledger import erp_record_lists, item_rows
from gatepost.ledger.database import Database
from gatepost.ledger.ids import uuid7s
from gatepost.ledger.tables import items, list_changes, list_counts

FOLDED: Final = 10_000  # changes that are folded in one transaction, at the most

_STATE: Final = item_rows.COLUMNS.index("state")
_ORIGIN: Final = item_rows.COLUMNS.index("origin")
_LISTS: Final = {
    (state, linked): list_of(state, linked=linked) for state in State for linked in (False, True)
}


_OLDEST: Final = "from list_changes order by id limit :limit"
_ADDED: Final = (
    "group by company, list, kind order by company, list, kind on conflict (company, list, kind) "
    "do update set how_many = list_counts.how_many + excluded.how_many"
)
_INTO: Final = (
    "insert into list_counts (company, list, kind, how_many) "
    "select company, list, kind, sum(how_many) from "
)
_FOLD: Final = {
    "postgresql": [
        sa.text(
            f"with gone as (delete from list_changes where id in (select id {_OLDEST} "
            f"for update skip locked) returning *) {_INTO} gone {_ADDED}"
        )
    ],
    "sqlite": [
        sa.text(f"{_INTO} (select * {_OLDEST}) where true {_ADDED}"),
        sa.text(f"delete from list_changes where id in (select id {_OLDEST})"),
    ],
}
_RECOUNTS: Final = 0x6C69_7374  # PostgreSQL advisory lock: two recounts would each add what lacks


@dataclass(frozen=True, slots=True)
class Difference:
    """A list whose count is not what stands on it."""

    company: str
    list: str
    kind: str
    counted: int
    standing: int


def changes(
    new: Mapping[str, Item], before: Mapping[str, item_rows.Snapshot], now: Mapping[str, Item]
) -> Iterator[dict[str, Any]]:
    """The rows of ``list_changes`` a transaction leaves, but for their ids.

    Args:
        new: items stored for the first time, by id.
        before: items that were read, as they were.
        now: all of them, as they are.

    """
    moved: Counter[tuple[str, WorkList, Kind]] = Counter()
    for item in new.values():
        if arrived := _LISTS[item.state, item.is_linked]:
            moved[item.company, arrived, item.kind] += 1
    for item_id, was in before.items():
        item = now[item_id]
        state, linked = was[_STATE], was[_ORIGIN] is not None
        if state == item.state and linked == item.is_linked:
            continue
        if left := _LISTS[state, linked]:
            moved[item.company, left, item.kind] -= 1
        if arrived := _LISTS[item.state, item.is_linked]:
            moved[item.company, arrived, item.kind] += 1
    for (company, name, kind), how_many in moved.items():
        if how_many:
            yield {"company": company, "list": name, "kind": kind, "how_many": how_many}


def counts(database: Database, company: str) -> dict[WorkList, dict[Kind, int]]:
    """How many stand on each list of a company, by kind: items and ERP records together."""
    found = {name: dict.fromkeys(Kind, 0) for name in WorkList}
    with database.reading() as connection:
        rows = (*_items(connection, company), *_erp_records(connection, company))
    for name, kind, how_many in rows:
        found[WorkList(name)][Kind(kind)] += int(how_many)
    return found


def fold(database: Database) -> None:
    """Add changes to the counters; those that another fold has in hand are left to it."""
    with database.transaction() as connection:
        for statement in _FOLD[database.statements.name]:
            connection.execute(statement, {"limit": FOLDED})


def differences(database: Database) -> list[Difference]:
    """Lists whose count is not what stands on them: none, unless somebody wrote beside the ledger."""
    with database.reading() as connection:
        return _differences(connection)


def recount(database: Database) -> list[Difference]:
    """Put the counts right while work goes on; gives what was wrong.

    What is missing is left as a change like any other: counts and items were compared at one
    moment, and whatever moves meanwhile is counted by its own transaction.
    """
    with database.transaction() as connection:
        if not database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_RECOUNTS)))
        found = _differences(connection)
        rows = [
            {
                "id": new_id,
                "company": each.company,
                "list": each.list,
                "kind": each.kind,
                "how_many": each.standing - each.counted,
            }
            for new_id, each in zip(uuid7s(), found, strict=False)
        ]
        if rows:
            database.statements.insert(connection, list_changes, rows)
    return found


def _differences(connection: sa.Connection) -> list[Difference]:
    return [Difference(*row) for row in connection.execute(_DIFFERENCES)]


def _items(connection: sa.Connection, company: str) -> Sequence[Sequence[Any]]:
    return connection.execute(_COUNTS, {"company": company}).all()


def _erp_records(connection: sa.Connection, company: str) -> Sequence[Sequence[Any]]:
    """Ready To Import and its share of Archived, as (list, kind, how many)."""
    return erp_record_lists.counts(connection, company)


_both = sa.union_all(
    *(
        sa.select(table.c.list, table.c.kind, table.c.how_many).where(
            table.c.company == sa.bindparam("company")
        )
        for table in (list_counts, list_changes)
    )
).subquery()
_COUNTS: Final = sa.select(_both.c.list, _both.c.kind, sa.func.sum(_both.c.how_many)).group_by(
    _both.c.list, _both.c.kind
)

_NAMES: Final = ("company", "list", "kind")
_compared = sa.union_all(
    *(
        sa.select(
            *(table.c[name] for name in _NAMES),
            table.c.how_many.label("counted"),
            sa.literal(0).label("standing"),
        )
        for table in (list_counts, list_changes)
    ),
    sa.select(items.c.company, items.c.place, items.c.kind, sa.literal(0), sa.func.count())
    .where(items.c.place.in_(list(WorkList)))
    .group_by(items.c.company, items.c.place, items.c.kind),
).subquery()
_sums = [sa.cast(sa.func.sum(_compared.c[name]), sa.Integer) for name in ("counted", "standing")]
_DIFFERENCES: Final = (
    sa.select(*(_compared.c[name] for name in _NAMES), *_sums)
    .group_by(*(_compared.c[name] for name in _NAMES))
    .having(_sums[0] != _sums[1])
    .order_by(*(_compared.c[name] for name in _NAMES))
)
