"""API tokens: who may speak to Gatepost, for which company, and how far.

Only a hash of the secret is kept. The secret has 256 random bits, so a plain SHA-256 is enough, and
looking a hash up tells nobody who measures the time anything about the secret.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.errors import NotFound
from gatepost.ledger import tables
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Work

PREFIX: Final = "gp_"  # so that scanners for leaked secrets know one when they see it
SECRET_BYTES: Final = 32

MADE: Final = "token made"
REVOKED: Final = "token revoked"


class Scope(StrEnum):
    """How far a token reaches."""

    ITEMS_SEND = "items:send"  # send and retrieve items
    ITEMS_READ = "items:read"  # lists, items, badges, previews
    ITEMS_DECIDE = "items:decide"  # accept, reject, retry, take back, for a person who may
    EXPORTS_OPERATE = "exports:operate"  # retry what failed; pause, resume and check connections
    ADMIN = "admin"  # all of it


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    id: str
    company: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def label(self) -> str:
        """How sentences call it: by its name in quotes, else by its id and how far it reaches."""
        return f'"{self.name}"' if self.name else f"{self.id} ({' '.join(sorted(self.scopes))})"

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


def create(
    ledger: Ledger,
    company: str,
    name: str,
    scopes: Iterable[Scope],
    *,
    by: str = "",
    channel: str = "",
) -> str:
    """Make a token; gives its secret, which is shown this once and kept nowhere.

    Args:
        ledger: where tokens are kept.
        company: whom it speaks for.
        name: what it is for.
        scopes: how far it reaches.
        by: who makes it, for the company's history; a program that needs one names nobody.
        channel: how they said so.

    Raises:
        NotFound: the directory has no such company.

    """
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with ledger.work() as work:
        work.directory.company(company)
        row = {
            "id": work.new_id(),
            "company": company,
            "name": name,
            "scopes": sorted(set(scopes)),
            "created_at": work.now,
            "revoked_at": None,
        }
        work.add(tables.tokens, hash=_hash(secret), **row)
        _remember(MADE, row, work, by, channel)
    return secret


def verify(ledger: Ledger, secret: str) -> Token | None:
    """The token of that secret; None when there is none, or it was revoked."""
    if not secret.startswith(PREFIX):
        return None
    theirs = (tables.tokens.c.hash == _hash(secret)) & tables.tokens.c.revoked_at.is_(None)
    with ledger.database.reading() as connection:
        row = connection.execute(sa.select(tables.tokens).where(theirs)).mappings().first()
    return _token(row) if row else None


def listed(ledger: Ledger, company: str | None = None) -> list[Token]:
    """All tokens, or those of one company; the revoked ones too. Oldest first."""
    statement = sa.select(tables.tokens).order_by(tables.tokens.c.id)
    if company is not None:
        statement = statement.where(tables.tokens.c.company == company)
    with ledger.database.reading() as connection:
        return [_token(row) for row in connection.execute(statement).mappings()]


def makers(ledger: Ledger, company: str) -> dict[str, str]:
    """Who made the company's tokens, by their ids; of some it is not known."""
    history = tables.history
    made = history.c.item_id.is_(None) & (history.c.company == company) & (history.c.what == MADE)
    with ledger.database.reading() as connection:
        rows = connection.execute(sa.select(history.c.by, history.c.detail).where(made))
        return {row.detail["token_id"]: row.by for row in rows}


def revoke(
    ledger: Ledger,
    token_id: str,
    company: str | None = None,
    *,
    by: str = "",
    channel: str = "",
) -> None:
    """End a token at once; one that is revoked stays as it is.

    With a company, only one of its own. ``by`` and ``channel`` are as for :func:`create`.

    Raises:
        NotFound: there is no token of that id.

    """
    of_that_id = sa.cast(tables.tokens.c.id, sa.Text) == token_id.lower()
    if company is not None:
        of_that_id &= tables.tokens.c.company == company
    with ledger.work() as work:
        rows = work.rows(tables.tokens, of_that_id)
        if not rows:
            raise NotFound.because(
                f"there is no token {token_id}",
                field="token",
                who_can_fix="the caller: gatepost token list names them all",
            )
        if rows[0]["revoked_at"] is None:
            work.change(tables.tokens, rows[0]["id"], revoked_at=work.now)
            _remember(REVOKED, dict(rows[0]), work, by, channel)


def _remember(what: str, token: Mapping[str, Any], work: Work, by: str, channel: str) -> None:
    """A row of the company's history where somebody made or ended a token: never its secret."""
    if not by:
        return
    work.add(
        tables.history,
        id=work.new_id(),
        item_id=None,
        company=token["company"],
        what=what,
        revision=0,
        by=by,
        channel=channel,
        comment="",
        detail={"token_id": token["id"], "name": token["name"], "scopes": list(token["scopes"])},
        at=work.now,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: sa.RowMapping) -> Token:
    return Token(
        id=row["id"],
        company=row["company"],
        name=row["name"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
