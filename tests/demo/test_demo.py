"""``gatepost demo`` as people run it: it proves itself, is killed, goes on, and ends clean."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatepost.cli import playing
from gatepost.cli.demo_folder import sandbox_ports
from gatepost.runtime.sockets import listening_socket
from gatepost.testing.servers.processes import free_port

Demo = Callable[..., "subprocess.Popen[str]"]

#: The usual ports may be somebody's: any will do.
ANY_PORT = {"GATEPOST_SANDBOX_HTTP_PORT": "0", "GATEPOST_SANDBOX_SMTP_PORT": "0"}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        with (tmp_path / "said").open("a") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "gatepost.cli", "demo", *arguments],
                cwd=tmp_path,
                env={**os.environ, **ANY_PORT, "PYTHONUNBUFFERED": "1"},
                stdout=said,
                stderr=said,
                text=True,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def _said(folder: Path) -> str:
    return (folder / "said").read_text()


def _eventually(condition: Callable[[], object], folder: Path, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, _said(folder)
        time.sleep(0.05)


def test_it_proves_itself(demo: Demo, tmp_path: Path) -> None:
    code = demo("--headless", "--check").wait(240)
    assert code == 0, _said(tmp_path)
    assert "13 of 13 hold" in _said(tmp_path)
    assert "FAILED" not in _said(tmp_path)
    assert not (tmp_path / ".demo").exists()


def test_killed_in_the_middle_it_goes_on_and_ends_clean(demo: Demo, tmp_path: Path) -> None:
    first = demo("--headless", "--port", "0")
    _eventually(lambda: "PO-2001  waits" in _said(tmp_path), tmp_path)
    first.kill()
    first.wait()
    (tmp_path / "said").write_text("")
    second = demo("--headless", "--port", "0")
    _eventually(lambda: "sub job 01-100 rev 1" in _said(tmp_path), tmp_path)
    second.send_signal(signal.SIGINT)
    assert second.wait(60) == 0  # 3 s where nothing else runs
    said = _said(tmp_path)
    assert "Traceback" not in said
    assert "the story stops here" not in said
    assert "commitment PO-2001-2  synced" in said
    assert _states(tmp_path)["pm-554"] == "synced", "what was on its way when it was killed"
    assert max(_marks(tmp_path).values()) == 1


def _states(folder: Path) -> dict[str, str]:
    with sqlite3.connect(folder / ".demo/gatepost.db") as database:
        found = dict(database.execute("select external_id, state from items").fetchall())
    database.close()
    return found


def _marks(folder: Path) -> Counter[str]:
    with sqlite3.connect(folder / ".demo/sandbox.db") as books:
        found = Counter(
            mark for (mark,) in books.execute("select mark from records where mark not null")
        )
    books.close()
    return found


def test_fresh_forgets_and_a_second_demo_is_refused(demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / ".demo"
    folder.mkdir()
    (folder / "gatepost.db").write_text("no database at all")
    (folder / "mine.txt").write_text("kept")
    running = demo("--headless", "--fresh", "--port", "0")
    _eventually(lambda: "project 26-012  synced" in _said(tmp_path), tmp_path)
    assert demo("--headless", "--port", "0").wait(120) == 2
    assert "another gatepost runs on" in _said(tmp_path)
    running.send_signal(signal.SIGTERM)
    assert running.wait(120) == 0
    assert (folder / "mine.txt").read_text() == "kept"


def test_ports_that_are_taken_are_replaced_each_by_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given somebody who listens where the ERP should, and a mail port that is free
    free = free_port()
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GATEPOST_SANDBOX_HTTP_PORT", str(port))
        monkeypatch.setenv("GATEPOST_SANDBOX_SMTP_PORT", str(free))

        # When ports are looked for, then only the ERP moves, and it is said where to
        found = sandbox_ports()
    assert found["GATEPOST_SANDBOX_SMTP_PORT"] == str(free)
    elsewhere = found["GATEPOST_SANDBOX_HTTP_PORT"]
    assert elsewhere != str(port)
    said = capsys.readouterr().err
    assert said == f"port {port} is taken; the ERP and the mailbox are on {elsewhere}\n"


def test_what_to_try_is_called_by_the_path_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = Path(sys.executable).with_name("gatepost")
    # Given a program that is not on the PATH: from its checkout it is called by a short path
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(program.parents[2])
    assert playing.own_name() == str(Path(*program.parts[-3:]))
    # From elsewhere by the whole of it
    monkeypatch.chdir(tmp_path)
    assert playing.own_name() == str(program)
    # And on the PATH by its name
    monkeypatch.setenv("PATH", str(program.parent))
    assert playing.own_name() == "gatepost"
