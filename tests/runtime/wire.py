"""Hands on RabbitMQ for tests: publish, count, listen, and get in its way."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
import pika
from pika.exceptions import AMQPError

from gatepost.messages.routes import EVENTS_EXCHANGE, ITEMS_EXCHANGE
from gatepost.runtime.relay import declare_topology
from gatepost.testing.servers import RabbitMQ
from tests.ledger.office import until

STRUCTURED: Final = "application/cloudevents+json"


class Wire:
    """A virtual host with Gatepost's topology, and a connection to it."""

    def __init__(self, broker: RabbitMQ) -> None:
        self.broker = broker
        self.url = broker.fresh_vhost()
        self.vhost = self.url.rpartition("/")[2]
        declare_topology(self.url)
        self._ears = ""
        self._connection: Any = None
        self.connect()

    def connect(self) -> None:
        """Anew, where the broker was killed."""
        self.close()
        self._connection = pika.BlockingConnection(pika.URLParameters(self.url))
        self.channel = self._connection.channel()
        self.channel.confirm_delivery()

    def close(self) -> None:
        with contextlib.suppress(AMQPError):
            if self._connection is not None:
                self._connection.close()

    # --- getting in its way --------------------------------------------------------------------

    def set_policy(self, name: str, queue: str, **rules: Any) -> None:
        words = ["-p", self.vhost, name, f"^{queue}$", json.dumps(rules), "--apply-to", "queues"]
        self.broker.ctl("set_policy", *words)

    def clear_policy(self, name: str) -> None:
        self.broker.ctl("clear_policy", "-p", self.vhost, name)

    def queues(self) -> dict[str, str]:
        """Every queue with its type."""
        said = self.broker.ctl("list_queues", "-q", "-p", self.vhost, "name", "type")
        rows = [line.split() for line in said.splitlines() if line.strip()]
        return {row[0]: row[1] for row in rows if row[0] != "name"}

    # --- what is in it -------------------------------------------------------------------------

    def ready(self, queue: str) -> int:
        """How many messages wait there."""
        count: int = self.channel.queue_declare(queue, passive=True).method.message_count
        return count

    def take(self, queue: str) -> Iterator[bytes]:
        """The messages that wait there, taken."""
        while True:
            method, _, body = self.channel.basic_get(queue, auto_ack=True)
            if method is None:
                return
            yield body

    def parcels(self, queue: str, *, ids: int) -> list[list[str]]:
        """The parcels in a work queue, once so many ids have arrived."""
        found: list[list[str]] = []

        def arrived() -> bool:
            found.extend(orjson.loads(body)["args"][0] for body in self.take(queue))
            return sum(map(len, found)) >= ids

        until(arrived, f"{ids} ids are in {queue}")
        return found

    def listen(self) -> None:
        """Hear what is told to the outside from now on."""
        self._ears = self.channel.queue_declare("", exclusive=True).method.queue
        self.channel.queue_bind(self._ears, EVENTS_EXCHANGE, "#")

    def heard(self, how_many: int, type_: str = "") -> list[dict[str, Any]]:
        """What was told, once there is so much of it."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            events = [orjson.loads(body) for body in self.take(self._ears)]
            found.extend(event for event in events if type_ in event["type"])
            return len(found) >= how_many

        until(arrived, f"{how_many} events were told")
        return found

    # --- putting into it -----------------------------------------------------------------------

    def publish(self, events: Sequence[dict[str, Any]]) -> None:
        for event in events:
            data = event["data"]
            key = f"{data['company']}.{data['kind']}.sent"
            self.publish_raw(orjson.dumps(event), key)

    def publish_raw(
        self, body: bytes, routing_key: str = "acme.commitment.sent", **properties: Any
    ) -> None:
        """Bring a message in, as a source does; it is confirmed."""
        given = {"content_type": STRUCTURED, "delivery_mode": 2, **properties}
        self.channel.basic_publish(ITEMS_EXCHANGE, routing_key, body, pika.BasicProperties(**given))
