"""Hands for the tests of the ledger: leave messages, let time pass, look into the table."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.ledger import tables
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Claimed, Outgoing, Work
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost.messages.requests import Message, Review
from gatepost.messages.routes import Queue
from gatepost.runtime.parcels import ParcelHandler
from gatepost.runtime.service import Service
from tests.journeys import company

PATIENCE: Final = 120.0  # seconds, on a busy machine
LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)

Handler = Callable[[Any, Work], None]


class Office:
    """A ledger of its own, and what left it."""

    def __init__(self, database: Database, *, redelivery: float = 30.0) -> None:
        self.database = database
        self.left: list[Outgoing] = []
        self.ledger = Ledger(database, on_commit=self.left.append, redelivery=redelivery)

    # --- doing ---------------------------------------------------------------------------------

    def stores(self, *external_ids: str) -> list[str]:
        """Keep commitments as they come from their source; gives their ids."""
        with self.ledger.work() as work:
            for external_id in external_ids:
                work.put(arriving(external_id, work))
        return [company.item_id(company.commitment(each)) for each in external_ids]

    def leaves(self, *item_ids: str, after: float = 0.0) -> list[str]:
        """Leave a request for each item; gives the messages' ids."""
        with self.ledger.work() as work:
            return [work.send(Review(item_id=each, revision=1), after=after) for each in item_ids]

    def claims(self, *ids: str) -> list[Claimed]:
        with self.ledger.work() as work:
            return self.ledger.claim(work, ids)

    def leases(self, *ids: str, by: str = "mine", seconds: float = 60.0) -> list[Claimed]:
        with self.ledger.work() as work:
            return self.ledger.lease(work, ids, by, seconds)

    def time_passes(self, *ids: str) -> None:
        """Until these messages are due; one that is parked never is."""
        chosen = tables.messages.c.id.in_(ids) & tables.messages.c.due_at.is_not(None)
        theirs = sa.update(tables.messages).where(chosen)
        with self.database.transaction() as connection:
            connection.execute(theirs.values(due_at=LONG_AGO))

    def swept(self) -> list[str]:
        """What a sweep offers, whichever queue it is for."""
        return sorted(id for ids in self.ledger.sweep().values() for id in ids)

    def handles(self, handler: Handler, *, attempts: int = 3) -> ParcelHandler:
        service = Service("tests", queue=Queue.APPROVAL, handlers={Review: handler})
        return ParcelHandler(self.ledger, service, attempts=attempts)

    # --- looking -------------------------------------------------------------------------------

    def messages(self) -> dict[str, sa.RowMapping]:
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(tables.messages)).mappings().all()
        return {row["id"]: row for row in rows}

    def message(self, message_id: str) -> sa.RowMapping:
        return self.messages()[message_id]

    def now(self) -> datetime:
        """The time, by the database's clock."""
        with self.database.reading() as connection:
            now: datetime = connection.execute(self.ledger.statements.now).one().now
        return now

    def due_in(self, message_id: str, since: datetime | None = None) -> float:
        """Seconds until a message is due, from now or from a moment before."""
        due: datetime = self.message(message_id)["due_at"]
        return (due - (since or self.now())) / timedelta(seconds=1)

    def item(self, item_id: str) -> Item:
        with self.ledger.work() as work:
            return work.item(item_id)

    def effects(self) -> Counter[str]:
        """How often each item was handled."""
        of_items = sa.select(tables.history.c.item_id).where(tables.history.c.item_id.is_not(None))
        with self.database.reading() as connection:
            return Counter(connection.execute(of_items).scalars())


def arriving(external_id: str, work: Work) -> Item:
    """A commitment that its source sends for the first time."""
    body = orjson.dumps(company.commitment(external_id))
    sending, _ = read_sent(read(body))
    return Item.new(sending, work.now)


def note(message: Message, work: Work) -> None:
    """A handler that leaves its mark in the item and in the history."""
    item = work.item(message.item_id)
    item.title += "+"
    work.record(item, "noted", by="the test", channel="test")


def until(condition: Callable[[], object], what: str, *, patience: float = PATIENCE) -> None:
    """Come back when it holds."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < patience, f"waited in vain until {what}"
        time.sleep(0.01)


def shuffled(ids: Sequence[str], turn: int) -> list[str]:
    """The ids in another order for each turn, the same in every run."""
    order = list(ids)
    random.Random(turn).shuffle(order)
    return order
