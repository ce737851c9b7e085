"""The two stacks: everything in this process, or every service an operating-system process."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import pika
import sqlalchemy as sa
from pydantic import SecretStr

from gatepost.ledger import directory_file, schema, tables
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.messages.cloud_events import STRUCTURED
from gatepost.messages.facts import Publication
from gatepost.messages.requests import Receive
from gatepost.messages.routes import EVENTS_EXCHANGE, ITEMS_EXCHANGE
from gatepost.runtime.program import Program
from gatepost.runtime.relay import declare_topology
from gatepost.runtime.service import Service
from gatepost.runtime.services import load_service
from gatepost.runtime.settings import Settings
from gatepost.runtime.transport import InProcess
from gatepost.testing.servers import Servers
from gatepost.testing.servers.processes import free_port
from gatepost_intake.incoming import Incoming, open_all
from gatepost_intake.receiving import receive
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings as SandboxSettings
from tests.journeys.company import DIRECTORY, Event

SERVICES: Final = ("intake", "approval", "exporter", "notifier")
START_SECONDS: Final = 150.0
SECRET_KEY: Final = "a key for the journeys alone"

# Short waits: a journey is about what happens, not about how long a weekend is.
QUICK: Final = {
    "GATEPOST_EXPORTER_FIRST_WAIT": "0.2",
    "GATEPOST_EXPORTER_BREAKER_WAIT": "1",
    "GATEPOST_EXPORTER_ATTEMPTS": "4",
    "GATEPOST_INTAKE_PARENT_PATIENCE": "0.5",
    "GATEPOST_NOTIFIER_FIRST_WAIT": "0.2",
    "GATEPOST_WEBHOOK_FIRST_WAIT": "0.2",
    "GATEPOST_WEBHOOK_NETWORKS": "127.0.0.0/8",
    "GATEPOST_MAIL_FROM": "Gatepost <gatepost@acme.example>",
}


class Embedded:
    """Everything in this process, on SQLite."""

    def __init__(self, program: Program, sandbox_url: str, exporter_url: str) -> None:
        self.ledger = program.ledger
        self.sandbox_url = sandbox_url
        self.exporter_url = exporter_url
        self.facts: list[Event] = []
        assert isinstance(program.transport, InProcess)
        program.transport.listeners.append(self._hear)

    def publish(self, event: Event) -> None:
        with self.ledger.work() as work:
            work.send(Receive(item_id="", body=json.dumps(event)))

    def publish_raw(
        self, body: bytes, content_type: str = STRUCTURED, headers: dict[str, str] | None = None
    ) -> None:
        opened = open_all([Incoming(body, content_type, headers or {})])
        with self.ledger.work() as work:
            receive(opened, work)

    def _hear(self, publication: Publication) -> None:
        if publication.exchange == EVENTS_EXCHANGE:
            self.facts.append(orjson.loads(orjson.dumps(publication.event)))


@contextmanager
def embedded(folder: Path, *more: Service) -> Generator[Embedded]:
    """A program of these services and perhaps more, with the sandbox beside it."""
    port = free_port()
    with _sandbox(folder) as sandbox, environment(sandbox, port):
        url, key = SecretStr(f"sqlite:///{folder}/gatepost.db"), SecretStr(SECRET_KEY)
        settings = Settings(database_url=url, secret_key=key)
        program = Program(settings, [*(load_service(name) for name in SERVICES), *more])
        prepare(program.database, sandbox.http_url)
        stack = Embedded(program, sandbox.http_url, f"http://127.0.0.1:{port}")
        program.start()
        try:
            yield stack
        finally:
            program.stop()


class OnServers:
    """RabbitMQ, PostgreSQL and Redis; each service is a process of its own."""

    def __init__(self, ledger: Ledger, sandbox_url: str, exporter_url: str, amqp_url: str) -> None:
        self.ledger = ledger
        self.sandbox_url = sandbox_url
        self.exporter_url = exporter_url
        self.start: Callable[[str], None] = lambda name: None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.amqp_url = amqp_url
        self.facts: list[Event] = []
        self._publisher = pika.BlockingConnection(pika.URLParameters(amqp_url))
        self._channel = self._publisher.channel()
        self._channel.confirm_delivery()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._ears = threading.Thread(target=self._listen, daemon=True)
        self._ears.start()
        assert self._ready.wait(120)

    def publish(self, event: Event) -> None:
        data = event["data"]
        self._send(f"{data['company']}.{data['kind']}.sent", json.dumps(event).encode())

    def publish_raw(
        self, body: bytes, content_type: str = STRUCTURED, headers: dict[str, str] | None = None
    ) -> None:
        self._send("acme.commitment.sent", body, content_type, headers)

    def _send(
        self,
        routing_key: str,
        body: bytes,
        content_type: str = STRUCTURED,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._publisher.process_data_events(time_limit=0)  # the heartbeat
        properties = pika.BasicProperties(
            content_type=content_type, headers=headers or {}, delivery_mode=2
        )
        self._channel.basic_publish(ITEMS_EXCHANGE, routing_key, body, properties)

    def kills(self, name: str) -> None:
        """A service's machine is switched off, and another one starts in its place."""
        process = self.processes[name]
        process.kill()
        process.wait(timeout=30)
        self.start(name)

    def close(self) -> None:
        self._stopping.set()
        self._ears.join(10)
        with contextlib.suppress(pika.exceptions.AMQPError):
            self._publisher.close()

    def _listen(self) -> None:
        connection = pika.BlockingConnection(pika.URLParameters(self.amqp_url))
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, "#")
        self._ready.set()
        for _, _, body in channel.consume(queue, auto_ack=True, inactivity_timeout=0.2):
            if body:
                self.facts.append(json.loads(body))
            if self._stopping.is_set():
                break
        connection.close()


