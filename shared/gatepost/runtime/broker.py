"""dramatiq's broker, made for parcels of the ledger: quorum queues, no delays, no retries, no XQ.

dramatiq is the worker runtime (actors, threads, graceful stop). Its own Retries, delays, Results and
dead-letter queues are not used: a refused retry publish would lose the message, and its ``.XQ``
forgets after seven days (seen with 2.2.1).
"""

import os
from typing import Any, Final

# Read by dramatiq when it is imported: how soon consumers come back after the broker was away.
os.environ.setdefault("dramatiq_restart_delay", "500")

import pika
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import CurrentMessage

from gatepost.runtime.topology import WORK_QUEUE

HEARTBEAT_SECONDS: Final = 30


class GatepostRabbitmqBroker(RabbitmqBroker):
    """Declares quorum queues with the central dead-letter exchange, and no queues for delays."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        return dict(WORK_QUEUE)

    def _declare_dq_queue(self, queue_name: str) -> None:
        """Delays are the ledger's business."""

    def _declare_xq_queue(self, queue_name: str) -> None:
        """What is rejected goes to the exchange ``gatepost.dead``."""

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        # Not the parent's: it would announce a .DQ queue, and a consumer for it would appear.
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.queues_pending.add(queue_name)
            self.emit_after("declare_queue", queue_name)
        if ensure:
            self._ensure_queue(queue_name)  # type: ignore[no-untyped-call]


class InProcessBroker(StubBroker):
    """dramatiq's in-memory broker, without queues for delays."""

    def declare_queue(self, queue_name: str) -> None:
        super().declare_queue(queue_name)
        self.delay_queues.clear()


def make_broker(url: str) -> GatepostRabbitmqBroker:
    """The broker at an AMQP URL."""
    return GatepostRabbitmqBroker(
        parameters=[connection_arguments(url)], middleware=[CurrentMessage()], confirm_delivery=True
    )


def connection_arguments(url: str) -> dict[str, Any]:
    """Arguments of a pika connection: with a heartbeat, and an end to waiting on a blocked broker."""
    given = pika.URLParameters(url)
    return {
        "host": given.host,
        "port": given.port,
        "virtual_host": given.virtual_host,
        "credentials": given.credentials,
        "ssl_options": given.ssl_options,
        "heartbeat": HEARTBEAT_SECONDS,
        "blocked_connection_timeout": 20,
        "socket_timeout": 5,
        "connection_attempts": 1,
    }


def parameters(url: str) -> pika.ConnectionParameters:
    """The same as pika's own object."""
    return pika.ConnectionParameters(**connection_arguments(url))
