"""Runs one server and sees to it that nothing of it is left behind.

Every private server has a warden: a small process between it and the test run. It adopts whatever
the server detaches (RabbitMQ leaves its ``epmd`` daemon), and ends all of it when the server ends,
when it is told to (SIGTERM: politely), or when the test run is gone, however it went.

This file is started by its path, on its own: it imports nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
_GLANCE = 1.0  # seconds between looks at whether the test run is still there


def main(arguments: list[str]) -> int:
    """``warden.py SIGNAL USER COMMAND...``: the server's polite goodbye, and a user or ''."""
    run, goodbye, user, command = os.getppid(), int(arguments[0]), arguments[1], arguments[2:]
    _adopt_orphans()
    alarm, ring = os.pipe()
    os.set_blocking(ring, False)
    signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    server = _spawn(command, user)
    signal.signal(signal.SIGTERM, lambda *_: _signal(server.pid, goodbye))
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)

    while server.poll() is None and os.getppid() == run:
        ready, _, _ = select.select([0, alarm], [], [], _GLANCE)
        if alarm in ready:
            os.read(alarm, 512)
        if 0 in ready:  # the run closed its end, or is gone
            break
    end(os.getpid())
    server.wait()
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):  # the adopted: nobody else buries them
            pass
    return server.returncode


def _spawn(command: list[str], user: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - ours
        command,
        stdin=subprocess.DEVNULL,
        user=user or None,
        group=user or None,
        extra_groups=[] if user else None,
    )


def _adopt_orphans() -> None:
    with contextlib.suppress(OSError, AttributeError):  # Linux only; elsewhere a daemon may stay
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def end(root: int) -> None:
    """Kill everything below ``root`` at once, and see that it is gone."""
    while living := descendants(root):
        for pid in living:
            _signal(pid, signal.SIGKILL)
        select.select([], [], [], 0.002)


def descendants(root: int) -> list[int]:
    """Every living process below ``root``, the oldest first."""
    parents = _parents()
    family = [root]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family[1:]


def _parents() -> dict[int, int]:
    """Each living process and its parent; the dead that nobody has buried yet do not count."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(
            ["ps", "-axo", "pid=,ppid=,stat="],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        rows = [line.split() for line in listed.splitlines()]
        return {int(pid): int(parent) for pid, parent, state in rows if state[0] != "Z"}
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = Path("/proc", entry, "stat").read_text(errors="replace")
                state, parent = stat[stat.rindex(")") + 2 :].split()[:2]
                if state not in "ZX":
                    parents[int(entry)] = int(parent)
    return parents


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
