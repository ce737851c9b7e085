"""Several worker processes under one: started, started again when they die, ended together.

The supervisor is plain: one thread, no work of its own. When it is killed outright, the kernel tells
its children (Linux: the parent-death signal), so none is left behind.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

log = structlog.get_logger()

FIRST_PAUSE: Final = 0.5  # seconds before a child that died is started again; doubles
LONGEST_PAUSE: Final = 30.0
SETTLED_SECONDS: Final = 60.0  # a child that lived so long had no trouble starting
STOP_SECONDS: Final = 90.0  # for children to finish what is under way; then they are killed
REFUSED: Final = 2  # exit code of a child that will not start with these settings
_LOOK_SECONDS: Final = 0.1
_PR_SET_PDEATHSIG: Final = 1


@dataclass(slots=True)
class _Child:
    """One process of ours, and when it is to be started again."""

    name: str
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE


class Supervisor:
    """Keeps processes running until it is asked to stop.

    Args:
        commands: a name and a command line for each process.

    """

    def __init__(self, commands: Sequence[tuple[str, Sequence[str]]]) -> None:
        self._children = [_Child(name, command) for name, command in commands]
        self._asked = threading.Event()
        self._signals: list[int] = []

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; gives the exit code: 0 after a stop that was asked for."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        code = 0
        while not self._asked.is_set():
            for child in self._children:
                if self._tend(child) == REFUSED:
                    code = REFUSED
                    self._asked.set()
            self._asked.wait(_LOOK_SECONDS)
        self._stop()
        return code

    def _ask(self, number: int, _frame: object) -> None:
        """A signal came. The first asks the children to finish, a second to leave at once."""
        self._signals.append(number)
        self._asked.set()

    def _tend(self, child: _Child) -> int | None:
        """Start a child whose time has come; note one that died. Gives its exit code then."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
            return None
        code = child.process.poll()
        if code is None:
            return None
        child.process = None
        if code == REFUSED:
            log.error("a process refuses to start; the others are stopped", process=child.name)
            return REFUSED
        if now - child.started_at > SETTLED_SECONDS:
            child.pause = FIRST_PAUSE
        log.warning("a process died", process=child.name, code=code, again_in=child.pause)
        child.start_at = now + child.pause
        child.pause = min(LONGEST_PAUSE, child.pause * 2)
        return code

    def _start(self, child: _Child) -> None:
        # In a group of its own: Ctrl-C reaches the supervisor alone, which passes it on once.
        child.process = subprocess.Popen(  # noqa: S603 - our own program
            child.command, preexec_fn=_die_with_parent(), process_group=0
        )
        child.started_at = time.monotonic()
        log.info("a process was started", process=child.name, pid=child.process.pid)

    def _stop(self) -> None:
        """Pass signals on until all children have ended; one that will not is killed."""
        self._pass_on(signal.SIGTERM)
        passed_on, deadline = 1, time.monotonic() + STOP_SECONDS
        while alive := [each for each in self._children if _is_alive(each)]:
            if len(self._signals) > passed_on:
                passed_on = len(self._signals)
                self._pass_on(signal.SIGTERM)
            if time.monotonic() > deadline:
                log.error("processes are killed", processes=[each.name for each in alive])
                self._pass_on(signal.SIGKILL)
            time.sleep(_LOOK_SECONDS)

    def _pass_on(self, number: int) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(number)


def own_command(*arguments: str) -> list[str]:
    """The command line that runs ``gatepost`` with this very interpreter."""
    return [sys.executable, "-m", "gatepost.cli", *arguments]


def _is_alive(child: _Child) -> bool:
    return child.process is not None and child.process.poll() is None


def _die_with_parent() -> Callable[[], None] | None:
    """What a child does before it becomes another program: ask to be told of its parent's death."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before it could be told
            os._exit(1)

    return ask
