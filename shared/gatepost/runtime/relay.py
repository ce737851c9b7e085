"""The relay: publishes what committed transactions left, with pipelined confirms, in its own thread.

A broker that is away never holds up a handler: what has to leave waits here, up to a bound, and what
exceeds it is dropped and found again by the sweep, because its rows are in the ledger.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import dramatiq
import orjson
import pika
import structlog
from pika.adapters.select_connection import SelectConnection
from pika.exceptions import AMQPError

from gatepost.ledger.work import Outgoing
from gatepost.messages.cloud_events import STRUCTURED
from gatepost.messages.facts import Publication
from gatepost.runtime.broker import make_broker, parameters
from gatepost.runtime.topology import QUEUES, declare
from gatepost.runtime.transport import envelope, parcels

log = structlog.get_logger()

WINDOW: Final = 500  # publishes without a confirm, at the most
CROWDED: Final = 5000  # publishes that may wait; beyond it they are dropped, the sweep has them
FIRST_PAUSE: Final = 0.1  # seconds before connecting again; doubles up to the longest
LONGEST_PAUSE: Final = 2.0
FAREWELL_SECONDS: Final = 2.0


@dataclass(slots=True)
class Row:
    """A row of events on its way out: how many of them are not confirmed yet."""

    id: str
    missing: int


@dataclass(slots=True)
class Letter:
    """One publish: a parcel for a work queue, or an event of a row."""

    exchange: str
    routing_key: str
    body: bytes
    properties: Any
    row: Row | None = None


@dataclass(slots=True)
class _Link:
    """One life of the connection: what it has published and not heard of."""

    connection: Any
    channel: Any = None
    tag: int = 0
    unconfirmed: dict[int, Letter] = field(default_factory=dict)
    blocked: bool = False


class RabbitRelay:
    """The transport of a service on servers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: deque[Letter] = deque()
        self._confirmed: deque[str] = deque()
        self._lanes: set[str] = set()
        self._link: _Link | None = None
        self._pump_asked = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def new_broker(self) -> dramatiq.Broker:
        return make_broker(self._url)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop; what was handed over before gets a moment to leave."""
        patience = time.monotonic() + FAREWELL_SECONDS
        while (link := self._link) and (self._waiting or link.unconfirmed):
            if time.monotonic() > patience:
                break
            time.sleep(0.01)
        self._stopping.set()
        if link := self._link:
            self._in_loop(link, link.connection.ioloop.stop)
        self._thread.join(timeout=5)

    @property
    def is_ready(self) -> bool:
        link = self._link
        return bool(link and link.channel and not link.blocked and len(self._waiting) < WINDOW)

    def hand_over(self, outgoing: Outgoing) -> None:
        if len(self._waiting) > CROWDED:
            return
        for name, ids in outgoing.ids.items():
            for parcel in parcels(ids):
                self._waiting.append(_parcel(name, parcel))
        for row_id, publications in outgoing.publications:
            row = Row(row_id, len(publications))
            self._waiting.extend(_event(publication, row) for publication in publications)
        link = self._link
        if link and link.channel and not self._pump_asked:
            self._pump_asked = True
            self._in_loop(link, self._pump)

    def confirmed(self) -> list[str]:
        found = []
        while self._confirmed:
            found.append(self._confirmed.popleft())
        return found

    # --- the relay's own thread ----------------------------------------------------------------

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                declare_topology(self._url, self._lanes)
                self._live()
                pause = FIRST_PAUSE
            except (AMQPError, OSError) as error:
                log.warning("RabbitMQ is away", error=repr(error), again_in=pause)
            self._stopping.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _live(self) -> None:
        """One life of the connection, until it closes or the relay stops."""
        connection = SelectConnection(
            parameters(self._url),
            on_open_callback=self._opened,
            on_open_error_callback=lambda connection, _error: connection.ioloop.stop(),
            on_close_callback=lambda connection, _reason: connection.ioloop.stop(),
        )
        self._link = _Link(connection)
        try:
            connection.ioloop.start()
            if self._stopping.is_set() and connection.is_open:
                connection.close()
                connection.ioloop.start()
        finally:
            self._take_back(self._link)
            self._link = None
            self._pump_asked = False
            connection.ioloop.close()

    def _opened(self, connection: Any) -> None:  # noqa: ANN401 - pika ships no types
        connection.add_on_connection_blocked_callback(lambda *_: self._block(True))
        connection.add_on_connection_unblocked_callback(lambda *_: self._block(False))
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Any) -> None:  # noqa: ANN401 - pika ships no types
        channel.add_on_return_callback(self._returned)
        channel.add_on_close_callback(lambda _channel, reason: self._channel_closed(reason))
        channel.confirm_delivery(self._confirm, callback=lambda _frame: self._ready(channel))

    def _ready(self, channel: Any) -> None:  # noqa: ANN401 - pika ships no types
        """Confirms are on: what has waited meanwhile may leave."""
        if self._link:
            self._link.channel = channel
            self._pump()

    def _channel_closed(self, reason: Exception) -> None:
        link = self._link
        if link and link.connection.is_open:
            log.warning("the relay's channel closed", reason=repr(reason))
            link.connection.close()

    def _block(self, blocked: bool) -> None:
        if link := self._link:
            link.blocked = blocked
            log.warning(
                "RabbitMQ blocks publishers" if blocked else "RabbitMQ takes publishes again"
            )
            self._pump()

    def _pump(self) -> None:
        self._pump_asked = False
        link = self._link
        if link is None or link.channel is None or not link.channel.is_open or link.blocked:
            return
        while self._waiting and len(link.unconfirmed) < WINDOW:
            letter = self._waiting.popleft()
            link.tag += 1
            link.unconfirmed[link.tag] = letter
            # Events may find nobody listening, which is no fault; what is for a queue must find it.
            link.channel.basic_publish(
                letter.exchange,
                letter.routing_key,
                letter.body,
                letter.properties,
                mandatory=not letter.exchange,
            )

    def _confirm(self, frame: Any) -> None:  # noqa: ANN401 - pika ships no types
        link, method = self._link, frame.method
        if link is None:
            return
        tags = [method.delivery_tag]
        if method.multiple:
            tags = [tag for tag in link.unconfirmed if tag <= method.delivery_tag]
        taken = isinstance(method, pika.spec.Basic.Ack)
        for tag in tags:
            letter = link.unconfirmed.pop(tag, None)
            if letter and letter.row and taken:
                letter.row.missing -= 1
                if letter.row.missing == 0:
                    self._confirmed.append(letter.row.id)
        if self._waiting:
            self._pump()

    def _returned(self, _channel: Any, method: Any, _properties: Any, _body: bytes) -> None:  # noqa: ANN401 - pika ships no types
        """A queue is gone: connect anew, which declares it again, and publish once more."""
        log.warning("a queue is missing; it is declared", queue=method.routing_key)
        if method.routing_key not in QUEUES:
            self._lanes.add(method.routing_key)
        if link := self._link:
            self._take_back(link)  # the broker confirms even what it returned: not to be believed
            if link.connection.is_open:
                link.connection.close()

    def _take_back(self, link: _Link) -> None:
        """What was published and not confirmed waits again."""
        self._waiting.extendleft(reversed(link.unconfirmed.values()))
        link.unconfirmed.clear()

    def _in_loop(self, link: _Link, act: Callable[[], None]) -> None:
        try:
            link.connection.ioloop.add_callback_threadsafe(act)
        except Exception as error:  # the loop has just ended: the rows wait for the sweep
            self._pump_asked = False
            log.debug("the relay's loop has ended", error=repr(error))


def declare_topology(url: str, lanes: Iterable[str] = ()) -> None:
    """Connect, declare exchanges and queues (and lanes of the export), disconnect.

    Raises:
        AMQPError: RabbitMQ is away, or refuses.

    """
    connection = pika.BlockingConnection(parameters(url))
    try:
        declare(connection.channel(), lanes)
    finally:
        if connection.is_open:
            connection.close()


def _parcel(queue: str, ids: Any) -> Letter:  # noqa: ANN401 - a sequence of ids
    body = envelope(queue, ids).encode()
    return Letter("", queue, body, pika.BasicProperties(delivery_mode=2))


def _event(publication: Publication, row: Row) -> Letter:
    properties = pika.BasicProperties(
        content_type=STRUCTURED,
        delivery_mode=2,
        message_id=publication.event["id"],
        type=publication.event["type"],
    )
    body = orjson.dumps(publication.event)
    return Letter(publication.exchange, publication.routing_key, body, properties, row)
