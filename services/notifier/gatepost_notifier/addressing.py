"""Addressing: which events are posted now, within a transaction; which wait, which are done with."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

import structlog

from gatepost.ledger.ledger import Hold
from gatepost.ledger.tables import webhook_deliveries, webhooks
from gatepost.ledger.webhook_secrets import Secret, derive
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.requests import Deliver
from gatepost.runtime.service import Prepared
from gatepost_notifier.calling import HookCall
from gatepost_notifier.endpoint_outcomes import TURN_WAIT, given_up
from gatepost_notifier.webhook_settings import WebhookSettings

log = structlog.get_logger()

KEY_WAIT: Final = 600.0  # seconds; until somebody mends the key
OTHER_KEY: Final = (
    "GATEPOST_SECRET_KEY is not the one this webhook was made with: "
    "gatepost webhook renew gives it a new secret"
)
SILENT: Final = "its endpoint does not answer; it is left alone for a while"

Row = Any  # of a table, as the driver gives it


class Addressing:
    """One parcel's preparation.

    Args:
        work: the transaction.
        key: what the secrets are derived from.
        settings: how long an event is tried.

    """

    def __init__(self, work: Work, key: str, settings: WebhookSettings) -> None:
        self._work = work
        self._key = key
        self._settings = settings
        self._tried: set[str] = set()  # endpoints that one event finds out about
        self._prepared = Prepared()

    def run(self, messages: Sequence[Claimed]) -> Prepared:
        """Sort the messages: to be posted, put off, or done with."""
        ids = [cast(Deliver, one.message).delivery_id for one in messages]
        rows = {row.id: row for row in self._work.rows_by_ids(webhook_deliveries, ids)}
        known = sorted({row.webhook_id for row in rows.values()})
        hooks = {row.id: row for row in self._work.rows_by_ids(webhooks, known, lock=True)}
        for one, delivery_id in zip(messages, ids, strict=True):
            row = rows.get(delivery_id)
            hook = hooks.get(row.webhook_id) if row else None
            if row is None or hook is None or row.status != "waiting":
                self._prepared.done.append(one.id)  # removed, or seen to
            else:
                self._sort(one, row, hook)
        return self._prepared

    def _sort(self, one: Claimed, row: Row, hook: Row) -> None:
        if hook.disabled_at is not None:
            why = f"the webhook is disabled: {hook.disabled_because}"
            self._finish(one, row, "dropped", why)
            return
        age = (self._work.now - row.asked_at).total_seconds()
        wait = self._left_alone(hook)
        if wait is not None and age + wait > self._settings.webhook_patience:
            self._finish(one, row, "failed", given_up(age, SILENT))
        elif wait is not None:
            self._prepared.holds.append(Hold(one.id, wait, SILENT, 0))
        elif secrets := self._secrets(hook):
            self._prepared.calls.append(self._call(one, row, hook, secrets, age))
        else:
            log.error("a webhook cannot be signed", webhook_id=hook.id, why=OTHER_KEY)
            self._work.change(webhook_deliveries, row.id, last_error=OTHER_KEY)
            self._prepared.holds.append(Hold(one.id, KEY_WAIT, OTHER_KEY, 0))

    def _left_alone(self, hook: Row) -> float | None:
        """Seconds its events wait; None where it may be called. After a while one event tries it."""
        if hook.open_until is None:
            return None
        if hook.open_until > self._work.now:
            left = (hook.open_until - self._work.now).total_seconds()
            return float(left + random.uniform(0.0, TURN_WAIT))
        if hook.id in self._tried:
            return TURN_WAIT * random.uniform(2.0, 4.0)
        self._tried.add(hook.id)
        return None

    def _secrets(self, hook: Row) -> tuple[Secret, ...]:
        """Those to sign with, the newest first; none when the key is another one."""
        newest = derive(self._key, hook.id, hook.salt)
        if newest.fingerprint != hook.fingerprint:
            return ()
        if hook.old_salt and hook.old_until > self._work.now:
            return newest, derive(self._key, hook.id, hook.old_salt)
        return (newest,)

    def _call(
        self, one: Claimed, row: Row, hook: Row, secrets: tuple[Secret, ...], age: float
    ) -> HookCall:
        return HookCall(
            message=one,
            webhook_id=hook.id,
            delivery_id=row.id,
            event_id=row.event_id,
            body=row.body.encode(),
            url=hook.url,
            secrets=secrets,
            timestamp=_seconds(self._work.now),
            attempt=row.attempts + 1,
            age=age,
        )

    def _finish(self, one: Claimed, row: Row, status: str, why: str) -> None:
        columns = {"status": status, "last_error": why, "finished_at": self._work.now}
        self._work.change(webhook_deliveries, row.id, **columns)
        self._prepared.done.append(one.id)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
