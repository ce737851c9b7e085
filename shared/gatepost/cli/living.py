"""The life of one running program: waits for its servers, works, and ends when it is told to."""

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from pika.exceptions import AMQPError
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from gatepost.cli.running import STRANGERS
from gatepost.ledger import schema
from gatepost.ledger.database import Database, is_trouble
from gatepost.runtime.program import Program
from gatepost.runtime.relay import declare_topology
from gatepost.runtime.service import Background, Service
from gatepost.runtime.settings import Settings

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.5  # seconds between looks for a server that is not there yet; doubles
LONGEST_PAUSE: Final = 5.0


class NotReady(Exception):
    """The program will not start like this; ``str()`` says what to do."""


class _Told(Exception):
    """A signal came while we were still waiting for servers."""


class Life:
    """From the start of a process to its end.

    Args:
        settings: where the servers are.
        services: which services this process is.
        threads: worker threads for each; None leaves it to their declarations.
        lane: the lane of exports it works in.

    """

    def __init__(
        self,
        settings: Settings,
        services: Sequence[Service],
        *,
        threads: int | None = None,
        lane: str = "",
    ) -> None:
        self._settings = settings
        self._services = services
        self._options: dict[str, Any] = {"threads": threads, "lane": lane}
        self._told = threading.Event()

    def live(self) -> None:
        """Run until SIGTERM or SIGINT; a second one ends it at once.

        Raises:
            NotReady: the settings, the schema or another program stand in the way.

        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)
        with contextlib.suppress(_Told):
            if self._settings.is_embedded and all(
                each.name in STRANGERS for each in self._services
            ):
                self._run_alone()
            else:
                with alone_on(self._settings):
                    self._wait_for_servers()
                    self._run()

    def _tell(self, number: int, _frame: object) -> None:
        if self._told.is_set():
            os._exit(128 + number)
        self._told.set()

    def _run(self) -> None:
        program = Program(self._settings, self._services, **self._options)
        program.start()
        self._told.wait()
        log.info("stopping: what is under way is finished")
        program.stop()

    def _run_alone(self) -> None:
        """What needs nothing of ours runs without a ledger: it must not meddle with another's."""
        parts: list[Background] = []
        for service in self._services:
            parts += [make(None) for make in service.background]  # type: ignore[arg-type]
        for part in parts:
            part.start()
        log.info("started", services=[service.name for service in self._services])
        self._told.wait()
        for part in reversed(parts):
            part.stop()
        log.info("stopped", services=[service.name for service in self._services])

    def _wait_for_servers(self) -> None:
        try:
            database = Database(self._settings.database_url.get_secret_value())
        except (ArgumentError, NoSuchModuleError):
            raise NotReady("GATEPOST_DATABASE_URL is no URL of a database we know") from None
        try:
            step = self._patiently("the database", lambda: schema.current(database))
            self._must_be_current(database, step)
        finally:
            database.close()
        if not self._settings.is_embedded:
            url = self._settings.amqp_url.get_secret_value()
            self._patiently("RabbitMQ", lambda: declare_topology(url))

    def _must_be_current(self, database: Database, step: str | None) -> None:
        if step == schema.head():
            return
        if self._settings.is_embedded:
            schema.upgrade(database)
            return
        at = step or "empty"
        raise NotReady(
            f"the database is {at}, this release is at {schema.head()}: run gatepost db upgrade"
        )

    def _patiently(self, what: str, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - the act's own
        """The act's result, tried until its server is there or we are told to end."""
        pause = FIRST_PAUSE
        while True:
            try:
                return act()
            except Exception as error:
                if not (is_trouble(error) or isinstance(error, AMQPError | OSError)):
                    raise
                log.warning(f"{what} is not there yet", again_in=pause, error=_brief(error))
            if self._told.wait(pause):
                raise _Told
            pause = min(LONGEST_PAUSE, pause * 2)


@contextmanager
def alone_on(settings: Settings) -> Generator[None]:
    """Keep a second embedded program off the same SQLite file: each would take the other's messages.

    Raises:
        NotReady: another one runs. The lock is the kernel's: it is gone with its process.

    """
    _, _, path = settings.database_url.get_secret_value().partition("sqlite:///")
    if not settings.is_embedded or not path:
        yield
        return
    lock = Path(f"{path}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotReady(
                f"another gatepost runs on {path}: with memory:// all services share one process"
            ) from None
        yield


def _brief(error: Exception) -> str:
    return (str(getattr(error, "orig", error)).strip() or repr(error)).partition("\n")[0]
