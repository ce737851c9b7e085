"""Sessions: who is signed in with which browser.

A browser that decided with the code of a mail is its reader's own: it stays signed in while nobody
uses it, so that the next mail takes one press.

The browser has an opaque secret; only its hash is kept. It has 256 random bits, so a plain SHA-256
is enough. What the person may do is not in it: that is asked of the directory, page by page.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import sessions
from gatepost_console.settings import ConsoleSettings

SECRET_BYTES: Final = 32
MAIL_LINK: Final = "mail"
SEEN_AGAIN: Final = timedelta(minutes=1)  # a visit is written down once in that time


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser; ``now`` is the moment it was looked up, by the database's clock."""

    id: str
    company: str
    email: str
    channel: str
    created_at: datetime
    now: datetime

    @property
    def is_by_mail_link(self) -> bool:
        """Whether it was begun with the code of a mail that asks for a decision.

        Such a mail is passed on more easily than a code that somebody has just asked for.
        """
        return self.channel == MAIL_LINK


@dataclass(frozen=True, slots=True)
class SignedInBrowser:
    """A session as its owner sees it: how they signed in, when, and when it was used last."""

    id: str
    channel: str
    created_at: datetime
    seen_at: datetime


def new_secret() -> str:
    """What a browser is known by."""
    return secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(
    ledger: Ledger,
    settings: ConsoleSettings,
    *,
    company: str,
    email: str,
    channel: str,
    instead_of: str | None = None,
) -> str:
    """Sign a browser in; gives its secret.

    Args:
        ledger: where sessions are kept.
        settings: how long they last; those that are over are forgotten by the way.
        company: whose directory the person is in.
        email: who it is.
        channel: how they showed it.
        instead_of: the secret of the session this browser had before; that one ends.

    """
    secret = new_secret()
    with ledger.work() as work:
        oldest = work.now - timedelta(days=settings.session_longest_days)
        idle = work.now - timedelta(hours=settings.session_idle_hours)
        is_idle = (sessions.c.seen_at < idle) & (sessions.c.channel != MAIL_LINK)
        over = (sessions.c.created_at < oldest) | is_idle
        if instead_of:
            over |= sessions.c.hash == hash_of(instead_of)
        work.connection.execute(sa.delete(sessions).where(over))
        work.add(
            sessions,
            id=work.new_id(),
            hash=hash_of(secret),
            company=company,
            email=email.lower(),
            channel=channel,
            created_at=work.now,
            seen_at=work.now,
        )
    return secret


def find(ledger: Ledger, settings: ConsoleSettings, secret: str) -> Session | None:
    """The session of that secret; None where there is none, or it is over."""
    statement = sa.select(sessions).where(sessions.c.hash == hash_of(secret))
    with ledger.database.reading() as connection:
        row = connection.execute(statement).first()
        if row is None:
            return None
        now = connection.execute(ledger.statements.now).one().now
    if _is_over(row, settings, now):
        return None
    if now - row.seen_at > SEEN_AGAIN:
        with ledger.work() as work:
            work.change(sessions, row.id, seen_at=work.now)
    return Session(row.id, row.company, row.email, row.channel, row.created_at, now)


def end(ledger: Ledger, secret: str) -> None:
    """Sign a browser out; one that is not signed in stays so."""
    with ledger.work() as work:
        theirs = sessions.c.hash == hash_of(secret)
        work.connection.execute(sa.delete(sessions).where(theirs))


def end_all(ledger: Ledger, company: str, email: str) -> None:
    """Sign somebody out of every browser."""
    with ledger.work() as work:
        work.connection.execute(sa.delete(sessions).where(_theirs(company, email)))


def of_person(
    ledger: Ledger, settings: ConsoleSettings, company: str, email: str
) -> list[SignedInBrowser]:
    """The browsers somebody is signed in with, the one used last first."""
    statement = sa.select(sessions).where(_theirs(company, email))
    with ledger.database.reading() as connection:
        now = connection.execute(ledger.statements.now).one().now
        rows = connection.execute(statement.order_by(sessions.c.seen_at.desc())).all()
    return [
        SignedInBrowser(row.id, row.channel, row.created_at, row.seen_at)
        for row in rows
        if not _is_over(row, settings, now)
    ]


def end_one(ledger: Ledger, company: str, email: str, session_id: str) -> None:
    """Sign somebody out of one of their browsers."""
    theirs = _theirs(company, email) & (sa.cast(sessions.c.id, sa.Text) == session_id)
    with ledger.work() as work:
        work.connection.execute(sa.delete(sessions).where(theirs))


def _theirs(company: str, email: str) -> sa.ColumnElement[bool]:
    return (sessions.c.company == company) & (sessions.c.email == email.lower())


def _is_over(row: sa.Row[Any], settings: ConsoleSettings, now: datetime) -> bool:
    is_old = now - row.created_at > timedelta(days=settings.session_longest_days)
    is_idle = now - row.seen_at > timedelta(hours=settings.session_idle_hours)
    return bool(is_old or (is_idle and row.channel != MAIL_LINK))
