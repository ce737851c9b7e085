"""Webhooks as people keep them: made, renewed, tried, replayed, ended; the log of what was posted.

Every change raises the directory's version, so that each process reads them anew. Whoever changes
deliveries has locked their webhook before: the notifier writes what came of a post in that order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.addresses import Network, check_url
from gatepost.domain.errors import FieldProblem, NotFound, NotSubscribable
from gatepost.ledger.directory import rise
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.subscriptions import leave_for
from gatepost.ledger.tables import webhook_deliveries, webhooks
from gatepost.ledger.webhook_secrets import Secret, derive, new_salt
from gatepost.ledger.work import Work
from gatepost.messages.facts import Fact, webhook_test
from gatepost.messages.requests import Deliver

BOTH_SECRETS: Final = timedelta(days=1)  # the old secret signs besides, after it was renewed
REPLAYED_AT_ONCE: Final = 10_000

EVENT_TYPES: Final = tuple(fact.type for fact in Fact)
_OF_A_DELIVERY: Final = tuple(
    webhook_deliveries.c[name]
    for name in (
        "id", "event_id", "type", "item_id", "status", "attempts", "response_code", "last_error",
        "created_at", "finished_at",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook without its secret. ``state`` is ok, open (not answering) or disabled."""

    id: str
    company: str
    url: str
    events: tuple[str, ...]
    state: str
    disabled_because: str
    failures: int
    open_until: datetime | None
    created_at: datetime


def create(
    ledger: Ledger,
    company: str,
    url: str,
    events: Iterable[str],
    *,
    secret_key: str,
    networks: Sequence[Network],
) -> tuple[Webhook, Secret]:
    """Make a webhook; its secret is given this once.

    Raises:
        NotFound: the directory has no such company.
        NotSubscribable: the address may not be called, or an event is not known.

    """
    check_url(url, networks)
    types = event_types(events)
    with ledger.work() as work:
        work.directory.company(company)
        webhook_id, salt = work.new_id(), new_salt()
        secret = derive(secret_key, webhook_id, salt)
        work.add(
            webhooks,
            id=webhook_id,
            company=company,
            url=url,
            events=types,
            salt=salt,
            fingerprint=secret.fingerprint,
            old_salt=None,
            old_until=None,
            created_at=work.now,
            disabled_at=None,
            disabled_because="",
            failures=0,
            open_until=None,
        )
        rise(work.connection)
        made = work.now
    return Webhook(webhook_id, company, url, tuple(types), "ok", "", 0, None, made), secret


def event_types(names: Iterable[str]) -> list[str]:
    """Types of events, each named in full or by its last word: ``synced``; none means all.

    Raises:
        NotSubscribable: every name that is not known.

    """
    known = {fact.value: fact.type for fact in Fact} | {each: each for each in EVENT_TYPES}
    found = list(dict.fromkeys(names))
    unknown = [name for name in found if name not in known]
    if unknown:
        words = ", ".join(fact.value for fact in Fact)
        raise NotSubscribable(
            [
                FieldProblem(
                    "events",
                    "unknown",
                    f"there is no event {name}; there are {words}",
                    "the caller: name others",
                )
                for name in unknown
            ]
        )
    return sorted({known[name] for name in found})


def listed(ledger: Ledger, company: str | None = None) -> list[Webhook]:
    """All webhooks, or those of one company; oldest first."""
    statement = sa.select(webhooks).order_by(webhooks.c.id)
    if company is not None:
        statement = statement.where(webhooks.c.company == company)
    with ledger.database.reading() as connection:
        now = connection.execute(ledger.statements.now).one().now
        return [_webhook(row, now) for row in connection.execute(statement).mappings()]


def remove(ledger: Ledger, webhook_id: str, company: str | None = None) -> None:
    """End a webhook and forget what was posted to it; what still waits is not posted any more.

    Raises:
        NotFound: there is none of that id; the same of those below.

    """
    with ledger.work() as work:
        row = _row(work, webhook_id, company)
        posted = webhook_deliveries.c.webhook_id == row["id"]
        work.connection.execute(sa.delete(webhook_deliveries).where(posted))
        work.connection.execute(sa.delete(webhooks).where(webhooks.c.id == row["id"]))
        rise(work.connection)


def renew(
    ledger: Ledger, webhook_id: str, company: str | None = None, *, secret_key: str
) -> Secret:
    """A new secret. For a day the old one signs besides, so that no receiver misses anything."""
    with ledger.work() as work:
        row = _row(work, webhook_id, company)
        salt = new_salt()
        secret = derive(secret_key, row["id"], salt)
        was = derive(secret_key, row["id"], row["salt"])
        known = was.fingerprint == row["fingerprint"]  # else the key of the settings is another
        work.change(
            webhooks,
            row["id"],
            salt=salt,
            fingerprint=secret.fingerprint,
            old_salt=row["salt"] if known else None,
            old_until=work.now + BOTH_SECRETS if known else None,
        )
    return secret


