"""Listening: our own consumer of the queue ``intake``, which acknowledges after the commit.

It takes what has arrived (one message when it is quiet, a batch under load) and never lingers. While
the database is away it keeps its batch in hand, unacknowledged, and the heartbeat going: giving it
back would count against the queue's delivery limit and dead-letter good messages.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pika
import structlog
from pika.exceptions import AMQPError

from gatepost.domain.errors import FieldProblem
from gatepost.ledger.database import is_trouble
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Overtaken
from gatepost.messages.routes import Queue
from gatepost.runtime.broker import parameters
from gatepost.runtime.relay import declare_topology
from gatepost_intake.incoming import Incoming, Opened, open_all
from gatepost_intake.quarantining import keep
from gatepost_intake.receiving import receive
from gatepost_intake.settings import intake_settings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()

IDLE_SECONDS: Final = 0.5  # how long a quiet consumer sleeps before it looks whether to stop
TROUBLE_PAUSE: Final = 0.5  # seconds between tries while the database is away
RECONNECT_SECONDS: Final = 0.5
OVERTAKEN_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in hand, not acknowledged yet."""

    tag: int
    incoming: Incoming


class Listening:
    """The consumer, in a thread of its own; embedded there is nothing to listen to."""

    def __init__(self, program: "Program") -> None:
        self._settings, self._program = intake_settings(), program.settings
        self._ledger: Ledger = program.ledger
        self._url = program.settings.amqp_url.get_secret_value()
        self._stopping = threading.Event()
        self._cancelled = threading.Event()  # the queue was deleted under us: declare it again
        self._arrived: deque[Delivery] = deque()
        self._thread = (
            None
            if program.settings.is_embedded
            else threading.Thread(target=self._run, name="intake", daemon=True)
        )

    def start(self) -> None:
        for doubt in self._settings.doubts(self._program):
            log.warning(doubt)
        if self._thread:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                declare_topology(self._url)
                self._listen()
            except (AMQPError, OSError) as error:
                log.warning("RabbitMQ is away", error=repr(error))
            except Exception:
                log.exception("the intake's consumer failed; it connects anew")
            self._stopping.wait(RECONNECT_SECONDS)

    def _listen(self) -> None:
        self._arrived.clear()
        self._cancelled.clear()
        connection = pika.BlockingConnection(parameters(self._url))
        try:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=2 * self._settings.batch)
            channel.add_on_cancel_callback(lambda _: self._cancelled.set())
            channel.basic_consume(Queue.INTAKE, self._arrive)
            while not self._stopping.is_set() and not self._cancelled.is_set():
                connection.process_data_events(time_limit=IDLE_SECONDS)
                while self._drain(connection):
                    self._take(channel, connection)
        finally:
            if connection.is_open:
                connection.close()

    def _drain(self, connection: Any) -> int:  # noqa: ANN401 - pika ships no types
        """Read what has arrived already, up to a batch; how much is in hand."""
        while (before := len(self._arrived)) < self._settings.batch:
            connection.process_data_events(time_limit=0)
            if len(self._arrived) == before:
                break
        return len(self._arrived)

    def _arrive(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:  # noqa: ANN401 - pika ships no types
        publisher = properties.user_id or ""
        incoming = Incoming(
            body=body,
            content_type=properties.content_type or "",
            headers=properties.headers or {},
            publisher=publisher,
            companies=self._companies_of(publisher),
        )
        self._arrived.append(Delivery(method.delivery_tag, incoming))

    def _companies_of(self, publisher: str) -> tuple[str, ...] | None:
        """Whom the broker's validated user may speak for; without a list, for everyone."""
        if not self._settings.publishers:
            return None
        return tuple(self._settings.publishers.get(publisher, ()))

    def _take(self, channel: Any, connection: Any) -> None:  # noqa: ANN401 - pika ships no types
        size = min(self._settings.batch, len(self._arrived))
        batch = [self._arrived.popleft() for _ in range(size)]
        opened = open_all([delivery.incoming for delivery in batch])
        while True:
            try:
                self._receive(opened)
                break
            except Exception as error:
                if not is_trouble(error):
                    raise
                log.warning("the database is away; events stay in hand", count=len(batch))
                self._wait(connection)
        channel.basic_ack(batch[-1].tag, multiple=True)

    def _wait(self, connection: Any) -> None:  # noqa: ANN401 - pika ships no types
        """Pause with the heartbeat going: ``sleep`` does, ``process_data_events`` returns early."""
        if self._stopping.is_set():
            raise OSError("stopped while the database is away")
        connection.sleep(TROUBLE_PAUSE)

    def _receive(self, opened: list[Opened]) -> None:
        try:
            self._together(opened)
        except Exception as error:
            if is_trouble(error):
                raise
            log.exception("a batch failed; each of its events is taken alone", count=len(opened))
            for one in opened:
                self._alone(one)

    def _together(self, opened: list[Opened]) -> None:
        for last in (False,) * (OVERTAKEN_TRIES - 1) + (True,):
            try:
                self._ledger.database.again_on_deadlock(lambda: self._transact(opened))
                return
            except Overtaken:
                if last:
                    raise

    def _transact(self, opened: list[Opened]) -> None:
        with self._ledger.work() as work:
            receive(opened, work)

    def _alone(self, one: Opened) -> None:
        """An event that cannot even be refused properly is kept, so that it hurts nobody else."""
        try:
            self._together([one])
        except Exception as error:
            if is_trouble(error):
                raise
            log.exception("an event could not be stored; it is kept in quarantine")
            cause = f"it could not be stored: {type(error).__name__}: {error}".replace("\x00", "")
            problem = FieldProblem(
                "", "unstorable", cause[:500], "an operator: look into the quarantine"
            )
            with self._ledger.work() as work:
                keep(one.incoming, "unstorable", [problem], None, work)
