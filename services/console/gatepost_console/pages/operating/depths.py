"""What stands in RabbitMQ's own queues, outside the ledger: asked once, with little patience."""

from dataclasses import dataclass
from typing import Final

import pika
import structlog
from pika.exceptions import AMQPError, ChannelClosedByBroker

from gatepost.messages.routes import DEAD, UNROUTABLE, Queue

log = structlog.get_logger()

PATIENCE: Final = 2.0  # seconds

WORDS: Final = {
    UNROUTABLE: "Published with a routing key that no queue takes. Its publisher uses "
    "company.kind.verb, with three parts.",
    DEAD: "RabbitMQ gave them up after too many deliveries. What is in the ledger is offered "
    "again by itself; events of sources are not.",
    Queue.INTAKE: "Events of sources that the intake has not read yet.",
}


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages stand in a queue; None where there is no such queue."""

    queue: str
    words: str
    how_many: int | None


def depths(url: str) -> list[Depth] | None:
    """How full the queues are that nothing else tells of; None while RabbitMQ does not answer."""
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = PATIENCE
    parameters.blocked_connection_timeout = PATIENCE
    parameters.connection_attempts = 1
    try:
        connection = pika.BlockingConnection(parameters)
    except (AMQPError, OSError) as error:
        log.warning("RabbitMQ cannot be asked how full it is", error=type(error).__name__)
        return None
    try:
        return [Depth(str(name), words, _depth(connection, name)) for name, words in WORDS.items()]
    except (AMQPError, OSError) as error:
        log.warning("RabbitMQ cannot be asked how full it is", error=type(error).__name__)
        return None
    finally:
        if connection.is_open:
            connection.close()


def _depth(connection: pika.BlockingConnection, name: str) -> int | None:
    channel = connection.channel()  # one for each: a queue that is not there closes it
    try:
        return int(channel.queue_declare(name, passive=True).method.message_count)
    except ChannelClosedByBroker:
        return None
