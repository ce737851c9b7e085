"""Parked messages: their tries are used up, and they wait for a person who offers them again."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import Id, items, messages
from gatepost.ledger.work import Work

SHOWN: Final = ("id", "queue", "type", "item_id", "attempts", "last_error", "created_at")

_IS_PARKED: Final = messages.c.due_at.is_(None)


def parked(
    ledger: Ledger,
    *,
    where: sa.ColumnElement[bool] | None = None,
    after: str | None = None,
    limit: int | None = None,
    with_body: bool = False,
) -> list[dict[str, Any]]:
    """What is parked, the oldest first, with its cause.

    Args:
        ledger: where.
        where: which of it; all when not given.
        after: the id of the last one that was seen.
        limit: so many, at the most.
        with_body: also what each of them asks for.

    """
    names = (*SHOWN, "body") if with_body else SHOWN
    statement = sa.select(*(messages.c[name] for name in names)).where(_IS_PARKED)
    if where is not None:
        statement = statement.where(where)
    if after is not None:
        statement = statement.where(messages.c.id > sa.literal(after, Id))
    with ledger.database.reading() as connection:
        rows = connection.execute(statement.order_by(messages.c.id).limit(limit)).mappings()
        return [dict(row) for row in rows]


def of_company(key: str, *, alone: bool) -> sa.ColumnElement[bool]:
    """What is about a company: one of its items, or its directory.

    Args:
        key: whose.
        alone: whether there is no other company: then what names none is its own as well.

    """
    if alone:
        return sa.true()
    own = sa.exists().where(items.c.id == messages.c.item_id, items.c.company == key)
    named = messages.c.body["company"].as_string() == key
    return sa.or_(own, sa.and_(messages.c.item_id.is_(None), named))


def release(work: Work, ids: Sequence[str], *, where: sa.ColumnElement[bool] | None = None) -> int:
    """Offer parked messages again, their tries anew; gives how many of them were parked."""
    are_they = messages.c.id.in_(ids) & _IS_PARKED
    if where is not None:
        are_they &= where
    # Due with its token: the sweep, and nobody else, clears a token.
    offered = sa.update(messages).where(are_they).values(due_at=work.now, attempts=0)
    return work.connection.execute(offered).rowcount
