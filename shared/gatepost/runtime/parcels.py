"""A parcel of messages through their handlers: together, alone on failure, carefully after a crash."""

from collections.abc import Sequence
from typing import Final

import structlog

from gatepost.ledger.database import is_trouble
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Claimed, Overtaken, Work
from gatepost.messages.requests import Message
from gatepost.runtime.service import Service

log = structlog.get_logger()

DIED: Final = "its process died"  # each time it was tried
_TRIES_WHEN_OVERTAKEN: Final = 5


class ParcelHandler:
    """Runs a service's handlers on parcels of message ids.

    Args:
        ledger: where the messages are.
        service: whose handlers these are.
        attempts: tries of a failing handler before its message is parked.

    """

    def __init__(self, ledger: Ledger, service: Service, *, attempts: int) -> None:
        self._ledger = ledger
        self._service = service
        self._attempts = attempts

    def __call__(self, ids: Sequence[str], *, redelivered: bool = False) -> None:
        """Handle a parcel. Trouble with the database is raised: the sweep owns the messages."""
        if redelivered:
            for message_id in ids:
                self._carefully(message_id)
            return
        try:
            self._together(ids)
        except Exception as error:
            if is_trouble(error):
                raise
            for message_id in ids:
                self._alone(message_id)

    def _together(self, ids: Sequence[str]) -> None:
        def act() -> None:
            with self._ledger.work() as work:
                claimed = self._ledger.claim(work, ids)
                work.load(one.message.item_id for one in claimed)
                self._handle(claimed, work)

        for _ in range(_TRIES_WHEN_OVERTAKEN):
            try:
                self._ledger.database.again_on_deadlock(act)
                return
            except Overtaken:
                continue
        act()

    def _handle(self, claimed: Sequence[Claimed], work: Work) -> None:
        batches: dict[type[Message], list[Message]] = {}
        for one in claimed:
            kind = type(one.message)
            if kind in self._service.batches:
                batches.setdefault(kind, []).append(one.message)
                continue
            work.handling = one
            self._service.handlers[kind](one.message, work)
        work.handling = None
        for kind, messages in batches.items():
            self._service.batches[kind](messages, work)

    def _alone(self, message_id: str, *, counted: bool = False) -> None:
        """One message in its own transaction; when it raises, it is put off or parked."""
        try:
            self._together([message_id])
        except Exception as error:
            if is_trouble(error):
                raise
            put_off(self._ledger, message_id, error, limit=self._attempts, counted=counted)

    def _carefully(self, message_id: str) -> None:
        """After a crash: the attempt is counted before it is made, so a killer of processes stops."""
        attempts = self._ledger.count_attempt(message_id)
        if attempts is None:
            return
        if attempts > self._attempts:
            put_off(self._ledger, message_id, DIED, limit=self._attempts, counted=True)
            return
        self._alone(message_id, counted=True)


def put_off(
    ledger: Ledger,
    message_id: str,
    error: Exception | str,
    *,
    limit: int,
    token: str = "",
    counted: bool = False,
) -> None:
    """Put a failed message off, or park it with its cause when its tries are used up; say so."""
    cause = f"{type(error).__name__}: {error}" if isinstance(error, Exception) else error
    hold = ledger.fail(message_id, cause, limit=limit, token=token, counted=counted)
    if hold:
        log.error(
            "message parked" if hold.seconds is None else "message failed",
            message_id=message_id,
            attempts=hold.attempts,
            again_in=hold.seconds,
            cause=cause,
            exc_info=error if isinstance(error, Exception) else None,
        )
