"""How a private server lives: as a process of ours, or as a container."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from gatepost.runtime import sockets
from gatepost.testing.servers import warden

_taken: set[int] = set()
_choosing = threading.Lock()


def free_port() -> int:
    """A free port on 127.0.0.1; this process never hands out the same one twice."""
    with _choosing:
        while True:
            port = random.choice(sockets.OWN_PORTS)
            if port not in _taken and sockets.is_free(port):
                _taken.add(port)
                return port


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, as whom, and how it likes to be told to stop."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    user: str = ""
    goodbye: signal.Signals = signal.SIGTERM


class Body(Protocol):
    """A server's process or container."""

    def run(self) -> None: ...
    def alive(self) -> bool: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...
    def remove(self) -> None: ...


class Process:
    """A command under its warden."""

    def __init__(self, command: Command, log: Path) -> None:
        self._command, self._log = command, log
        self._warden: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        command = self._command
        with self._log.open("ab") as log:
            self._warden = subprocess.Popen(  # noqa: S603 - ours
                [
                    *(sys.executable, "-I", "-S", warden.__file__),
                    *(str(int(command.goodbye)), command.user, *command.words),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=command.environment,
                start_new_session=True,  # Ctrl-C is for the tests, not for the servers
                cwd="/",  # one that every user may be in,
            )

    def alive(self) -> bool:
        return self._warden is not None and self._warden.poll() is None

    def kill(self) -> None:
        """SIGKILL to every process of the server, as when its host is lost."""
        if self._warden is not None:
            warden.end(self._warden.pid)
            self._bury()

    def stop(self) -> None:
        if self._warden is not None:
            self._warden.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._warden.wait(30)
            self.kill()

    def remove(self) -> None:
        self.kill()

    def _bury(self) -> None:
        if self._warden is not None:
            assert self._warden.stdin  # noqa: S101 - it is a pipe
            self._warden.stdin.close()
            self._warden.wait()
            self._warden = None


class Container:
    """A docker container with the server's port published on 127.0.0.1."""

    def __init__(self, name: str, options: Sequence[str], log: Path) -> None:
        self._name, self._options, self._log = name, options, log
        self._made = False

    def run(self) -> None:
        if self._made:
            self.docker("start", self._name)
        else:
            self.docker("run", "--detach", "--name", self._name, *self._options)
            self._made = True

    def alive(self) -> bool:
        return self.docker("inspect", "-f", "{{.State.Running}}", self._name).strip() == "true"

    def kill(self) -> None:
        self.docker("kill", self._name)

    def stop(self) -> None:
        self.docker("stop", self._name)

    def remove(self) -> None:
        if self._made:
            with self._log.open("ab") as log:
                log.write(self.docker("logs", self._name).encode())
            self.docker("rm", "--force", "--volumes", self._name)
            self._made = False

    @staticmethod
    def docker(*words: str) -> str:
        done = subprocess.run(  # noqa: S603 - ours
            ["docker", *words],  # noqa: S607
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout
