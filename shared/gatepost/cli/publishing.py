"""Publishing to RabbitMQ, and hearing on ``gatepost.events`` what became of it."""

import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

import orjson
import pika
from pika.exceptions import NackError, UnroutableError

from gatepost.cli.carriers import Answer
from gatepost.cli.events import Event
from gatepost.domain.errors import FieldProblem
from gatepost.messages.cloud_events import STRUCTURED
from gatepost.messages.routes import EVENTS_EXCHANGE, ITEMS_EXCHANGE
from gatepost.runtime.broker import parameters
from gatepost.runtime.relay import declare_topology

NOT_TAKEN: Final = FieldProblem(
    "", "not_taken", "RabbitMQ did not take it", "an operator: look at RabbitMQ; send it again"
)
#: Which facts about its item answer an event that is no sending.
ANSWERED_BY: Final = {"retrieved": ("retrieved",), "decided": ("accepted", "rejected")}
UNKNOWN: Final = "unknown"  # whose refusals cannot be said to be a company's
LONGEST_KEY: Final = 200  # bytes of a company; RabbitMQ takes no longer routing keys than 255


@contextmanager
def over_rabbitmq(url: str, *, listening: bool) -> Generator["Publisher"]:
    """A publisher on a connection of its own. Whoever is first declares what an event must find."""
    declare_topology(url)
    with closing(pika.BlockingConnection(parameters(url))) as connection:
        yield Publisher(connection, listening=listening)


class Publisher:
    """Publishes events, persistent and each confirmed, and hears the answers to them.

    Args:
        connection: to RabbitMQ; ours alone.
        listening: whether answers are waited for. The queue for them is bound before anything is
            published, so that none is missed.

    """

    def __init__(self, connection: Any, *, listening: bool) -> None:  # noqa: ANN401 - pika ships no types
        self._connection = connection
        self._channel = connection.channel()
        self._channel.confirm_delivery()
        self._listening = listening
        self._heard: deque[Answer] = deque()
        self._waiting: dict[str, list[Event]] = {}  # by event id: the same may be sent twice
        self._asked: dict[tuple[str, str], str] = {}  # event id by (subject, fact)
        self._bound: set[str] = set()
        if listening:
            self._ears = self._channel.queue_declare("", exclusive=True).method.queue
            self._listen_to(UNKNOWN)
            self._channel.basic_consume(self._ears, self._hear, auto_ack=True, exclusive=True)

    @property
    def awaited(self) -> int:
        return len(self._heard) + sum(map(len, self._waiting.values()))

    def send(self, event: Event) -> Sequence[FieldProblem]:
        if self._listening:
            self._listen_to(event.company or UNKNOWN)
        properties = pika.BasicProperties(
            content_type=STRUCTURED, delivery_mode=2, message_id=event.id
        )
        try:
            self._channel.basic_publish(
                ITEMS_EXCHANGE, event.routing_key, event.body, properties, mandatory=True
            )
        except (NackError, UnroutableError):
            return [NOT_TAKEN]
        if self._listening:
            self._waiting.setdefault(event.id, []).append(event)
            for fact in ANSWERED_BY.get(event.verb, ()):
                self._asked[event.subject, fact] = event.id
            self._connection.process_data_events(time_limit=0)
        return []

    def answers(self, seconds: float) -> Iterator[Answer]:
        """What was heard so far and is heard within so many seconds, until all are answered."""
        end = time.monotonic() + seconds
        while True:
            while self._heard:
                yield self._heard.popleft()
            left = end - time.monotonic()
            if not self._waiting or left <= 0:
                return
            self._connection.process_data_events(time_limit=left)

    def _listen_to(self, company: str) -> None:
        """Hear what is told of a company; no more, for a source may be allowed no more."""
        if company in self._bound or len(company.encode()) > LONGEST_KEY:
            return
        self._channel.queue_bind(self._ears, EVENTS_EXCHANGE, f"{company}.#")
        self._bound.add(company)

    def _hear(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:  # noqa: ANN401 - pika ships no types
        told = orjson.loads(body)
        data, fact = told["data"], told["type"].split(".")[2]
        event_id = data.get(f"{fact}_event") or self._asked.get((told.get("subject", ""), fact), "")
        problems = [FieldProblem(**each) for each in data.get("errors", ())]
        for event in self._waiting.pop(event_id, ()):
            self._heard.append((event, problems))
