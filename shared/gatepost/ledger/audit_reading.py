"""Reading the audit chain: verifying a company's chain in the database, and its newest hash."""

import re
from dataclasses import dataclass
from typing import Any, Final

import orjson
import sqlalchemy as sa

from gatepost.ledger.audit import (
    Break,
    Document,
    Seal,
    Verdict,
    Walk,
    as_document,
    inserted,
    moment,
)
from gatepost.ledger.database import Database
from gatepost.ledger.statements.sealing import rows_by_ids
from gatepost.ledger.tables import companies, history, history_seals, history_unsealed

PAGE: Final = 10  # seals read at once
_AN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_TIMES: Final = ("at", "first_at", "last_at")
# Untyped: a value that somebody made unreadable must be told, not stumbled over.
_AS_THEY_STAND: Final = (
    *(history_seals.c[name] for name in ("company", "seq", "previous", "hash")),
    *(sa.type_coerce(history_seals.c[name], sa.String).label(name) for name in _TIMES),
    sa.cast(history_seals.c.rows, sa.Text).label("rows"),
)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a company: kept elsewhere, it shows whether the chain was written anew."""

    company: str
    seq: int
    hash: str
    unsealed: int


def audited(database: Database) -> list[str]:
    """Every company that has, or should have, a chain."""
    found = sa.union(
        sa.select(companies.c.key),
        sa.select(history.c.company),
        sa.select(history_seals.c.company),
    )
    with database.reading() as connection:
        return sorted(connection.execute(found).scalars())


def head(database: Database, company: str) -> Head | None:
    """The newest seal; None before the first."""
    of_company = history_seals.c.company == company
    newest = sa.select(history_seals.c.seq, history_seals.c.hash).where(of_company)
    with database.reading() as connection:
        row = connection.execute(newest.order_by(history_seals.c.seq.desc()).limit(1)).first()
        count = connection.execute(_unsealed(company)).scalar_one()
    return Head(company, row.seq, row.hash, count) if row else None


def verify(database: Database, company: str, *, kept: str = "") -> Verdict:
    """Walk along a company's chain up to the first thing that does not hold.

    Args:
        database: where it is.
        company: whose.
        kept: a hash that was written down earlier; it must be among those of the seals.

    """
    with database.reading() as connection:  # one statement: the counts are of one moment
        newest = sa.select(sa.func.coalesce(sa.func.max(history_seals.c.seq), 0))
        asked = (
            _count(history, company),
            _unsealed(company),
            newest.where(history_seals.c.company == company),
        )
        counts = sa.select(*(each.scalar_subquery() for each in asked))
        total, unsealed, last = connection.execute(counts).one()
    walk = Walk(company)
    broken = _along(database, walk, last)
    if broken is None and walk.rows + unsealed != total:
        broken = _unlisted(database, company)
    return walk.verdict(unsealed, broken, kept)


def seals(
    connection: sa.Connection, company: str, after: int = 0, upto: int | None = None
) -> list[Seal]:
    """A page of a company's seals, in their order, after one of them."""
    chosen = (history_seals.c.company == company) & (history_seals.c.seq > after)
    if upto is not None:
        chosen &= history_seals.c.seq <= upto
    statement = sa.select(*_AS_THEY_STAND).where(chosen).order_by(history_seals.c.seq).limit(PAGE)
    return [_seal(row) for row in connection.execute(statement).mappings()]


def rows_of(connection: sa.Connection, seal: Seal) -> dict[str, Document]:
    """The rows a seal lists, as far as they are there, by their ids."""
    ids = [each for each in seal.ids if _AN_ID.fullmatch(each)]
    documents = (as_document(row) for row in rows_by_ids(connection, ids))
    return {document["id"]: document for document in documents}


def _along(database: Database, walk: Walk, last: int) -> Break | None:
    """Walk up to the seal ``last``, page by page: no snapshot stays open for long."""
    while walk.seq < last:
        with database.reading() as connection:
            page = seals(connection, walk.company, walk.seq, last)
            for seal in page:
                if broken := walk.take(seal, rows_of(connection, seal)):
                    return broken
        if not page:
            return Break("seal_missing", f"seal {walk.seq + 1} is missing", walk.seq + 1)
    return None


def _unlisted(database: Database, company: str) -> Break:
    """Rows in no seal that do not wait for one either; looked for when the counts differ."""
    listed: set[str] = set()
    with database.reading() as connection:
        waits = sa.exists().where(history_unsealed.c.history_id == history.c.id)
        strangers = sa.select(history.c.id).where(history.c.company == company, ~waits)
        found = {str(each) for each in connection.execute(strangers).scalars()}
        after = 0
        while page := seals(connection, company, after):
            listed.update(row_id for seal in page for row_id in seal.ids)
            after = page[-1].seq
    return inserted(found - listed) or Break(
        "rows_miscounted", "the seals list other rows than there are"
    )


def _count(table: sa.Table, company: str) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table).where(table.c.company == company)


def _unsealed(company: str) -> sa.Select[Any]:
    """How many rows wait for their seal; one that was deleted meanwhile is told when it is sealed."""
    is_there = sa.exists().where(history.c.id == history_unsealed.c.history_id)
    return _count(history_unsealed, company).where(is_there)


def _seal(row: sa.RowMapping) -> Seal:
    """A seal as it stands there; what somebody made unreadable does not hold, and is no fault of ours."""
    times: dict[str, Any] = {name: moment(row[name]) for name in _TIMES}
    try:
        listed = [(str(row_id), str(hashed)) for row_id, hashed in orjson.loads(row["rows"])]
    except (ValueError, TypeError):
        listed = []
    named: dict[str, Any] = {name: row[name] for name in ("company", "seq", "previous", "hash")}
    return Seal(**named, **times, rows=tuple(listed))
