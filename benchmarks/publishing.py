"""Publishing on pika's SelectConnection: confirms are pipelined, a rate is kept evenly."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, NamedTuple

from pika import BasicProperties, SelectConnection, URLParameters
from pika.channel import Channel
from pika.frame import Method

WINDOW: Final = 500  # unconfirmed parcels at most


class Parcel(NamedTuple):
    """One message, ready for the wire."""

    exchange: str
    routing_key: str
    body: bytes
    properties: BasicProperties


@dataclass(slots=True)
class Published:
    """When each message left (seconds since the epoch, in order), and when the last was safe."""

    sent_at: list[float] = field(default_factory=list)
    confirmed_at: float = 0.0


class NotConfirmed(Exception):
    """RabbitMQ refused a message, or hung up before it had confirmed them all."""


def send(amqp_url: str, parcels: Iterable[Parcel], *, rate: float | None = None) -> Published:
    """Publish every parcel and return once RabbitMQ has confirmed them all."""
    publisher = _Publisher(list(parcels), rate)
    connection = SelectConnection(
        URLParameters(amqp_url),
        on_open_callback=publisher.opened,
        on_open_error_callback=publisher.closed,
        on_close_callback=publisher.closed,
    )
    connection.ioloop.start()
    if publisher.trouble or not publisher.done:
        raise NotConfirmed(publisher.trouble or "the connection ended early")
    return publisher.published


class _Publisher:
    def __init__(self, parcels: list[Parcel], rate: float | None) -> None:
        self.parcels = parcels
        self.interval = 1 / rate if rate else None
        self.published = Published()
        self.open: dict[int, None] = {}  # delivery tags in the order they were sent
        self.trouble = ""
        self.start = 0.0

    @property
    def done(self) -> bool:
        return not self.open and len(self.published.sent_at) == len(self.parcels)

    def opened(self, connection: SelectConnection) -> None:
        self.connection = connection
        connection.channel(on_open_callback=self.channel_opened)

    def channel_opened(self, channel: Channel) -> None:
        self.channel = channel
        channel.add_on_close_callback(lambda _, reason: self.channel_closed(reason))
        channel.confirm_delivery(self.confirmed, callback=lambda _: self.begin())

    def begin(self) -> None:
        if not self.parcels:
            self.connection.close()
            return
        self.start = time.monotonic()
        if self.interval:
            self.tick()
        else:
            self.fill()

    def fill(self) -> None:
        sent = len(self.published.sent_at)
        for parcel in self.parcels[sent : sent + WINDOW - len(self.open)]:
            self.publish(parcel)

    def tick(self) -> None:
        """Publish what is due and come back when the next one is."""
        assert self.interval
        sent = len(self.published.sent_at)
        self.publish(self.parcels[sent])
        if sent + 1 < len(self.parcels):
            due = self.start + (sent + 1) * self.interval
            self.connection.ioloop.call_later(max(due - time.monotonic(), 0), self.tick)

    def publish(self, parcel: Parcel) -> None:
        self.published.sent_at.append(time.time())
        self.open[len(self.published.sent_at)] = None
        self.channel.basic_publish(*parcel)

    def confirmed(self, frame: Method) -> None:
        method = frame.method
        if method.NAME != "Basic.Ack":
            self.trouble = "RabbitMQ refused a message"
        for tag in self.covered(method.delivery_tag) if method.multiple else [method.delivery_tag]:
            del self.open[tag]
        if self.done:
            self.published.confirmed_at = time.time()
            self.connection.close()
        elif not self.interval:
            self.fill()

    def covered(self, last: int) -> list[int]:
        return list(takewhile(lambda tag: tag <= last, self.open))

    def channel_closed(self, reason: BaseException) -> None:
        if not self.done:
            self.trouble = str(reason)
            self.connection.close()

    def closed(self, connection: SelectConnection, reason: BaseException) -> None:
        if not self.done:
            self.trouble = self.trouble or str(reason)
        connection.ioloop.stop()
