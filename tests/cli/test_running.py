"""``gatepost run``: what it refuses, how it waits, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatepost.cli.running import commands
from gatepost.testing.servers.processes import free_port
from gatepost_sandbox import upstream
from tests.cli.conftest import Gatepost, catalogue, eventually

KEY = "a-long-and-random-text-of-some-length"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``gatepost`` as a process; its output goes to the file ``log``."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **settings: str) -> subprocess.Popen[str]:
        named = {f"GATEPOST_{name.upper()}": value for name, value in settings.items()}
        with (tmp_path / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gatepost.cli", *arguments],
                cwd=tmp_path,
                env={**os.environ, "dramatiq_worker_timeout": "100", **named},
                stdout=log,
                stderr=log,
                text=True,
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def _says(folder: Path, words: str) -> Callable[[], bool]:
    return lambda: words in (folder / "log").read_text()


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("run", "intake"), {}, "GATEPOST_SECRET_KEY is missing"),
        (("run", "intake"), {"secret_key": " "}, "GATEPOST_SECRET_KEY is missing"),
        (("run", "intake"), {"secret_key": "changeme"}, "GATEPOST_SECRET_KEY is a placeholder"),
        (("run", "nonsense"), {"secret_key": KEY}, "there is no service nonsense"),
        (("run",), {}, "SERVICE"),
        (("run", "intake", "--processes", "2"), {"secret_key": KEY}, "GATEPOST_AMQP_URL"),
        (("run", "intake"), {"secret_key": KEY, "database_url": "x"}, "GATEPOST_DATABASE_URL"),
    ],
)
def test_it_refuses_to_start(
    gatepost: Gatepost, arguments: tuple[str, ...], settings: dict[str, str], words: str
) -> None:
    said = gatepost(*arguments, **settings)
    assert said.code == 2
    assert words in said.err


def test_a_program_works_says_so_in_json_and_ends_when_told(
    start: Start, gatepost: Gatepost, tmp_path: Path
) -> None:
    process = start("run", "intake", "approval", secret_key=KEY)
    eventually(_says(tmp_path, '"started"'))
    second = start("run", "exporter", secret_key=KEY)
    assert second.wait(120) == 2
    assert _says(tmp_path, "another gatepost runs on var/gatepost.db")()
    listening = start("listen")  # where there is no RabbitMQ it follows the history
    eventually(_says(tmp_path, "following the history"))
    gatepost("directory", "apply", "-", stdin=upstream.directory())
    gatepost("send", "-", stdin=catalogue("pm-12"))
    eventually(_says(tmp_path, "harbor/project/pm-12 rev 1  sent  by uma@harbor.example"))
    listening.send_signal(signal.SIGINT)
    assert listening.wait(120) == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    lines = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert {"level", "timestamp", "event"} <= set(json.loads(lines[0]))
    assert "stopped" in [json.loads(line)["event"] for line in lines]


def test_a_database_that_is_away_is_waited_for(start: Start, tmp_path: Path) -> None:
    url = "postgresql+psycopg://u:hush@127.0.0.1:9/x"
    process = start(
        "run", "intake", secret_key=KEY, database_url=url, amqp_url="amqp://127.0.0.1:9"
    )
    eventually(_says(tmp_path, "the database is not there yet"))
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    assert not _says(tmp_path, "hush")()


def test_a_console_ends_when_told_though_requests_are_open(start: Start, tmp_path: Path) -> None:
    # Given a console with a request whose body never comes, and one that was only begun
    port = free_port()
    process = start("run", "console", secret_key=KEY, http_port=str(port))
    eventually(_says(tmp_path, '"started"'))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as waiting,
        socket.create_connection(("127.0.0.1", port), timeout=60) as begun,
    ):
        waiting.sendall(
            b"POST /v1/events HTTP/1.1\r\nHost: gate\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        )
        assert waiting.recv(100).startswith(b"HTTP/1.1 100")  # the route waits for the body
        begun.sendall(b"GET /v1/items HTTP/1.1\r\n")
        # When it is told to stop
        process.send_signal(signal.SIGTERM)
        # Then neither of them holds it
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("service", "setting"),
    [("console", "http_port"), ("sandbox", "sandbox_http_port"), ("sandbox", "sandbox_smtp_port")],
)
def test_a_port_that_is_taken_is_said_in_a_sentence(
    start: Start, tmp_path: Path, service: str, setting: str
) -> None:
    # Given somebody who listens where a service is to listen
    ports = {"http_port": "0", "sandbox_http_port": "0", "sandbox_smtp_port": "0"}
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        # When it is started
        process = start("run", service, secret_key=KEY, **{**ports, setting: taken})
        # Then it refuses with the code at which a supervisor stops, and says what to change
        assert process.wait(120) == 2
    said = (tmp_path / "log").read_text()
    assert f"cannot listen on 127.0.0.1:{taken}: address already in use; " in said
    assert f"GATEPOST_{setting.upper()} names the port" in said
    assert "Traceback" not in said


def test_what_listens_on_a_port_has_one_process() -> None:
    names = [name for name, _ in commands(["console", "exporter"], 2)]
    assert names == ["console", "exporter-1", "exporter-2"]


def test_the_sandbox_needs_neither_a_secret_nor_a_ledger(start: Start, tmp_path: Path) -> None:
    process = start("run", "sandbox", sandbox_http_port="0", sandbox_smtp_port="0")
    eventually(_says(tmp_path, "the sandbox is up"))
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    assert not (tmp_path / "var/gatepost.db").exists()
