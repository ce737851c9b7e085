"""A running program: one or more services over one ledger and one transport."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import dramatiq
import structlog
from dramatiq.middleware import CurrentMessage

from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Outgoing
from gatepost.messages.routes import Queue
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.parcels import ParcelHandler
from gatepost.runtime.relay import RabbitRelay
from gatepost.runtime.service import Background, CannotStart, Service
from gatepost.runtime.settings import Settings
from gatepost.runtime.sweeping import Sweep
from gatepost.runtime.transport import InProcess, Transport, actor_name

if TYPE_CHECKING:
    import redis

log = structlog.get_logger()

IDLE_MILLISECONDS = 250  # between an idle worker's looks whether to stop
STOP_MILLISECONDS = 25_000  # for the handlers under way, when the program is asked to stop


@dataclass(frozen=True, slots=True)
class Demo:
    """What only a demo has: places beside the console, and people whom anybody may be.

    It is handed to a program by whoever makes it, and cannot be set: no server is ever one.
    """

    places: Sequence[tuple[str, str]]  # a name and an address each
    company: str
    personas: Sequence[tuple[str, str]]  # an address and what they do, each
    next_morning: Callable[[], Sequence[str]]  # the daily summaries go out now; gives whose


class Program:
    """Everything one process runs, wired together.

    Args:
        settings: where the servers are.
        services: which services this process is.
        threads: worker threads for each service; None leaves it to the service's declaration.
        lane: the lane of exports this process works in, instead of the common queue.
        demo: what there is beside it, in a demo.

    """

    def __init__(
        self,
        settings: Settings,
        services: Sequence[Service],
        *,
        threads: int | None = None,
        lane: str = "",
        demo: Demo | None = None,
    ) -> None:
        self.settings = settings
        self.demo = demo
        self.services = services
        works = any(service.queue or service.outside for service in services)
        self.database = Database(settings.database_url.get_secret_value(), by_key=works)
        self.transport = _transport(settings)
        self.ledger = Ledger(
            self.database,
            on_commit=self.transport.hand_over,
            redelivery=settings.redelivery_seconds,
        )
        self._threads = threads
        self._lane = lane
        self._sweep = Sweep(self.ledger, self.transport, [service.name for service in services])
        self._workers: list[dramatiq.Worker] = []
        self._background: list[Background] = []

    @cached_property
    def redis(self) -> "redis.Redis":
        """For the services that keep limits; the others need neither it nor its 6 MB."""
        from gatepost.runtime.redis import make_redis

        return make_redis(self.settings.redis_url.get_secret_value())

    def start(self) -> None:
        """Start working. Everything that was left undone by an earlier program goes on.

        Raises:
            CannotStart: a part could not; what was started before it is stopped again.

        """
        try:
            self._start()
        except CannotStart:
            self.stop()
            raise
        log.info("started", services=[service.name for service in self.services])

    def _start(self) -> None:
        self.transport.start()
        for service in self.services:
            self._workers += self._start_workers(service)
        for service in self.services:
            for make in service.background:
                part = make(self)
                part.start()
                self._background.append(part)
        if self.settings.is_embedded:
            self.ledger.make_due()  # the only program there is: nobody else has them in hand
        self._sweep.start()

    def stop(self) -> None:
        """Stop taking work, finish what is under way, let go of everything."""
        for part in reversed(self._background):
            part.stop()
        if self._workers:
            with ThreadPoolExecutor(len(self._workers)) as pool:
                list(pool.map(lambda worker: worker.stop(timeout=STOP_MILLISECONDS), self._workers))
        self.transport.stop()
        self._sweep.stop()
        for worker in self._workers:
            worker.broker.close()
        self.database.close()
        log.info("stopped", services=[service.name for service in self.services])

    def _start_workers(self, service: Service) -> list[dramatiq.Worker]:
        queues = self._queues_of(service)
        if not queues:
            return []
        broker = self.transport.new_broker()
        for queue in queues:
            self._make_actor(broker, service, queue)
        threads = self._threads or service.threads
        worker = dramatiq.Worker(
            broker, queues=set(queues), worker_threads=threads, worker_timeout=IDLE_MILLISECONDS
        )
        worker.start()
        return [worker]

    def _queues_of(self, service: Service) -> list[str]:
        queues = [queue for queue in (service.queue, *service.outside) if queue]
        if Queue.EXPORT not in queues:
            return queues
        if self._lane:
            return [f"{Queue.EXPORT}.{self._lane}"]
        if not self.settings.is_embedded:
            return queues
        entries = self.ledger.directory().connections.values()
        lanes = sorted({entry.lane for entry in entries if entry.lane})
        return [*queues, *(f"{Queue.EXPORT}.{lane}" for lane in lanes)]

    def _make_actor(self, broker: dramatiq.Broker, service: Service, queue: str) -> None:
        handler = self._handler(service, queue)

        def take(ids: list[str]) -> None:
            message = CurrentMessage.get_current_message()
            try:
                handler(ids, redelivered=bool(getattr(message, "redelivered", False)))
            except Exception as error:  # the rows are in the ledger: the sweep offers them again
                log.warning("a parcel was left to the sweep", queue=queue, error=repr(error))

        broker.declare_queue(queue)
        name = actor_name(queue)
        if name not in broker.actors:
            dramatiq.actor(broker=broker, actor_name=name, queue_name=queue)(take)

    def _handler(self, service: Service, queue: str) -> ParcelHandler | LeasedHandler:
        attempts = self.settings.handler_attempts
        outside = service.outside.get(actor_name(queue))
        if outside is None:
            return ParcelHandler(self.ledger, service, attempts=attempts)
        dispatch = partial(self._dispatch, queue)
        return LeasedHandler(self.ledger, outside(self), dispatch=dispatch, attempts=attempts)

    def _dispatch(self, queue: str, ids: Sequence[str]) -> None:
        self.transport.hand_over(Outgoing({queue: list(ids)}))


def _transport(settings: Settings) -> Transport:
    if settings.is_embedded:
        return InProcess()
    return RabbitRelay(settings.amqp_url.get_secret_value())
