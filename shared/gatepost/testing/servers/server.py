"""One private server's life: started, killed, started again on the same port and data."""

from __future__ import annotations

import abc
import atexit
import time
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from gatepost.testing.servers import finding
from gatepost.testing.servers.processes import Body, Container, Process, free_port


class NotOurs(Exception):
    """Only a server that we started may be killed, stopped or started again."""


class NotStarted(Exception):
    """The server did not come up; the text ends with the end of its log."""


class Server(abc.ABC):
    """A private server on 127.0.0.1, with its data and its log below ``data_dir``."""

    name: ClassVar[str]
    patience: Final = 60.0  # seconds it may take to come up

    def __init__(self, data_dir: Path, *, durable: bool, given: str | None = None) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.durable = durable
        self.log = self.data_dir / f"{self.name}.log"
        self.port = 0
        self._given = given
        self._body: Body | None = None

    @classmethod
    def start(cls, data_dir: Path, *, durable: bool = False) -> Self:
        """Start it, or take the one whose address was given; comes back when it answers."""
        if given := finding.given(cls.name):
            return cls(data_dir, durable=durable, given=given)
        finding.provide([cls.name])
        server = cls(data_dir, durable=durable)
        server.data_dir.mkdir(parents=True, exist_ok=True)
        atexit.register(server.close)
        server._come_up()
        return server

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._given or self._address()

    @property
    def given(self) -> bool:
        """Whether it is somebody else's."""
        return self._given is not None

    def kill(self) -> None:
        """SIGKILL to all its processes at once."""
        self._own().kill()

    def stop(self) -> None:
        """Let it end properly. ``restart`` brings it back."""
        self._own().stop()

    def restart(self) -> None:
        """Start it again, on the same port and data; kills it first when it still runs."""
        body = self._own()
        if body.alive():
            body.kill()
        body.run()
        if not self._comes_up(body):
            raise NotStarted(self._last_words())

    def close(self) -> None:
        """End it and forget it, without a goodbye; its log stays."""
        atexit.unregister(self.close)
        if self._body is not None:
            self._body.remove()
            self._body = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    @abc.abstractmethod
    def _address(self) -> str: ...

    @abc.abstractmethod
    def _process(self) -> Process | None:
        """Its data made ready and its command on ``self.port``; None when it is not installed."""

    @abc.abstractmethod
    def _container(self) -> list[str]:
        """What ``docker run`` is told instead."""

    @abc.abstractmethod
    def _answers(self) -> bool:
        """Whether it does its work now."""

    def _settle(self) -> None:  # noqa: B027 - most have nothing to do
        """What is to be done once, the first time it answers."""

    def _own(self) -> Body:
        if self._body is None:
            what = "was given by its address" if self.given else "is not running"
            raise NotOurs(f"{self.name} {what}: it cannot be killed, stopped or started again here")
        return self._body

    def _come_up(self) -> None:
        for _ in range(3):  # somebody may have taken the port between choosing and binding
            self.port = free_port()
            self._body = body = self._process() or self._in_docker()
            body.run()
            if self._comes_up(body):
                return self._settle()
            body.remove()
            if "in use" not in self._last_words():
                break
        self._body = None
        raise NotStarted(self._last_words())

    def _in_docker(self) -> Container:
        return Container(f"gatepost-{self.name}-{self.port}", self._container(), self.log)

    def _comes_up(self, body: Body) -> bool:
        give_up = time.monotonic() + self.patience
        while time.monotonic() < give_up:
            if self._answers():
                return True
            if not body.alive():
                return False
            time.sleep(0.02)
        return False

    def _last_words(self) -> str:
        said = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
        return f"{self.name} did not come up on port {self.port}; the end of {self.log}:\n{said}"
