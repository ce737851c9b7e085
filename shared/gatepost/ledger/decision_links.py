"""Links in mails to approvers: each is for one person, one revision of one item, and one purpose.

To open one shows a page and changes nothing. It is spent by a decision only.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from gatepost.ledger.ledger import Ledger
from gatepost.ledger.mail_secrets import MailSecrets, hash_of
from gatepost.ledger.tables import decision_links
from gatepost.ledger.work import Work

_SIX_DIGITS: Final = re.compile(r"[0-9]{6}")
DECIDE: Final = "decide"
MOST_TRIES: Final = 5  # of a mail's code; after that its reader signs in
KEPT: Final = timedelta(days=30)  # after it has expired


@dataclass(frozen=True, slots=True)
class DecisionLink:
    """A link as it was put into a mail; ``now`` is the moment it was looked up."""

    id: str
    mail_id: str
    company: str
    email: str
    item_id: str
    revision: int
    tries: int
    created_at: datetime
    expires_at: datetime
    spent_at: datetime | None
    now: datetime

    @property
    def has_expired(self) -> bool:
        return self.now >= self.expires_at

    @property
    def tries_are_used_up(self) -> bool:
        return self.tries >= MOST_TRIES


def put(
    secrets: MailSecrets, company: str, item_id: str, revision: int, days: float, work: Work
) -> None:
    """Let the link to that revision be known; one that is known already stays as it is.

    Args:
        secrets: of the mail it stands in.
        company: whose directory the mail's reader is in.
        item_id: what is decided there.
        revision: as it stands in the mail.
        days: how long it is good.
        work: the transaction that writes the mail.

    """
    work.add(
        decision_links,
        id=work.new_id(),
        hash=hash_of(secrets.token(item_id, revision)),
        mail_id=secrets.mail_id,
        company=company,
        email=secrets.email.lower(),
        item_id=item_id,
        revision=revision,
        purpose=DECIDE,
        tries=0,
        created_at=work.now,
        expires_at=work.now + timedelta(days=days),
        spent_at=None,
    )


def find(ledger: Ledger, token: str) -> DecisionLink | None:
    """The link of that token; None where there is none. Looking changes nothing."""
    is_it = (decision_links.c.hash == hash_of(token)) & (decision_links.c.purpose == DECIDE)
    names = [name for name in DecisionLink.__dataclass_fields__ if name != "now"]
    columns = [decision_links.c[name] for name in names]
    with ledger.database.reading() as connection:
        row = connection.execute(sa.select(*columns).where(is_it)).mappings().first()
        now = connection.execute(ledger.statements.now).one().now
    return DecisionLink(**row, now=now) if row else None


def is_code(ledger: Ledger, key: str, link: DecisionLink, code: str) -> bool:
    """Whether that is the code of the link's mail; a wrong one counts for the whole mail."""
    right = MailSecrets(key, link.mail_id, link.email).code
    given = "".join(code.split())
    if not _SIX_DIGITS.fullmatch(
        given
    ):  # cannot be one: machines that press buttons use up no tries
        return False
    of_the_mail = decision_links.c.mail_id == link.mail_id
    with ledger.work() as work:
        tries = sa.select(decision_links.c.tries).where(of_the_mail)
        locked = tries.order_by(decision_links.c.id).with_for_update()
        if max(work.connection.execute(locked).scalars(), default=MOST_TRIES) >= MOST_TRIES:
            return False
        if hmac.compare_digest(right.encode(), given.encode()):
            return True
        counted = sa.update(decision_links).where(of_the_mail)
        work.connection.execute(counted.values(tries=decision_links.c.tries + 1))
    return False


def spend(ledger: Ledger, link: DecisionLink) -> None:
    """A decision was made with it. Those that expired long ago are forgotten by the way."""
    with ledger.work() as work:
        work.change(decision_links, link.id, spent_at=work.now)
        old = decision_links.c.expires_at < work.now - KEPT
        work.connection.execute(sa.delete(decision_links).where(old))
