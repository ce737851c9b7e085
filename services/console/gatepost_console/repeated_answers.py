"""Answers as they are kept for requests that come again under the same key.

A key is taken before the work and answered after it. What it does is a repeated answer, no more: that
nothing is done twice is the ledger's and the life cycle's, and holds without it. So a program that
dies in between needs no care: its claim runs out, and the request that comes again is a request.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import idempotency_keys
from gatepost_console.problems import single

LARGEST: Final = 4 * 1024 * 1024  # bytes of an answer; what is larger is not kept
_ROUNDS: Final = 5  # a row can be swept or taken over between two looks


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may come again. ``digest`` tells it from another one under the same key."""

    token_id: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def begin(ledger: Ledger, asked: Asked, *, busy: float, kept: float) -> str | Kept:
    """Take the key, or give the answer that was given before.

    Args:
        ledger: where the keys are.
        asked: the request.
        busy: seconds in which nobody else does the same; then it may be taken over.
        kept: seconds for which the answer is kept.

    Returns:
        The claim under which the work is answered, or the answer.

    Raises:
        Problem: 422, the key was another request's; 409, the same request is under way.

    """
    for _ in range(_ROUNDS):
        found = _begin(ledger, asked, timedelta(seconds=busy), timedelta(seconds=kept))
        if found is not None:
            return found
    raise _under_way()


def keep(ledger: Ledger, asked: Asked, claim: str, answer: Kept) -> None:
    """Keep an answer, if the claim still stands and it is not too large; else let go of the key."""
    if len(answer.body) > LARGEST:
        release(ledger, asked, claim)
        return
    values = {
        "status": answer.status,
        "headers": answer.headers,
        "body": answer.body.decode(),
    }
    with ledger.database.transaction() as connection:
        connection.execute(
            sa.update(idempotency_keys).where(_is_claimed(asked, claim)).values(values)
        )


def release(ledger: Ledger, asked: Asked, claim: str) -> None:
    """Let go of a key: what was asked came to nothing, and may be asked again, and otherwise."""
    with ledger.database.transaction() as connection:
        connection.execute(sa.delete(idempotency_keys).where(_is_claimed(asked, claim)))


def _begin(ledger: Ledger, asked: Asked, busy: timedelta, kept: timedelta) -> str | Kept | None:
    """None: somebody else was faster; look once more."""
    claim = secrets.token_hex(16)
    with ledger.work() as work:
        new = {"busy_until": work.now + busy, "claim": claim, "expires_at": work.now + kept}
        row: dict[str, Any] = {
            "token_id": asked.token_id,
            "key": asked.key,
            "digest": asked.digest,
            "status": None,
            "headers": {},
            "body": "",
            **new,
        }
        if work.statements.insert(work.connection, idempotency_keys, [row]):
            return claim
        rows = work.rows(idempotency_keys, _is_it(asked))
        if not rows:
            return None
        there = rows[0]
        if there["expires_at"] > work.now:
            if there["digest"] != asked.digest:
                raise _reused(asked.key)
            if there["status"] is not None:
                return Kept(there["status"], there["body"].encode(), there["headers"])
            if there["busy_until"] > work.now:
                raise _under_way()
        theirs = _is_claimed(asked, there["claim"])
        taken = work.connection.execute(sa.update(idempotency_keys).where(theirs).values(row))
        return claim if taken.rowcount else None


def _is_it(asked: Asked) -> sa.ColumnElement[bool]:
    mine = idempotency_keys.c.token_id == asked.token_id
    return mine & (idempotency_keys.c.key == asked.key)


def _is_claimed(asked: Asked, claim: str) -> sa.ColumnElement[bool]:
    return _is_it(asked) & (idempotency_keys.c.claim == claim)


def _reused(key: str) -> Exception:
    said = f"another request came under the key {key}"
    who = "the caller: give each request a key of its own"
    return single(422, "key_reused", said, who, at="Idempotency-Key")


def _under_way() -> Exception:
    said = "the same request is under way"
    who = "the caller: ask again in a moment"
    return single(409, "under_way", said, who, at="Idempotency-Key", Retry_After="1")
