"""What stands in RabbitMQ: exchanges and queues, declared idempotently by every service.

Queue arguments are immutable once declared, so only what never changes stands here; limits that an
operator may tune (delivery limit, lengths) are policies: see ``deploy/rabbitmq``.
"""

from collections.abc import Iterable
from typing import Any, Final

from gatepost.messages.routes import DEAD, EVENTS_EXCHANGE, ITEMS_EXCHANGE, UNROUTABLE, Queue

WORK_QUEUE: Final[dict[str, Any]] = {
    "x-queue-type": "quorum",
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",  # required by at-least-once; and publishers feel the pressure
}
PLAIN_QUEUE: Final[dict[str, Any]] = {"x-queue-type": "quorum"}

EXCHANGES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    UNROUTABLE: ("fanout", {}),
    DEAD: ("fanout", {}),
    ITEMS_EXCHANGE: ("topic", {"alternate-exchange": UNROUTABLE}),
    EVENTS_EXCHANGE: ("topic", {}),
}

QUEUES: Final[dict[str, dict[str, Any]]] = {
    UNROUTABLE: PLAIN_QUEUE,
    DEAD: PLAIN_QUEUE,
    Queue.INTAKE: WORK_QUEUE,
    Queue.INTAKE_LEDGER: WORK_QUEUE,
    Queue.APPROVAL: WORK_QUEUE,
    Queue.EXPORT: WORK_QUEUE,
    Queue.READ: WORK_QUEUE,
    Queue.NOTIFY: WORK_QUEUE,
    Queue.POST: WORK_QUEUE,
    Queue.WEBHOOKS: WORK_QUEUE,
    Queue.FAILED_TO_EXPORT: PLAIN_QUEUE,
}

BINDINGS: Final[tuple[tuple[str, str, str], ...]] = (  # exchange, queue, routing key
    (UNROUTABLE, UNROUTABLE, ""),
    (DEAD, DEAD, ""),
    # Anything a source says about an item: <company>.<kind>.<verb>.
    (ITEMS_EXCHANGE, Queue.INTAKE, "*.*.*"),
)


def declare(channel: Any, lanes: Iterable[str] = ()) -> None:  # noqa: ANN401 - pika ships no types
    """Declare everything on a blocking channel; what exists already is left as it is."""
    for name, (kind, arguments) in EXCHANGES.items():
        channel.exchange_declare(name, kind, durable=True, arguments=arguments)
    for name, arguments in QUEUES.items():
        channel.queue_declare(name, durable=True, arguments=arguments)
    for name in lanes:
        channel.queue_declare(name, durable=True, arguments=WORK_QUEUE)
    for exchange, queue, key in BINDINGS:
        channel.queue_bind(queue, exchange, key)