def enable(ledger: Ledger, webhook_id: str, company: str | None = None) -> None:
    """Post to it again, from now on: after it was disabled, or while it is thought not to answer."""
    with ledger.work() as work:
        row = _row(work, webhook_id, company)
        work.change(
            webhooks,
            row["id"],
            disabled_at=None,
            disabled_because="",
            failures=0,
            open_until=None,
        )
        rise(work.connection)


def pause(ledger: Ledger, webhook_id: str, company: str | None = None, *, because: str) -> None:
    """Post nothing to it until it is enabled; what happens meanwhile is not kept for it."""
    with ledger.work() as work:
        row = _row(work, webhook_id, company)
        if row["disabled_at"] is None:
            work.change(webhooks, row["id"], disabled_at=work.now, disabled_because=because)
            rise(work.connection)


def try_out(ledger: Ledger, webhook_id: str, company: str | None = None) -> str:
    """Post an event that means nothing; gives the id of the delivery."""
    with ledger.work() as work:
        row = _row(work, webhook_id, company)
        event = webhook_test(row["company"], row["id"], work.new_id(), work.now)
        return leave_for([row["id"]], event, work)[0]


def replay(
    ledger: Ledger,
    webhook_id: str,
    company: str | None = None,
    *,
    event_id: str | None = None,
    since: datetime | None = None,
) -> int:
    """Post once more what was posted, given up or dropped; gives how many events.

    They go out as they were, under the same ids. What still waits is left to its own tries.
    """
    with ledger.work() as work:
        row = _row(work, webhook_id, company)
        chosen = (webhook_deliveries.c.webhook_id == row["id"]) & (
            webhook_deliveries.c.status != "waiting"
        )
        if event_id is not None:
            chosen &= webhook_deliveries.c.event_id == event_id
        if since is not None:
            chosen &= webhook_deliveries.c.created_at >= since
        columns = (webhook_deliveries.c.id, webhook_deliveries.c.item_id)
        statement = sa.select(*columns).where(chosen).order_by(webhook_deliveries.c.id)
        found = work.connection.execute(statement.limit(REPLAYED_AT_ONCE).with_for_update()).all()
        for each in found:
            work.change(
                webhook_deliveries,
                each.id,
                status="waiting",
                attempts=0,
                last_error="",
                asked_at=work.now,
                finished_at=None,
            )
            work.send(Deliver(item_id=each.item_id or "", delivery_id=each.id))
    return len(found)


def deliveries(
    ledger: Ledger,
    webhook_id: str,
    company: str | None = None,
    *,
    status: str | None = None,
    delivery_id: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """What was posted or is to be, newest first; without the events themselves."""
    statement = sa.select(*_OF_A_DELIVERY).order_by(webhook_deliveries.c.id.desc()).limit(limit)
    if status is not None:
        statement = statement.where(webhook_deliveries.c.status == status)
    if delivery_id is not None:
        statement = statement.where(webhook_deliveries.c.id == delivery_id)
    with ledger.work() as work:
        row = _row(work, webhook_id, company, lock=False)
        mine = statement.where(webhook_deliveries.c.webhook_id == row["id"])
        return [dict(each) for each in work.connection.execute(mine).mappings()]


def _row(work: Work, webhook_id: str, company: str | None, *, lock: bool = True) -> sa.RowMapping:
    of_that_id = sa.cast(webhooks.c.id, sa.Text) == webhook_id.lower()
    if company is not None:
        of_that_id &= webhooks.c.company == company
    statement = sa.select(webhooks).where(of_that_id)
    if lock:
        statement = statement.with_for_update()
    if row := work.connection.execute(statement).mappings().first():
        return row
    raise NotFound.because(
        f"there is no webhook {webhook_id}",
        field="webhook",
        who_can_fix="the caller: gatepost webhook list, or GET /v1/webhooks, names them all",
    )


def _webhook(row: sa.RowMapping, now: datetime) -> Webhook:
    until = row["open_until"]
    is_open = until is not None and until > now
    return Webhook(
        id=row["id"],
        company=row["company"],
        url=row["url"],
        events=tuple(row["events"]),
        state="disabled" if row["disabled_at"] else "open" if is_open else "ok",
        disabled_because=row["disabled_because"],
        failures=row["failures"],
        open_until=until,
        created_at=row["created_at"],
    )
