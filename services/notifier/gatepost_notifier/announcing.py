"""Announcing: events are posted to webhooks with no transaction open, and recorded."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never
from uuid import UUID

import sqlalchemy as sa
import structlog

from gatepost.ledger.directory import rise
from gatepost.ledger.ledger import Hold
from gatepost.ledger.tables import webhook_deliveries, webhooks
from gatepost.ledger.work import Claimed, Work
from gatepost.runtime.service import Prepared, Report
from gatepost_notifier.addressing import Addressing
from gatepost_notifier.calling import Endpoints, HookCall
from gatepost_notifier.endpoint_outcomes import (
    Again,
    Answered,
    Delivered,
    Ended,
    GivenUp,
    NotBegun,
    Outcome,
    Verdict,
    failures_after,
    left_alone_for,
    verdict,
)
from gatepost_notifier.settings import notifier_settings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()

WINDOW: Final = 10.0  # seconds of a lease in which calls may be begun
AT_ONCE: Final = 100  # events in one lease
PARCELS: Final = 4  # that may be under way in a process; its other threads are for the mails
TIDY: Final = timedelta(hours=1)


class Announcing:
    """The notifier's other outside work, shared by its threads."""

    limit = AT_ONCE

    def __init__(self, program: "Program") -> None:
        self._settings = notifier_settings()
        key = program.settings.secret_key
        self._key = key.get_secret_value() if key else ""
        self._endpoints = Endpoints(self._settings, program.settings.webhook_allowance)
        self._parcels = threading.BoundedSemaphore(PARCELS)
        self._tidied_at: datetime | None = None

    @property
    def call_seconds(self) -> float:
        return self._settings.webhook_timeout

    @property
    def lease_seconds(self) -> float:
        return WINDOW + 2 * self._settings.webhook_timeout

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        self._tidy(work)
        return Addressing(work, self._key, self._settings).run(messages)

    def perform(self, calls: Sequence[HookCall], deadline: float, report: Report) -> None:
        if not self._parcels.acquire(blocking=False):
            for call in calls:
                report(call, NotBegun())
            return
        try:
            asyncio.run(self._endpoints.post(calls, deadline, report))
        finally:
            self._parcels.release()

    def record(self, work: Work, outcomes: Sequence[tuple[HookCall, Outcome]]) -> list[Hold]:
        """Write what became of the events; gives those to be posted again later."""
        _note_endpoints(work, outcomes)
        found = [
            (call, outcome, verdict(outcome, call.attempt, call.age, self._settings))
            for call, outcome in outcomes
        ]
        ended = {call.webhook_id: each.why for call, _, each in found if isinstance(each, Ended)}
        for webhook_id, why in ended.items():
            _disable(work, webhook_id, why)
        return [hold for each in found if (hold := _follow(work, *each))]

    def _tidy(self, work: Work) -> None:
        """Forget old deliveries, once an hour. Their ids begin with the time they were made."""
        if self._tidied_at and work.now - self._tidied_at < TIDY:
            return
        self._tidied_at = work.now
        oldest = work.now - timedelta(days=self._settings.webhook_days)
        before = str(UUID(int=int(oldest.timestamp() * 1000) << 80))
        old = (webhook_deliveries.c.id < before) & (webhook_deliveries.c.status != "waiting")
        free = sa.select(webhook_deliveries.c.id).where(old).with_for_update(skip_locked=True)
        work.connection.execute(
            sa.delete(webhook_deliveries).where(webhook_deliveries.c.id.in_(free))
        )


def _note_endpoints(work: Work, outcomes: Sequence[tuple[HookCall, Outcome]]) -> None:
    """Count what endpoints failed at; leave those alone that failed again and again."""
    ids = sorted({call.webhook_id for call, _ in outcomes})
    for hook in work.rows_by_ids(webhooks, ids, lock=True):
        failures = hook.failures
        for call, outcome in outcomes:
            if call.webhook_id == hook.id:
                failures = failures_after(outcome, failures)
        if failures == hook.failures:
            continue
        wait = left_alone_for(failures)
        until = None if wait is None else work.now + timedelta(seconds=wait)
        work.change(webhooks, hook.id, failures=failures, open_until=until)
        if until and not hook.open_until:
            log.warning("a webhook does not answer", webhook_id=hook.id, failures=failures)


def _follow(work: Work, call: HookCall, outcome: Outcome, found: Verdict) -> Hold | None:
    """Write what follows for one event; a hold where it is to be posted again."""
    code = outcome.code if isinstance(outcome, Answered) else None
    match found:
        case Again(wait, why, counts=False):
            return Hold(call.message.id, wait, why, 0)
        case Again(wait, why):
            _note(work, call, code, "waiting", why, None)
            return Hold(call.message.id, wait, why, 0)
        case Delivered():
            _note(work, call, code, "delivered", "", work.now)
        case GivenUp(why) | Ended(why):
            log.warning("an event was given up", webhook_id=call.webhook_id, cause=why)
            _note(work, call, code, "failed", why, work.now)
        case _:
            assert_never(found)
    return None


def _note(
    work: Work, call: HookCall, code: int | None, status: str, error: str, finished: datetime | None
) -> None:
    work.change(
        webhook_deliveries,
        call.delivery_id,
        status=status,
        attempts=call.attempt,
        response_code=code,
        last_error=error,
        finished_at=finished,
    )


def _disable(work: Work, webhook_id: str, why: str) -> None:
    log.warning("a webhook is disabled", webhook_id=webhook_id, cause=why)
    work.change(webhooks, webhook_id, disabled_at=work.now, disabled_because=why)
    rise(work.connection)