@contextmanager
def on_servers(folder: Path, servers: Servers, **more: str) -> Generator[OnServers]:
    """Every service its own operating-system process; the sandbox listens in this one.

    Args:
        folder: where they write.
        servers: what they stand on.
        more: settings of a console, which runs too where there are any.

    """
    services = (*SERVICES, *(["console"] if more else []))
    amqp_url = servers.rabbitmq.fresh_vhost()
    database_url = servers.postgresql.fresh_database()
    with _sandbox(folder) as sandbox:
        database = Database(database_url)
        prepare(database, sandbox.http_url)
        declare_topology(amqp_url)
        port = free_port()
        variables = {
            **_variables(sandbox, port),
            **more,
            "GATEPOST_DATABASE_URL": database_url,
            "GATEPOST_AMQP_URL": amqp_url,
            "GATEPOST_REDIS_URL": servers.redis_url,
        }
        exporter_url = f"http://127.0.0.1:{port}"
        stack = OnServers(Ledger(database), sandbox.http_url, exporter_url, amqp_url)
        stack.start = lambda name: stack.processes.update({name: start(name, folder, variables)})
        for name in services:
            stack.start(name)
        try:
            await_heartbeats(database, len(services), list(stack.processes.values()))
            yield stack
        finally:
            stop(list(stack.processes.values()))
            stack.close()
            database.close()


def start(service: str, folder: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """A service as its own process; what it says goes to a file."""
    with (folder / f"{service}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "gatepost.cli", "run", service],
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(timeout=120)


def await_heartbeats(
    database: Database, workers: int, processes: list[subprocess.Popen[bytes]]
) -> None:
    """Wait until so many workers have said that they are there."""
    begun = time.monotonic()
    counted = sa.select(sa.func.count()).select_from(tables.heartbeats)
    while True:
        with database.reading() as connection:
            if connection.execute(counted).scalar_one() >= workers:
                return
        dead = [process.args for process in processes if process.poll() is not None]
        assert not dead, f"these did not stay: {dead}"
        assert time.monotonic() - begun < START_SECONDS, "the services did not start"
        time.sleep(0.1)


def prepare(database: Database, erp_url: str) -> None:
    """The schema, and the company with its connection to the sandbox ERP."""
    schema.upgrade(database)
    directory_file.apply(database, directory_file.parse(DIRECTORY.replace("ERP_URL", erp_url)))


@contextmanager
def environment(sandbox: Sandbox, port: int) -> Generator[None]:
    """The variables of a process of its own, for services that run in this one."""
    before = dict(os.environ)
    os.environ.update(_variables(sandbox, port))
    _forget_settings()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget_settings()


def _forget_settings() -> None:
    """Settings are read once a process; these processes are many in one."""
    for name in SERVICES:
        settings = load_service(name).settings
        module = sys.modules[settings.__module__] if settings else None
        for value in vars(module).values() if module else ():
            clear: Any = getattr(value, "cache_clear", None)
            if clear:
                clear()


def _variables(sandbox: Sandbox, port: int) -> dict[str, str]:
    """What the services are told; ``port``: where the exporter listens for ERPs that call in."""
    return {
        **QUICK,
        "GATEPOST_SMTP_URL": sandbox.smtp_url,
        "GATEPOST_SECRET_KEY": SECRET_KEY,
        "GATEPOST_EXPORTER_HTTP_PORT": str(port),
    }


@contextmanager
def _sandbox(folder: Path) -> Generator[Sandbox]:
    settings = SandboxSettings(http_port=0, smtp_port=0, data=folder / "sandbox.db")
    with Sandbox(settings) as sandbox:
        yield sandbox
