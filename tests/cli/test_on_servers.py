"""The command line on RabbitMQ and PostgreSQL: supervised services, send, listen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from gatepost.testing.servers import Servers
from gatepost_sandbox import upstream
from tests.cli.conftest import catalogue, eventually

pytestmark = pytest.mark.servers


class Shell:
    """A folder and an environment in which ``gatepost`` runs on servers."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        self._environment = {
            **os.environ,
            "GATEPOST_DATABASE_URL": servers.postgresql.fresh_database(),
            "GATEPOST_AMQP_URL": servers.rabbitmq.fresh_vhost(),
            "GATEPOST_SECRET_KEY": "a-long-and-random-text-of-some-length",
            "dramatiq_worker_timeout": "100",
        }

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "gatepost.cli", *arguments],
            env=self._environment, cwd=self.folder, input=stdin, capture_output=True, text=True,
        )  # fmt: skip

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / name).open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gatepost.cli", *arguments],
                env=self._environment, cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self.started.append(process)
        return process

    def said(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def shell(tmp_path: Path, servers: Servers) -> Iterator[Shell]:
    shell = Shell(tmp_path, servers)
    yield shell
    for process in shell.started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_services_run_each_in_its_process_and_what_is_sent_is_heard(shell: Shell) -> None:
    behind = shell.start("behind", "run", "intake", "approval")
    assert behind.wait(120) == 2
    assert "gatepost db upgrade" in shell.said("behind")
    assert shell.run("db", "upgrade").returncode == 0
    assert shell.run("topology", "apply").returncode == 0
    assert shell.run("directory", "apply", "-", stdin=upstream.directory()).returncode == 0
    supervisor = shell.start("services", "run", "intake", "approval")
    eventually(lambda: shell.said("services").count('"event": "started"') == 2)
    shell.start("heard", "listen", "--json")
    eventually(lambda: "listening" in shell.said("heard"))
    events = catalogue("pm-12", "pm-207")
    sent = shell.run("send", "-", stdin=events + '\n{"a": 1}')
    assert (sent.returncode, "1 sent, 2 refused" in sent.stderr) == (3, True), sent.stderr
    assert "line 3  refused: not a CloudEvent" in sent.stderr
    event_id = json.loads(events.splitlines()[1])["id"]
    assert f"line 2  {event_id}  harbor/sub_job/pm-207  refused: " in sent.stderr
    assert "38 characters" in sent.stderr
    eventually(lambda: shell.said("heard").count("specversion") == 2)
    lines = [line for line in shell.said("heard").splitlines() if line.startswith("{")]
    assert {json.loads(line)["type"] for line in lines} == {
        "gatepost.item.received.v1", "gatepost.item.refused.v1",
    }  # fmt: skip
    assert shell.run("health", "intake").returncode == 0
    again = shell.run("send", "-", stdin=catalogue("pm-207"))
    assert (again.returncode, "0 sent, 1 refused" in again.stderr) == (1, True), again.stderr
    by_event = shell.run("send", "-", stdin=json.dumps(_retrieval("project", "pm-12")))
    assert (by_event.returncode, "1 sent" in by_event.stderr) == (0, True), by_event.stderr
    retrieved = shell.run("retrieve", "harbor/project/pm-12")
    assert (retrieved.returncode, "unchanged" in retrieved.stdout) == (0, True), retrieved.stderr
    children = psutil.Process(supervisor.pid).children()
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(120) == 0
    assert not any(child.is_running() for child in children)
    late = shell.run("send", "-", "--wait", "0.2", "--json", stdin=catalogue("pm-551", "pm-552"))
    assert (late.returncode, json.loads(late.stdout)["unanswered"]) == (1, 2), late.stderr
    left = shell.run("send", "-", "--wait", "0", stdin=catalogue("pm-553"))
    assert (left.returncode, "1 sent" in left.stderr) == (0, True), left.stderr


def _retrieval(kind: str, external_id: str) -> dict[str, object]:
    about = {"company": "harbor", "kind": kind, "external_id": external_id}
    return {
        "specversion": "1.0", "type": "gatepost.item.retrieved.v1", "id": "r-1", "source": "pm",
        "data": {**about, "by": "uma@harbor.example"},
    }  # fmt: skip


def test_a_change_of_the_directory_is_answered_and_the_history_is_sealed(shell: Shell) -> None:
    # Given a directory, and the intake
    assert shell.run("db", "upgrade").returncode == 0
    assert shell.run("directory", "apply", "-", stdin=upstream.directory()).returncode == 0
    shell.start("intake.log", "run", "intake")
    event = {
        "specversion": "1.0",
        "type": "gatepost.directory.changed.v1",
        "id": "change-1",
        "source": "https://pm.example/harbor",
        "data": {"company": {"key": "harbor"}, "vendors": []},
    }
    # When a source changes its vendors, rightly and wrongly
    wrong = {**event, "id": "change-2", "data": {**event["data"], "poeple": []}}  # type: ignore[dict-item]
    lines = "\n".join(map(json.dumps, (event, wrong)))
    sent = shell.run("send", "-", "--wait", "20", stdin=lines)
    # Then one is answered, the other refused with its reason
    assert sent.returncode == 3, sent.stderr
    assert "did you mean people?" in sent.stderr
    # And both changes of the directory are sealed without anybody asking
    eventually(lambda: "2 rows in" in shell.run("audit", "verify").stdout)
    assert shell.run("audit", "verify").returncode == 0
