"""Signing in with a code that is sent by mail.

The answer is the same whoever asks, so that nobody learns who is in a directory. A code fits only
the browser that asked for it: one that was overheard, or read in a mail log, is of no use elsewhere.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from gatepost.domain.people import Company
from gatepost.ledger.directory import Directory
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.sign_in_codes import VALID, code_of
from gatepost.ledger.tables import sign_ins
from gatepost.messages.requests import MailSignInCode
from gatepost_console.sessions import hash_of

BY_CODE: Final = "code"
MOST_TRIES: Final = 5
MOST_CODES: Final = 5  # for one address
WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verified:
    """Somebody who showed that the address is theirs; ``channel`` is how."""

    id: str
    email: str
    channel: str = BY_CODE


def ask(ledger: Ledger, browser: str, email: str) -> None:
    """Have a code mailed, unless the address had too many lately.

    Args:
        ledger: where it is kept, and the notifier hears of it.
        browser: the secret of the browser that asks.
        email: as it was typed; that nobody has it is found out by the notifier.

    """
    email = email.strip().lower()
    with ledger.work() as work:
        old = sign_ins.c.created_at < work.now - WITHIN
        work.connection.execute(sa.delete(sign_ins).where(old))
        asked = sa.select(sa.func.count()).where(sign_ins.c.email == email)
        if work.connection.execute(asked).scalar_one() >= MOST_CODES:
            return
        known = work.new_id()
        work.add(
            sign_ins,
            id=known,
            hash=hash_of(browser),
            email=email,
            tries=0,
            created_at=work.now,
            verified_at=None,
            channel=None,
        )
        work.send(MailSignInCode(sign_in_id=known))


def verify(ledger: Ledger, secret_key: str, browser: str, code: str) -> Verified | None:
    """Whoever asked last with this browser, if the code is right; a try is counted in any case."""
    with ledger.work() as work:
        row = work.connection.execute(_latest(browser)).first()
        if row is None or work.now - row.created_at > VALID or row.tries >= MOST_TRIES:
            return None
        work.change(sign_ins, row.id, tries=row.tries + 1)
        right = code_of(secret_key, row.id)
        if not hmac.compare_digest(right.encode(), "".join(code.split()).encode()):
            return None
        work.change(sign_ins, row.id, verified_at=work.now)
        return Verified(row.id, row.email)


def verified(ledger: Ledger, browser: str) -> Verified | None:
    """Whoever gave the right code with this browser and has not chosen a company yet."""
    with ledger.work() as work:
        row = work.connection.execute(_latest(browser)).first()
        if row is None or row.verified_at is None or work.now - row.verified_at > VALID:
            return None
        return Verified(row.id, row.email, row.channel or BY_CODE)


def vouched(ledger: Ledger, browser: str, email: str, channel: str) -> Verified:
    """Write down that somebody else vouches for the address; they may still choose a company."""
    with ledger.work() as work:
        known = work.new_id()
        work.add(
            sign_ins,
            id=known,
            hash=hash_of(browser),
            email=email,
            tries=0,
            created_at=work.now,
            verified_at=work.now,
            channel=channel,
        )
    return Verified(known, email, channel)


def spend(ledger: Ledger, known: Verified) -> None:
    """A code signs in once."""
    with ledger.work() as work:
        work.connection.execute(sa.delete(sign_ins).where(sign_ins.c.id == known.id))


def companies_of(directory: Directory, email: str) -> Sequence[Company]:
    """The companies whose directory lists the address, by name."""
    found = [company for company in directory.companies.values() if company.person(email)]
    return sorted(found, key=lambda company: company.name)


def _latest(browser: str) -> sa.Select[tuple[str, str, int]]:
    """The last code this browser asked for; locked, for each try is counted."""
    asked = sa.select(sign_ins).where(sign_ins.c.hash == hash_of(browser))
    return asked.order_by(sign_ins.c.id.desc()).limit(1).with_for_update()
