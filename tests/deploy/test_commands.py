"""The commands of docker-compose.yml, each a process with the environment compose gives it.

What differs from docker: the servers' addresses, free ports, and the secrets' folder.
"""

from __future__ import annotations

import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pika
import pytest

from gatepost.testing.servers import Servers
from gatepost.testing.servers.processes import free_port
from tests.deploy.test_compose import ONE_SHOTS, OURS, service
from tests.journeys.company import DIRECTORY, commitment

pytestmark = pytest.mark.servers

STARTS: Final = 150.0  # seconds, on a busy machine
ENDS: Final = 15.0  # seconds, of every service alike
#: A container's address is not 127.0.0.1: what listens there alone, no other container can reach.
ANOTHER_ADDRESS: Final = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"


class Deployment:
    """The services of the file on private servers; each is started when a test wants it up."""

    def __init__(self, folder: Path, servers: Servers) -> None:
        self.folder = folder
        self.home = folder / "home"  # where the image's own files are: no service may write here
        self.home.mkdir()
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.amqp_url = servers.rabbitmq.fresh_vhost()
        self.ports = {name: free_port() for name in ("console", "erp", "smtp")}
        self._redis_url = servers.redis_url
        self._secrets = {
            "gatepost_database_url": servers.postgresql.fresh_database(),
            "gatepost_amqp_url": self.amqp_url,
            "gatepost_smtp_url": f"smtp://127.0.0.1:{self.ports['smtp']}",
            "gatepost_secret_key": "a key for these commands alone",
        }
        for name, value in self._secrets.items():
            (folder / name).write_text(value + "\n")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, name: str) -> dict[str, str]:
        """What compose sets for a service, and what its image has set already."""
        given = {**service(name)["environment"], "GATEPOST_REDIS_URL": self._redis_url}
        given = {each: self._placed(value) for each, value in given.items()}
        for secret in service(name)["secrets"]:
            given[f"{secret.upper()}_FILE"] = str(self.folder / secret)
        image = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
        }
        ports = {
            "GATEPOST_HTTP_PORT": str(self.ports["console"]),
            "GATEPOST_SANDBOX_HTTP_PORT": str(self.ports["erp"]),
            "GATEPOST_SANDBOX_SMTP_PORT": str(self.ports["smtp"]),
        }
        return {**image, **ports, **given}

    def _placed(self, value: str) -> str:
        """A path of the container's tmpfs, where it is here."""
        return re.sub(r"^/tmp(?=/|$)", str(self.temporary), value)

    def command(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as in a service's container until it ends."""
        return subprocess.run(
            [sys.executable, "-m", "gatepost.cli", *words],
            cwd=self.home,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, replica: str) -> subprocess.Popen[bytes]:
        """Start a service; ``exporter-2`` is the second of them."""
        name = replica.partition("-")[0]
        with (self.folder / f"{replica}.log").open("ab") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "gatepost.cli", *service(name)["command"]],
                cwd=self.home,
                env=self.environment(name),
                stdout=log,
                stderr=log,
            )
        self._running[replica] = started
        return started

    def up(self, *replicas: str) -> None:
        """Have them running."""
        for replica in replicas:
            if replica not in self._running:
                self.start(replica)
        for replica in replicas:
            self.eventually(lambda each=replica: self._has_started(each), f"{replica} is up")  # type: ignore[misc]

    def health(self, name: str) -> subprocess.CompletedProcess[str]:
        """What compose asks to know whether a service is healthy."""
        _, program, *words = service(name)["healthcheck"]["test"]
        assert program == "gatepost"
        return self.command(name, *words)

    def end(self, *replicas: str) -> dict[str, int | None]:
        """SIGTERM, as ``docker stop`` does; gives the exit codes, None for who did not end in time."""
        processes = {replica: self._running.pop(replica) for replica in replicas}
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        told = time.monotonic()
        codes = {each: _code_by(told + grace(each), processes[each]) for each in processes}
        for process in processes.values():
            process.kill()
            process.wait()
        return codes

    def _has_started(self, replica: str) -> bool:
        assert self._running[replica].poll() is None, f"{replica} ended:\n{self.log(replica)}"
        return '"started"' in self.log(replica)

    def log(self, replica: str) -> str:
        return (self.folder / f"{replica}.log").read_text()

    def close(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()

    def eventually(self, condition: Callable[[], object], what: str) -> None:
        begun = time.monotonic()
        while not condition():
            assert time.monotonic() - begun < STARTS, f"it did not happen that {what}"
            time.sleep(0.2)


def grace(replica: str) -> float:
    """Seconds in which it has to end: fewer than the file grants it between docker's two signals."""
    granted = float(service(replica.partition("-")[0])["stop_grace_period"].removesuffix("s"))
    return min(ENDS, granted)


def _code_by(moment: float, process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(max(0.0, moment - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None


@pytest.fixture(scope="module")
def deployment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("deployment"), servers)
    try:
        for name in ONE_SHOTS:
            done = made.command(name, *service(name)["command"])
            assert done.returncode == 0, done.stderr
        for name in [*OURS, "exporter-2"]:
            made.start(name)  # side by side: each test waits for its own
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("name", ONE_SHOTS)
def test_a_one_shot_may_run_again_at_the_next_start(deployment: Deployment, name: str) -> None:
    # Given servers that are prepared; When compose starts its one-shots once more
    done = deployment.command(name, *service(name)["command"])

    # Then they find all in order, and say so
    assert done.returncode == 0, done.stderr
    assert "the database is at" in done.stderr or "queues stand" in done.stderr


@pytest.mark.parametrize("name", OURS)
def test_a_service_becomes_healthy_by_the_check_of_the_file(
    deployment: Deployment, name: str
) -> None:
    # Given a service that was started by its command
    deployment.up(name)

    # When compose asks after its health, it is soon told that it is alive
    answers: list[subprocess.CompletedProcess[str]] = []

    def is_healthy() -> bool:
        answers.append(deployment.health(name))
        return answers[-1].returncode == 0

    deployment.eventually(is_healthy, f"{name} is healthy")
    assert "alive on this host" in answers[-1].stdout


def test_the_console_answers_outside_its_container(deployment: Deployment) -> None:
    deployment.up("console")
    status, _ = get(f"http://{ANOTHER_ADDRESS}:{deployment.ports['console']}/livez")
    assert status == 200


def test_the_sandbox_answers_outside_its_container(deployment: Deployment) -> None:
    deployment.up("sandbox")
    status, body = get(f"http://{ANOTHER_ADDRESS}:{deployment.ports['erp']}/erp/customers")
    assert status == 200
    assert json.loads(body)
    with smtplib.SMTP(ANOTHER_ADDRESS, deployment.ports["smtp"], timeout=120) as mail:
        assert mail.noop()[0] == 250


def test_two_exporters_side_by_side_write_each_item_once(deployment: Deployment) -> None:
    # Given everything up, with --scale exporter=2, and a company that accepts commitments by itself
    deployment.up(*OURS, "exporter-2")
    erp = f"http://127.0.0.1:{deployment.ports['erp']}"
    directory = DIRECTORY.replace("ERP_URL", erp).replace('["invoice"]', '["commitment"]')
    (deployment.folder / "acme.toml").write_text(directory)
    file = str(deployment.folder / "acme.toml")
    applied = deployment.command("approval", "directory", "apply", file)
    assert applied.returncode == 0, applied.stderr

    # And both take from the one queue
    with pika.BlockingConnection(pika.URLParameters(deployment.amqp_url)) as connection:
        queue = connection.channel().queue_declare("export", passive=True)
        assert queue.method.consumer_count == 2

    # When thirty items are sent
    events = [commitment(f"pm-{number}") for number in range(30)]
    file = str(deployment.folder / "events.jsonl")
    Path(file).write_text("\n".join(json.dumps(event) for event in events))
    sent = deployment.command("intake", "send", file)
    assert sent.returncode == 0, sent.stderr

    # Then the ERP has each of them, once
    def references() -> list[str]:
        _, body = get(f"{erp}/erp/records?kind=commitment")
        return [record["reference"] for record in json.loads(body)["records"]]

    deployment.eventually(lambda: len(references()) >= 30, "all are in the ERP")
    assert sorted(references()) == sorted(event["data"]["external_id"] for event in events)


def test_each_service_ends_by_itself_when_docker_stops_it(deployment: Deployment) -> None:
    # Given every service up, and the exporter twice
    replicas = [*OURS, "exporter-2"]
    deployment.up(*replicas)

    # When all are told to end, they do in time and without complaint
    assert deployment.end(*replicas) == dict.fromkeys(replicas, 0)
    assert not [each for each in replicas if "Traceback" in deployment.log(each)]

    # And none is called healthy any longer
    said = deployment.health("exporter")
    assert (said.returncode, "no worker of exporter" in said.stderr) == (1, True)

    # And none has written anywhere but where its container lets it
    assert [str(each) for each in deployment.home.rglob("*")] == []


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310 - our own services
        return answer.status, answer.read()
