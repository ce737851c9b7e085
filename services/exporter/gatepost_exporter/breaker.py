"""The breaker of a connection: an ERP that is down is waited for."""

from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger.tables import connections
from gatepost.ledger.work import Work
from gatepost_exporter.calls import Line
from gatepost_exporter.settings import ExporterSettings

MOST_ROUNDS: Final = 8  # the longest wait, in waits of the breaker
CONTACT_SECONDS: Final = 10  # the last contact is written at most this often


def is_calm(row: sa.RowMapping, work: Work) -> bool:
    """Whether an answer of the ERP would be no news: no failures, and a contact noted lately."""
    last = row["last_contact_at"]
    fresh = last is not None and (work.now - last).total_seconds() < CONTACT_SECONDS
    return bool(fresh and not row["failures"] and row["open_until"] is None)


def answered(work: Work, line: Line) -> None:
    """The ERP answered: its failures are forgotten, and the contact is noted now and then."""
    if not line.calm:
        key = (line.company, line.connection)
        _change(work, *key, failures=0, open_until=None, last_contact_at=work.now)


def unanswered(work: Work, line: Line, calls: int, settings: ExporterSettings) -> None:
    """The ERP did not answer; from so many calls in a row on, it is waited for."""
    failures = _row(work, line)["failures"] + calls
    until = None
    if failures >= settings.breaker_failures:
        rounds = min(MOST_ROUNDS, 1 + (failures - settings.breaker_failures) // 2)
        until = work.now + timedelta(seconds=settings.breaker_wait * rounds)
    _change(work, line.company, line.connection, failures=failures, open_until=until)


def goes_to_see(work: Work, gate: sa.RowMapping, settings: ExporterSettings) -> None:
    """One call finds out whether the ERP is back; the others wait for what it brings."""
    until = work.now + timedelta(seconds=settings.breaker_wait)
    _change(work, gate["company"], gate["key"], open_until=until)


def _row(work: Work, line: Line) -> sa.RowMapping:
    is_it = (connections.c.company == line.company) & (connections.c.key == line.connection)
    return work.rows(connections, is_it)[0]


def _change(work: Work, company: str, key: str, **values: Any) -> None:
    is_it = (connections.c.company == company) & (connections.c.key == key)
    work.connection.execute(sa.update(connections).where(is_it).values(**values))
