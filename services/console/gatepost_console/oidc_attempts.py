"""Ways to the OpenID provider and back: each belongs to one browser, lasts minutes, and is gone once.

Nonce and verifier are derived from the browser's own secret, so that none is kept.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import oidc_sign_ins
from gatepost_console.oidc import Attempt
from gatepost_console.sessions import hash_of

VALID: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody who came back: the way they went, where they wanted to go, and when that is."""

    attempt: Attempt
    next_page: str
    now: datetime


def begin(ledger: Ledger, browser: str, next_page: str) -> Attempt:
    """Send a browser on its way; those that never came back are forgotten."""
    with ledger.work() as work:
        old = oidc_sign_ins.c.created_at < work.now - VALID
        work.connection.execute(sa.delete(oidc_sign_ins).where(old))
        known = work.new_id()
        columns = {"id": known, "hash": hash_of(browser), "next_page": next_page}
        work.add(oidc_sign_ins, **columns, created_at=work.now)
    return _attempt(known, browser)


def come_back(ledger: Ledger, browser: str, state: str) -> Back | None:
    """The way that somebody comes back on, if it was theirs; nobody comes back on it twice."""
    try:
        known = str(UUID(state))
    except ValueError:
        return None
    is_theirs = (oidc_sign_ins.c.id == known) & (oidc_sign_ins.c.hash == hash_of(browser))
    gone = sa.delete(oidc_sign_ins).where(is_theirs)
    with ledger.work() as work:
        row = work.connection.execute(gone.returning(*oidc_sign_ins.c)).first()
        if row is None or work.now - row.created_at > VALID:
            return None
        return Back(_attempt(known, browser), row.next_page, work.now)


def _attempt(known: str, browser: str) -> Attempt:
    return Attempt(known, _derived("nonce", known, browser), _derived("verifier", known, browser))


def _derived(purpose: str, known: str, browser: str) -> str:
    digest = hmac.digest(browser.encode(), f"gatepost oidc {purpose} 1\0{known}".encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
