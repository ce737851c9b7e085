"""Processes under one: they live, die, come back, and leave together. Real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import eventually

SUPERVISOR = textwrap.dedent("""
    import sys
    from gatepost.runtime import logs, processes
    logs.set_up("json", "info", stream=sys.stderr)
    child = [sys.executable, "-c", open("child.py").read()]
    commands = [("a", child), ("b", child)]
    sys.exit(processes.Supervisor(commands).run())
""")
LIVES = "import time\nwhile True: time.sleep(0.1)"
FINISHES = textwrap.dedent("""
    import signal, sys, time
    from pathlib import Path
    def end(number, frame):
        with Path("ended").open("a") as ended: ended.write("x")
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
    with Path("ready").open("a") as ready: ready.write("x")
    while True: time.sleep(0.1)
""")
STUBBORN = textwrap.dedent("""
    import os, signal, time
    from pathlib import Path
    told = []
    def end(number, frame):
        told.append(number)
        if len(told) == 2: os._exit(7)
    signal.signal(signal.SIGTERM, end)
    with Path("ready").open("a") as ready: ready.write("x")
    while True: time.sleep(0.1)
""")

Supervise = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    started: list[subprocess.Popen[bytes]] = []

    def run(child: str) -> subprocess.Popen[bytes]:
        (tmp_path / "child.py").write_text(child)
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", SUPERVISOR], cwd=tmp_path, stderr=log, env=dict(os.environ)
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def _children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def _ready(folder: Path) -> bool:
    return (folder / "ready").exists() and (folder / "ready").read_text() == "xx"


def test_a_child_that_dies_is_started_again(supervise: Supervise) -> None:
    supervisor = supervise(LIVES)
    eventually(lambda: len(_children(supervisor)) == 2)
    before = {child.pid for child in _children(supervisor)}
    os.kill(min(before), signal.SIGKILL)
    eventually(lambda: len({child.pid for child in _children(supervisor)} - {min(before)}) == 2)
    after = {child.pid for child in _children(supervisor)}
    assert max(before) in after


def test_a_signal_is_passed_on_and_all_end(supervise: Supervise, tmp_path: Path) -> None:
    supervisor = supervise(FINISHES)
    eventually(lambda: _ready(tmp_path))
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(120) == 0
    assert (tmp_path / "ended").read_text() == "xx"


def test_a_second_signal_is_passed_on_too(supervise: Supervise, tmp_path: Path) -> None:
    supervisor = supervise(STUBBORN)
    eventually(lambda: _ready(tmp_path))
    children = _children(supervisor)
    supervisor.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        supervisor.wait(0.5)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(120) == 0
    assert not any(child.is_running() for child in children)


def test_killed_outright_it_leaves_nobody_behind(supervise: Supervise) -> None:
    supervisor = supervise(LIVES)
    eventually(lambda: len(_children(supervisor)) == 2)
    children = _children(supervisor)
    supervisor.kill()
    supervisor.wait()
    eventually(lambda: not any(_is_alive(child) for child in children))
    assert [child for child in children if _is_alive(child)] == []


def test_a_child_that_refuses_to_start_ends_them_all(supervise: Supervise, tmp_path: Path) -> None:
    assert supervise("import sys; sys.exit(2)").wait(120) == 2
    assert "refuses to start" in (tmp_path / "log").read_text()


def test_what_dies_over_and_over_is_started_ever_more_rarely(
    supervise: Supervise, tmp_path: Path
) -> None:
    supervisor = supervise("import sys; sys.exit(1)")
    log = tmp_path / "log"
    eventually(lambda: '"again_in": 1.0' in log.read_text())
    assert '"again_in": 0.5' in log.read_text()
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(120) == 0


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
