"""Whether a program can do its work: what it stands on, and whether its workers are alive.

An ERP that is down is no reason to be unready: what is for it waits in the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

import sqlalchemy as sa

from gatepost.ledger import schema
from gatepost.ledger.database import Database
from gatepost.ledger.tables import heartbeats
from gatepost.runtime.sweeping import SILENT_SECONDS
from gatepost.runtime.transport import Transport


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be in order. ``detail`` is a sentence without secrets."""

    name: str
    ok: bool
    detail: str


def readiness(database: Database, transport: Transport) -> list[Check]:
    """What a program stands on: the database, its schema, the transport."""
    return [
        _tried("database", lambda: _answers(database)),
        _tried("migrations", lambda: _is_at_head(database)),
        Check("transport", transport.is_ready, _TRANSPORT[transport.is_ready]),
    ]


def workers(database: Database) -> dict[str, int]:
    """How many workers of each service are alive."""
    statement = sa.select(heartbeats.c.service, sa.func.count().label("how_many"))
    with database.reading() as connection:
        now = connection.execute(database.statements.now).one().now
        beating = heartbeats.c.beat_at > now - timedelta(seconds=SILENT_SECONDS)
        rows = connection.execute(statement.where(beating).group_by(heartbeats.c.service))
        return {row.service: row.how_many for row in rows}


_TRANSPORT: Final = {True: "messages leave", False: "RabbitMQ cannot be reached; messages wait"}


def _tried(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    """A look that may fail: the kind of trouble is told, never its text, which may hold a password."""
    try:
        ok, detail = look()
    except Exception as error:
        return Check(name, ok=False, detail=f"cannot be read: {type(error).__name__}")
    return Check(name, ok, detail)


def _answers(database: Database) -> tuple[bool, str]:
    with database.reading() as connection:
        connection.execute(sa.select(1))
    return True, database.statements.name


def _is_at_head(database: Database) -> tuple[bool, str]:
    found, wanted = schema.current(database), _head()
    if found == wanted:
        return True, f"at {wanted}"
    return False, f"at {found or 'nothing'}, this release needs {wanted}: gatepost db upgrade"


@lru_cache
def _head() -> str:
    return schema.head()
