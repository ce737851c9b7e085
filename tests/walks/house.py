"""All services over one ledger, one parcel at a time, in whatever order and as often as fate likes."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import sqlalchemy as sa

from gatepost.ledger import reading, tables
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Outgoing
from gatepost.messages.requests import Action, Decide, Message, Receive
from gatepost.messages.routes import Queue
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.parcels import ParcelHandler
from gatepost.runtime.program import Program
from gatepost_approval import service as approval
from gatepost_exporter.exporting import Exporting
from gatepost_intake import service as intake
from gatepost_notifier import service as notifier
from gatepost_sandbox.behaviour import Behaviour, Mode
from gatepost_sandbox.serving import Sandbox
from tests.journeys import company
from tests.ledger.office import LONG_AGO

ATTEMPTS: Final = 20  # of a handler: fate may be unkind
ROUNDS: Final = 60  # of time passing, until all that follows must be done

Parcel = tuple[str, list[str]]


@dataclass
class Fate:
    """What becomes of parcels on their way: nothing at all, or anything that RabbitMQ may do."""

    chance: random.Random | None = None

    def picks(self, waiting: int) -> int:
        return self.chance.randrange(waiting) if self.chance else 0

    def deals(self) -> str:
        """One of: handled, handled again as well, marked as redelivered, lost."""
        words = ["handled", "handled", "twice", "redelivered", "lost"]
        return self.chance.choice(words) if self.chance else "handled"

    def repeats(self) -> bool:
        """Whether a source says the same once more."""
        return self.chance is not None and self.chance.random() < 0.3


class House:
    """The four services; nothing runs by itself."""

    def __init__(self, program: Program, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.ledger = Ledger(program.database, on_commit=self._left)
        program.ledger = self.ledger
        self._waiting: list[Parcel] = []
        self._handlers: dict[str, Callable[..., None]] = {
            each.queue: ParcelHandler(self.ledger, each, attempts=ATTEMPTS)
            for each in (intake, approval, notifier)
            if each.queue
        }
        exporting = Exporting(program)
        self._handlers[Queue.EXPORT] = LeasedHandler(
            self.ledger,
            exporting,
            dispatch=lambda ids: self._left(Outgoing({Queue.EXPORT: list(ids)})),
            attempts=ATTEMPTS,
        )

    # --- what happens --------------------------------------------------------------------------

    def hears(self, event: dict[str, Any], fate: Fate) -> None:
        """A source's event, perhaps more than once, and all that follows."""
        request = Receive(item_id="", body=orjson.dumps(event).decode(), patient=False)
        self._asks([request] * (2 if fate.repeats() else 1), fate)

    def is_asked(self, item_id: str, action: Action, by: str, fate: Fate, **more: Any) -> None:
        """A person wants something done, and all that follows."""
        self._asks([Decide(item_id=item_id, action=action, by=by, channel="page", **more)], fate)

    def erp_behaves(self, mode: Mode, times: int | None = None) -> None:
        self.sandbox.switch.turn(Behaviour(mode=mode, for_next=times))

    def forgets(self) -> None:
        """What is left for others (mails to post, events to publish) is no part of a walk."""
        with self.ledger.database.transaction() as connection:
            connection.execute(sa.delete(tables.messages))
        self._waiting.clear()

    # --- what there is -------------------------------------------------------------------------

    def story(self, item_id: str) -> dict[str, Any]:
        """Everything that is known of an item, but for ids and times."""
        page = reading.item_page(self.ledger, item_id)
        item = page.item
        return {
            "state": item.state,
            "revision": item.revision,
            "decision": (item.decision, item.decided_by, item.decided_revision, item.comment),
            # Each walk's item has a number of its own, which an entry begins with.
            "entries": {
                name: value.replace(item.number, "its number")
                for name, value in item.entries.items()
            },
            "waits_for": item.waits_for,
            "unsettled": item.unsettled,
            "linked": (item.is_linked, item.synced_revision),
            "cause": item.cause and item.cause.cls,
            "history": [(row["what"], row["revision"], row["by"]) for row in page.history],
            "attempts": [(row["number"], row["revision"], row["outcome"]) for row in page.attempts],
            "mails": Counter(
                (row["template"], row["revision"], row["recipient"], row["status"])
                for row in page.mails
            ),
            "records": [row["revision"] for row in self.sandbox.books.records(mark=item_id)],
        }

    # --- how it goes on ------------------------------------------------------------------------

    def _asks(self, requests: Sequence[Message], fate: Fate) -> None:
        with self.ledger.work() as work:
            for request in requests:
                work.send(request)
        for _ in range(ROUNDS):
            self._works_off(fate)
            if not self._undone():
                return
            self._time_passes()
        raise AssertionError(f"not done after {ROUNDS} rounds: {self._undone()}")

    def _works_off(self, fate: Fate) -> None:
        while self._waiting:
            queue, ids = self._waiting.pop(fate.picks(len(self._waiting)))
            handler = self._handlers.get(queue)
            if handler is None:
                continue
            dealt = fate.deals()
            if dealt == "lost":
                continue
            handler(ids, redelivered=dealt == "redelivered")
            if dealt == "twice":
                handler(ids)

    def _time_passes(self) -> None:
        due = tables.messages.c.due_at.is_not(None)
        with self.ledger.database.transaction() as connection:
            connection.execute(sa.update(tables.messages).where(due).values(due_at=LONG_AGO))
        self._left(Outgoing(self.ledger.sweep()))

    def _undone(self) -> list[str]:
        ours = tables.messages.c.queue.in_(list(self._handlers))
        with self.ledger.database.reading() as connection:
            statement = sa.select(tables.messages.c.type).where(ours)
            return list(connection.execute(statement).scalars())

    def _left(self, outgoing: Outgoing) -> None:
        for queue, ids in outgoing.ids.items():
            self._waiting.append((queue, list(ids)))


def item_id_of(external_id: str) -> str:
    return company.item_id(company.commitment(external_id))
