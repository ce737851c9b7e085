"""The upstream of the soak: a steady flow of events, each confirmed, and people who decide."""

import contextlib
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import orjson
import pika
import sqlalchemy as sa
from pika.exceptions import AMQPError

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.ledger.asking import ask
from gatepost.ledger.ledger import Ledger
from gatepost.messages.requests import Action, Decide
from gatepost.messages.routes import ITEMS_EXCHANGE
from tests.journeys.company import ANN, BO, Event, commitment, corrected, invoice, item_id, sub_job

DECIDED_SHARE: Final = 0.1  # of the items that a person decides on; the rest pass by the setting
BILLED_SHARE: Final = 0.3  # of the commitments: an invoice follows at once
HANDFUL: Final = 20  # items that people decide on at once
REPEATED_SHARE: Final = 0.05  # of the events that a nervous source sends twice


class Upstream:
    """Publishes events with confirms, again and again until each is taken.

    Args:
        url: RabbitMQ's.
        seed: the same seed gives the same stories.
        rate: items a second.

    """

    def __init__(self, url: str, seed: int, rate: float) -> None:
        self._url = url
        self._random = random.Random(seed)
        self._rate = rate
        self.stopping = threading.Event()
        self.accepted: dict[str, Event] = {}  # by item id: passes by the company's setting
        self.decided: dict[str, Event] = {}  # by item id: waits for a person
        self._connection: pika.BlockingConnection | None = None
        self._channel: pika.adapters.blocking_connection.BlockingChannel | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._thread.join(60)
        self.disconnect()

    def disconnect(self) -> None:
        """Let go of the connection, in whatever state it is."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(AMQPError, OSError):
                connection.close()

    @property
    def sent(self) -> int:
        """How many items are confirmed by RabbitMQ."""
        return len(self.accepted) + len(self.decided)

    def publish(self, event: Event) -> None:
        """Publish until RabbitMQ has confirmed it."""
        body = orjson.dumps(event)
        key = f"acme.{event['data']['kind']}.sent"
        properties = pika.BasicProperties(
            content_type="application/cloudevents+json", delivery_mode=2
        )
        while True:
            try:
                if self._channel is None:
                    self._connection = pika.BlockingConnection(pika.URLParameters(self._url))
                    self._channel = self._connection.channel()
                    self._channel.confirm_delivery()
                self._channel.basic_publish(ITEMS_EXCHANGE, key, body, properties, mandatory=True)
                return
            except (AMQPError, OSError):
                self.disconnect()
                time.sleep(0.2)

    def _run(self) -> None:
        begun = time.monotonic()
        for count, event in enumerate(self._stories(), start=1):
            if self.stopping.is_set():
                return
            self.publish(event)
            waits = event["data"]["kind"] == "sub_job"
            (self.decided if waits else self.accepted)[item_id(event)] = event
            if self._random.random() < REPEATED_SHARE:
                self.publish(event)
            time.sleep(max(0.0, begun + count / self._rate - time.monotonic()))

    def _stories(self) -> Iterator[Event]:
        number = 0
        while True:
            number += 1
            if self._random.random() < DECIDED_SHARE:
                yield sub_job(f"s-{number}", code=f"02-{number}")
                continue
            yield commitment(f"c-{number}")
            if self._random.random() < BILLED_SHARE:
                yield invoice(f"i-{number}", f"c-{number}")


class Approvers:
    """Ann rejects everything she sees first, its source corrects it, Bo accepts the correction."""

    def __init__(self, ledger: Ledger, upstream: Upstream, url: str) -> None:
        self._ledger = ledger
        self._upstream = upstream
        self._resender = Upstream(url, 0, 1)
        self.resent: set[str] = set()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._thread.join(60)

    def leave(self) -> None:
        """Nothing more will be corrected."""
        self._resender.disconnect()

    def _run(self) -> None:
        while not self.stopping.is_set():
            self.reject_all()
            time.sleep(0.2)

    def reject_all(self) -> None:
        """Ann rejects what she has not rejected yet; the source corrects it and sends it again."""
        seen = {i: e for i, e in list(self._upstream.decided.items()) if i not in self.resent}
        for handful in _handfuls(seen):
            for item in self._ask(handful, Action.REJECT, ANN, 1):
                self._resender.publish(corrected(seen[item], name="corrected"))
                self.resent.add(item)

    def accept_all(self) -> set[str]:
        """Once all is quiet, Bo accepts every correction; gives those that were refused."""
        accepted: set[str] = set()
        for handful in _handfuls(self.resent):
            accepted |= self._ask(handful, Action.ACCEPT, BO, 2)
        return self.resent - accepted

    def retry_failed(self) -> int:
        """Bo retries what has used up its tries while the ERP was ill; gives how many that were."""
        with self._ledger.database.reading() as connection:
            failed = sa.select(tables.items.c.id, tables.items.c.revision).where(
                tables.items.c.state == State.FAILED
            )
            revisions = {row.id: row.revision for row in connection.execute(failed)}
        for item, revision in revisions.items():
            self._ask([item], Action.RETRY, BO, revision)
        return len(revisions)

    def _ask(self, items: Sequence[str], action: Action, by: str, revision: int) -> set[str]:
        """Ask for items to be decided; gives those of which the answer came, and was yes."""
        requests = [
            Decide(
                item_id=item,
                action=action,
                by=by,
                channel="test",
                revision=revision,
                comment="again",
            )
            for item in items
        ]
        try:
            answers = ask(self._ledger, requests, 10.0)
        except Exception:  # the database is being killed, too
            time.sleep(0.2)
            return set()
        return {each.item_id for each in answers if each.outcome in ("done", "unchanged")}


def _handfuls(items: Iterable[str]) -> Iterator[Sequence[str]]:
    """So many at once as somebody marks on a page."""
    left = sorted(items)
    return (left[start : start + HANDFUL] for start in range(0, len(left), HANDFUL))
