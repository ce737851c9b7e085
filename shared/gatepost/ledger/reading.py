"""Reading what the ledger remembers: one item with its past, failures by cause."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gatepost.domain.changes import Change
from gatepost.domain.errors import NotFound
from gatepost.domain.items import Cause, Item
from gatepost.domain.lists import WorkList
from gatepost.ledger import item_rows, revisions, tables
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.overwriting import is_overwritten, overwritten
from gatepost.ledger.statements import as_ids
from gatepost.ledger.tables import items


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item with everything that is known of it; rows as they stand in the tables."""

    item: Item
    content: dict[str, Any]
    history: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    changed_since_rejection: list[Change] | None = None  # None: no reject is being answered
    changed_since_sync: list[Change] | None = None  # None: the ERP has no revision of it


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Failed exports with one cause in common. ``cause`` is that of the one that failed last."""

    cause: Cause
    count: int
    first_at: datetime
    last_at: datetime


def item_of(ledger: Ledger, item_id: str) -> Item:
    """An item by its id.

    Raises:
        NotFound: there is none.

    """
    with ledger.database.reading() as connection:
        return _item(connection, ledger, item_id)


def items_of(ledger: Ledger, item_ids: Sequence[str]) -> dict[str, Item]:
    """Items by their ids, in one query; those that are not there are left out."""
    found = [item_id for item_id in map(_uuid, item_ids) if item_id]
    statement = ledger.statements.by_ids(items, item_rows.COLUMNS)
    with ledger.database.reading() as connection:
        rows = connection.execute(statement, {"ids": as_ids(found)}).all() if found else ()
        return {row.id: item_rows.from_row(row) for row in rows}


def item_page(ledger: Ledger, item_id: str) -> ItemPage:
    """An item with its current content, its history, its export attempts and its mails.

    Raises:
        NotFound: there is none.

    """
    with ledger.database.reading() as connection:
        item = _item(connection, ledger, item_id)
        current = (tables.revisions.c.item_id == item.id) & (
            tables.revisions.c.revision == item.revision
        )
        content = connection.execute(sa.select(tables.revisions.c.content).where(current)).scalar()

        def rows(table: sa.Table) -> list[dict[str, Any]]:
            statement = sa.select(table).where(table.c.item_id == item.id).order_by(table.c.id)
            return [dict(row) for row in connection.execute(statement).mappings()]

        answered, updated = revisions.since_rejection(item), revisions.since_sync(item)
        changed = revisions.changed(connection, (answered, updated))
        page = ItemPage(
            item,
            content or {},
            rows(tables.history),
            rows(tables.export_attempts),
            rows(tables.mails),
            changed[answered] if answered else None,
            changed[updated] if updated else None,
        )
    if is_overwritten(item):
        return replace(page, changed_since_sync=overwritten(item, ledger))
    return page


def failed_by_cause(ledger: Ledger, company: str | None = None) -> list[CauseGroup]:
    """What failed to export, grouped by cause; the largest group first."""
    alike = items.c.cause_key
    numbered = sa.select(
        items.c.cause,
        sa.func.count().over(partition_by=alike).label("how_many"),
        sa.func.min(items.c.updated_at).over(partition_by=alike).label("first_at"),
        sa.func.row_number()
        .over(partition_by=alike, order_by=items.c.updated_at.desc())
        .label("place"),
        items.c.updated_at,
    ).where(_failed(company))
    groups = numbered.subquery()
    largest_first = sa.select(groups).where(groups.c.place == 1).order_by(groups.c.how_many.desc())
    with ledger.database.reading() as connection:
        return [
            CauseGroup(Cause(**row["cause"]), row["how_many"], row["first_at"], row["updated_at"])
            for row in connection.execute(largest_first).mappings()
        ]


def failed_ids(ledger: Ledger, cause_key: str | None, company: str | None = None) -> list[str]:
    """The items that failed for one cause, or for any, the oldest failure first."""
    statement = sa.select(items.c.id).where(_failed(company))
    if cause_key is not None:
        statement = statement.where(items.c.cause_key == cause_key)
    with ledger.database.reading() as connection:
        oldest_first = statement.order_by(items.c.updated_at, items.c.id)
        return list(connection.execute(oldest_first).scalars())


def _failed(company: str | None) -> sa.ColumnElement[bool]:
    failed = items.c.place == WorkList.FAILED_TO_EXPORT
    return failed if company is None else failed & (items.c.company == company)


def _item(connection: sa.Connection, ledger: Ledger, item_id: str) -> Item:
    key = _uuid(item_id)
    if key:
        statement = ledger.statements.by_ids(items, item_rows.COLUMNS)
        row = connection.execute(statement, {"ids": as_ids([key])}).first()
        if row:
            return item_rows.from_row(row)
    raise NotFound.because(
        f"there is no item {item_id}", field="item_id", who_can_fix="the caller: check the id"
    )


def _uuid(text: str) -> str | None:
    """An id as both databases write it; None when it is none, so that it is simply not found."""
    try:
        return str(UUID(text))
    except ValueError:
        return None
