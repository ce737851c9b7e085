"""Leased work: prepared in one transaction, called with none open, recorded in another."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog

from gatepost.ledger.database import is_trouble
from gatepost.ledger.ids import uuid7
from gatepost.ledger.ledger import PARCEL_SIZE, Hold, Ledger
from gatepost.runtime.parcels import DIED, put_off
from gatepost.runtime.service import OutsideWork, Prepared

log = structlog.get_logger()

SAFETY: Final = 1.0  # seconds between the last moment to begin a call and what the lease allows
GROUP_SECONDS: Final = 0.02  # outcomes that come within this time are recorded together
SUSPICIOUS: Final = 3  # attempts from which a message is tried alone: it may kill its process
_TROUBLE_PAUSE: Final = 0.25  # seconds between tries while the database is away


def boottime() -> float:
    """Seconds since the machine started, the time it slept included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeasedHandler:
    """Runs an :class:`OutsideWork` on parcels of message ids.

    Args:
        ledger: where the messages are.
        outside: what to prepare, call and record.
        dispatch: offers ids that did not fit to other workers.
        attempts: tries of a message that cannot be prepared or recorded, or whose worker dies each
            time, before it is parked.

    """

    def __init__(
        self,
        ledger: Ledger,
        outside: OutsideWork,
        *,
        dispatch: Callable[[Sequence[str]], None],
        attempts: int,
    ) -> None:
        self._ledger = ledger
        self._outside = outside
        self._dispatch = dispatch
        self._attempts = attempts

    def __call__(self, ids: Sequence[str], *, redelivered: bool = False) -> None:
        """Handle a parcel. Trouble with the database is raised: leases end by themselves."""
        limit = max(1, min(self._outside.limit, PARCEL_SIZE))
        taken, rest = ids[:limit], ids[limit:]
        if rest:
            self._dispatch(rest)
        self._handle(taken)

    def _handle(self, ids: Sequence[str]) -> None:
        token, begun, lease = uuid7(), boottime(), self._outside.lease_seconds
        try:
            prepared = self._prepare(ids, token, lease)
        except Exception as error:
            if is_trouble(error):
                raise
            if len(ids) == 1:
                put_off(self._ledger, ids[0], error, limit=self._attempts)
                return
            for message_id in ids:
                self._handle([message_id])
            return
        deadline = begun + lease - self._outside.call_seconds - SAFETY
        suspects = [call for call in prepared.calls if call.message.attempts >= SUSPICIOUS]
        others = [call for call in prepared.calls if call.message.attempts < SUSPICIOUS]
        for calls in (others, *([suspect] for suspect in suspects)):
            self._call_and_record(calls, token, deadline, begun + lease)

    def _prepare(self, ids: Sequence[str], token: str, lease: float) -> Prepared:
        def act() -> Prepared:
            with self._ledger.work() as work:
                leased = self._ledger.lease(work, ids, token, lease)
                worn = [one for one in leased if one.attempts > self._attempts]
                sound = [one for one in leased if one.attempts <= self._attempts]
                prepared = self._outside.prepare(work, sound)
                prepared.holds += [Hold(one.id, None, DIED, one.attempts) for one in worn]
                self._ledger.finish(work, prepared.done)
                self._ledger.hold(work, prepared.holds)
            return prepared

        return self._ledger.database.again_on_deadlock(act)

    def _call_and_record(
        self, calls: Sequence[Any], token: str, deadline: float, lease_end: float
    ) -> None:
        outcomes: Outcomes = queue.SimpleQueue()
        if calls:
            arguments = (calls, deadline, outcomes)
            threading.Thread(target=self._perform, args=arguments, daemon=True).start()
        missing = len(calls)
        while missing:
            group = _next_group(outcomes, missing, lease_end)
            if not group:
                log.error("calls did not return within their lease; it ends", count=missing)
                return
            if None in group:  # the caller itself failed: the leases of what is missing will end
                missing = 0
            known = [one for one in group if one is not None]
            missing -= len(known) if missing else 0
            self._record(known, token, lease_end)

    def _perform(self, calls: Sequence[Any], deadline: float, outcomes: "Outcomes") -> None:
        try:
            self._outside.perform(
                calls, deadline, lambda call, outcome: outcomes.put((call, outcome))
            )
        except Exception:
            log.exception("calls could not be made; they are tried again when their lease ends")
            outcomes.put(None)

    def _record(self, group: Sequence[tuple[Any, Any]], token: str, lease_end: float) -> None:
        """Write outcomes; while the database is away they are kept, until the lease ends."""
        while group:
            try:
                self._ledger.database.again_on_deadlock(lambda: self._write(group, token))
                return
            except Exception as error:
                if is_trouble(error):
                    if boottime() > lease_end:
                        raise
                    time.sleep(_TROUBLE_PAUSE)
                elif len(group) > 1:
                    for one in group:
                        self._record([one], token, lease_end)
                    return
                else:
                    message_id = group[0][0].message.id
                    put_off(self._ledger, message_id, error, limit=self._attempts, token=token)
                    return

    def _write(self, group: Sequence[tuple[Any, Any]], token: str) -> None:
        with self._ledger.work() as work:
            held = self._ledger.still_held(work, [call.message.id for call, _ in group], token)
            ours = [(call, outcome) for call, outcome in group if call.message.id in held]
            holds = self._outside.record(work, ours)
            put_off_ids = {hold.id for hold in holds}
            self._ledger.finish(work, sorted(held - put_off_ids))
            self._ledger.hold(work, holds)
        if len(ours) < len(group):
            log.warning("late outcomes refused: the lease had ended", count=len(group) - len(ours))


Outcomes = queue.SimpleQueue[tuple[Any, Any] | None]


def _next_group(outcomes: Outcomes, most: int, lease_end: float) -> list[tuple[Any, Any] | None]:
    """The outcomes that are there; waits for the first, and a moment for those right behind it.

    None at all when the lease ends first: from then on others may have these messages.
    """
    try:
        group = [outcomes.get(timeout=max(0.0, lease_end - boottime()))]
    except queue.Empty:
        return []
    while len(group) < min(most, PARCEL_SIZE) and group[-1] is not None:
        try:
            group.append(outcomes.get(timeout=GROUP_SECONDS))
        except queue.Empty:
            break
    return group
