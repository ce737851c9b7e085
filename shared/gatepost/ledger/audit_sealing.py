"""Sealing: rows of history that are committed get their place in the company's chain.

Appending to history costs no lock: a trigger notes the new row in ``history_unsealed``, and whoever
sweeps seals what is noted there. Ids do not rise in the order of commits; a row that is committed
late is simply found later. One sealer is at work at a time, in the whole installation.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from gatepost.ledger.audit import GONE, ZERO, Seal, as_document, digest, moment
from gatepost.ledger.database import Database
from gatepost.ledger.statements.sealing import take_unsealed
from gatepost.ledger.tables import history_seals, history_unsealed

# Rows in one seal, at most, and in one transaction: a worker beside it stands still for some
# milliseconds, and embedded the writers wait for it.
BATCH: Final = 200
ROUNDS: Final = 5  # transactions at once; the next sweep goes on
_LOCK: Final = 0x6761_7466  # PostgreSQL advisory lock: the one who seals

_WAITING: Final = sa.select(sa.exists().select_from(history_unsealed))
_LAST: Final = (
    sa.select(history_seals.c.seq, history_seals.c.hash)
    .order_by(history_seals.c.seq.desc())
    .limit(1)
)


def seal(database: Database, *, rounds: int = ROUNDS) -> int:
    """Seal what is committed and waits; how many rows that were.

    Nothing happens while another program seals.
    """
    with database.reading() as connection:
        if not connection.execute(_WAITING).scalar_one():
            return 0
    sealed = 0
    for _ in range(rounds):
        with database.transaction() as connection:
            found = _seal_batch(database, connection)
        sealed += found
        if found < BATCH:
            break
    return sealed


def _seal_batch(database: Database, connection: sa.Connection) -> int:
    if not database.is_sqlite:
        lock = sa.text("select pg_try_advisory_xact_lock(:key)")
        if not connection.execute(lock, {"key": _LOCK}).scalar_one():
            return 0
    now = database.statements.moment(connection).now
    found = sorted(_take(connection, now))
    for company, group in groupby(found, key=lambda row: row.company):
        sealed = _next_seal(connection, company, list(group), now)
        connection.execute(sa.insert(history_seals), sealed)
    return len(found)


class _Taken(NamedTuple):
    """A row that is taken to be sealed, in the order of the chain."""

    company: str
    at: str
    id: str
    hash: str


def _take(connection: sa.Connection, now: datetime) -> Iterator[_Taken]:
    """Rows that wait, oldest id first; they wait no longer once the transaction is committed."""
    found = take_unsealed(connection, BATCH)
    for row_id, company, is_there, *row in found:
        document = as_document(row) if is_there else {"at": moment(now)}
        yield _Taken(company, document["at"], row_id, digest(document) if is_there else GONE)


def _next_seal(
    connection: sa.Connection, company: str, rows: Sequence[_Taken], now: datetime
) -> dict[str, Any]:
    last = connection.execute(_LAST.where(history_seals.c.company == company)).first()
    times = {"at": now, "first_at": _time(rows[0].at, now), "last_at": _time(rows[-1].at, now)}
    sealed = Seal(
        company=company,
        seq=last.seq + 1 if last else 1,
        at=moment(times["at"]),
        first_at=moment(times["first_at"]),
        last_at=moment(times["last_at"]),
        previous=last.hash if last else ZERO,
        rows=tuple((row.id, row.hash) for row in rows),
    )
    return {**sealed.document, **times, "hash": sealed.expected_hash}


def _time(text: str, now: datetime) -> datetime:
    """A moment again; what was written over by hand, and is none, counts as now."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return now
