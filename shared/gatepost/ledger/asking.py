"""Asking for something to be done with items, and waiting for the answer.

A request is written into the ledger like any other message; whoever handles it leaves a row in
``answers``. Nothing is lost when the caller does not wait long enough: what was asked stands.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gatepost.domain.errors import FieldProblem
from gatepost.ledger import tables
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.statements import as_ids
from gatepost.messages.requests import Message

DONE: Final = "done"
UNCHANGED: Final = "unchanged"  # it had been done before
PENDING: Final = "pending"  # nobody has handled it yet; it will be done when somebody does

SHORTEST_PAUSE: Final = 0.005  # seconds between looks for answers, growing
LONGEST_PAUSE: Final = 0.05
_GROWTH: Final = 1.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request: ``done``, ``unchanged``, ``pending``, or a refusal's code."""

    message_id: str
    item_id: str
    outcome: str
    problems: tuple[FieldProblem, ...] = ()

    @property
    def is_refused(self) -> bool:
        return self.outcome not in (DONE, UNCHANGED, PENDING)


def ask(
    ledger: Ledger,
    requests: Sequence[Message],
    timeout: float,
    *,
    stopping: threading.Event | None = None,
) -> list[Outcome]:
    """Leave requests in one transaction, and wait for what comes of them, in their order.

    Args:
        ledger: whose services are to answer.
        requests: what is asked; an answer is asked for as well.
        timeout: seconds to wait; what has no answer by then is ``pending``.
        stopping: ends the waiting early when it is set, for programs that are asked to stop.

    """
    with ledger.work() as work:
        asked = {
            work.send(request.model_copy(update={"answered": True})): request
            for request in requests
        }
    answers = _wait(ledger, list(asked), timeout, stopping or threading.Event())
    return [
        answers.get(message_id) or Outcome(message_id, request.item_id, PENDING)
        for message_id, request in asked.items()
    ]


def _wait(
    ledger: Ledger, ids: Sequence[str], timeout: float, stopping: threading.Event
) -> dict[str, Outcome]:
    """The answers that came in time. The pauses grow: most answers are there within a few ms."""
    found: dict[str, Outcome] = {}
    end, pause = time.monotonic() + timeout, SHORTEST_PAUSE
    while missing := [message_id for message_id in ids if message_id not in found]:
        found.update(_answers(ledger, missing))
        left = end - time.monotonic()
        if len(found) == len(ids) or left <= 0 or stopping.wait(min(pause, left)):
            break
        pause = min(LONGEST_PAUSE, pause * _GROWTH)
    return found


def _answers(ledger: Ledger, ids: Sequence[str]) -> dict[str, Outcome]:
    statement = ledger.statements.by_ids(tables.answers, column="message_id")
    with ledger.database.reading() as connection:
        rows = connection.execute(statement, {"ids": as_ids(ids)}).mappings().all()
    return {
        row["message_id"]: Outcome(
            message_id=row["message_id"],
            item_id=row["item_id"] or "",
            outcome=row["outcome"],
            problems=tuple(FieldProblem(**problem) for problem in row["problems"]),
        )
        for row in rows
    }
