"""The message ledger: taking work out of the table, putting it off, sweeping up what was left."""

import random
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger.database import Database
from gatepost.ledger.directory import Directory, DirectoryCache
from gatepost.ledger.statements import ClaimedRow
from gatepost.ledger.tables import messages
from gatepost.ledger.work import Claimed, Outgoing, Work
from gatepost.messages.requests import MESSAGES

REDELIVERY: Final = 30.0  # seconds until a message that nobody took is offered again
LONGEST_WAIT: Final = 600.0  # seconds
SWEEP_LIMIT: Final = 2000
PARCEL_SIZE: Final = 200  # messages that are handled in one transaction, at the most


@dataclass(frozen=True, slots=True)
class Hold:
    """A message put off: for ``seconds``, or parked for a person where ``seconds`` is None.

    ``token`` names who may take it before its time; nobody may where there is none.
    """

    id: str
    seconds: float | None
    error: str
    attempts: int
    token: str | None = None


def wait_before(attempt: int) -> float:
    """Seconds until the next try of a failing handler: growing, jittered, at most ten minutes."""
    return float(min(LONGEST_WAIT, 2.0**attempt)) * random.uniform(0.5, 1.0)


class Ledger:
    """The database with the rule that a message lives in it until its work is done.

    Args:
        database: where it is kept.
        on_commit: takes what may leave the process; None in programs without a relay, whose
            messages are due at once and found by the sweep of any service.
        redelivery: seconds until a message that nobody took is offered again.

    """

    def __init__(
        self,
        database: Database,
        *,
        on_commit: Callable[[Outgoing], None] | None = None,
        redelivery: float = REDELIVERY,
    ) -> None:
        self.database = database
        self.statements = database.statements
        self.on_commit = on_commit
        self.redelivery = redelivery
        self._cache = DirectoryCache()

    @contextmanager
    def work(self) -> Generator[Work]:
        """One transaction; its effects are written at the end, its messages leave after it."""
        with self.database.transaction() as connection:
            work = self._begin(connection)
            yield work
            work.flush()
        if self.on_commit and (work.outgoing.ids or work.outgoing.publications):
            self.on_commit(work.outgoing)

    def directory(self) -> Directory:
        """The directory as it is now."""
        with self.database.reading() as connection:
            return self._begin(connection).directory

    def directory_seen(self) -> Directory:
        """The directory as the latest transaction of this process saw it; nothing is asked for it."""
        return self._cache.latest or self.directory()

    def _begin(self, connection: sa.Connection) -> Work:
        delay = self.redelivery if self.on_commit else 0.0
        return Work(connection, self.statements, self._cache, delay)

    # --- taking --------------------------------------------------------------------------------

    def claim(self, work: Work, ids: Sequence[str]) -> list[Claimed]:
        """Delete the messages that are free and give them to be handled in this transaction."""
        moment, rows = self.statements.claim(work.connection, ids)
        work.begun(moment)
        work.claimed = _claimed(rows)
        return list(work.claimed)

    def lease(self, work: Work, ids: Sequence[str], token: str, seconds: float) -> list[Claimed]:
        """Hold the messages that are free, for work outside a transaction; counts an attempt."""
        moment, rows = self.statements.lease(work.connection, ids, token, seconds)
        work.begun(moment)
        return _claimed(rows)

    def still_held(self, work: Work, ids: Iterable[str], token: str) -> set[str]:
        """The messages whose lease is still ours: only their outcomes may be written."""
        moment, held = self.statements.still_held(work.connection, ids, token)
        work.begun(moment)
        return set(held)

    def finish(self, work: Work, ids: Sequence[str]) -> None:
        """The work of these messages is done."""
        if ids:
            self.statements.finish(work.connection, ids)

    def hold(self, work: Work, holds: Sequence[Hold]) -> None:
        """Put messages off. They keep a token, so no stale parcel can overtake the wait."""
        if holds:
            self.statements.hold(work.connection, list(holds))

    def let_go(self, work: Work, token: str, types: Sequence[str]) -> str | None:
        """Free the oldest message of these types that was put off for whoever has the token.

        Gives its id; whoever leases it now has it. None when there is none, or others are at it.
        """
        held = (messages.c.lease_token == token) & messages.c.type.in_(types)
        oldest = sa.select(messages.c.id).where(held).order_by(messages.c.id).limit(1)
        found: str | None = work.connection.execute(
            oldest.with_for_update(skip_locked=True)
        ).scalar()
        if found is not None:
            free = sa.update(messages).where(messages.c.id == found).values(lease_token=None)
            work.connection.execute(free)
        return found

    def count_attempt(self, message_id: str) -> int | None:
        """Count an attempt before it is made, in a transaction of its own; None when it is gone."""
        with self.database.transaction() as connection:
            return self.statements.count_attempt(connection, message_id)

    def fail(
        self, message_id: str, cause: str, *, limit: int, token: str = "", counted: bool = False
    ) -> Hold | None:
        """Put a message off because its handler failed; park it when its tries are used up.

        Args:
            message_id: which.
            cause: kept with the message.
            limit: tries before it is parked.
            token: our own lease of it, if any (the lease has counted the attempt already); a message
                that somebody else holds is left alone.
            counted: whether the attempt was counted before it was made.

        """
        with self.work() as work:
            free = messages.c.lease_token.is_(None) | (messages.c.due_at <= work.now)
            statement = sa.select(messages.c.attempts).where(
                messages.c.id == message_id, free | (messages.c.lease_token == token)
            )
            attempts = work.connection.execute(statement.with_for_update()).scalar()
            if attempts is None:
                return None
            attempts += 0 if token or counted else 1
            wait = None if attempts >= limit else wait_before(attempts)
            hold = Hold(message_id, wait, cause, attempts)
            self.hold(work, [hold])
        return hold

    # --- sweeping ------------------------------------------------------------------------------

    def sweep(self) -> dict[str, list[str]]:
        """The messages that are due, by queue; each is due again later if nobody takes it.

        The wait doubles with each dispatch, so that a long backlog is not published over and over.
        """
        with self.database.transaction() as connection:
            rows = self.statements.sweep(connection, self.redelivery, SWEEP_LIMIT)
        found: dict[str, list[str]] = {}
        for message_id, queue in sorted(rows):
            found.setdefault(queue, []).append(message_id)
        return found

    def make_due(self) -> None:
        """Offer everything that is not held at once: for the start of an embedded program."""
        with self.database.transaction() as connection:
            self.statements.make_due(connection)

    def publications(self, ids: Sequence[str]) -> list[tuple[str, Any]]:
        """The bodies of rows with events for the outside."""
        with self.database.reading() as connection:
            statement = sa.select(messages.c.id, messages.c.body).where(messages.c.id.in_(ids))
            return [(row.id, row.body) for row in connection.execute(statement)]

    def forget(self, ids: Sequence[str]) -> None:
        """Delete rows whose events the broker has confirmed."""
        with self.database.transaction() as connection:
            self.statements.finish(connection, ids)


def _claimed(rows: Iterable[ClaimedRow]) -> list[Claimed]:
    return [
        Claimed(
            id=row.id,
            message=MESSAGES[row.type].model_validate_json(row.body),
            attempts=row.attempts,
            correlation_id=row.correlation_id or "",
            traceparent=row.traceparent or "",
        )
        for row in sorted(rows, key=lambda row: row.id)
    ]
