"""The private servers of the other tests start, die, come back, and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pika
import psycopg
import pytest
import redis

from gatepost.runtime import sockets
from gatepost.testing.servers import (
    NotOurs,
    PostgreSQL,
    RabbitMQ,
    Redis,
    Servers,
    ServersMissing,
    finding,
    processes,
    warden,
)

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def nobody_gives_us_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in finding.VARIABLES.values():
        monkeypatch.delenv(name, raising=False)


def test_a_killed_broker_comes_back_on_the_same_port_with_its_messages(tmp_path: Path) -> None:
    with RabbitMQ.start(tmp_path) as broker:
        # Given a message on a durable queue, confirmed
        with _channel(broker.url) as channel:
            channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
            channel.basic_publish("", "kept", b"still here")
        time.sleep(1)  # a queue younger than this does not survive, see RabbitMQ's docstring
        url = broker.url

        # When every process of the broker is killed, and it is started again
        broker.kill()
        with pytest.raises(pika.exceptions.AMQPConnectionError), _channel(url):
            pass
        broker.restart()

        # Then the message is there
        assert broker.url == url
        assert _taken(url, "kept") == b"still here"


def test_a_fresh_virtual_host_knows_nothing_of_its_neighbours(tmp_path: Path) -> None:
    with RabbitMQ.start(tmp_path) as broker:
        one, other = broker.fresh_vhost(), broker.fresh_vhost()
        with _channel(one) as channel:
            channel.queue_declare("mine")
        with (
            _channel(other) as channel,
            pytest.raises(pika.exceptions.ChannelClosedByBroker, match="NOT_FOUND"),
        ):
            channel.queue_declare("mine", passive=True)


@pytest.mark.parametrize("durable", [False, True])
def test_a_killed_database_comes_back_with_what_was_committed(
    tmp_path: Path, durable: bool
) -> None:
    with PostgreSQL.start(tmp_path, durable=durable) as database:
        with psycopg.connect(_plain(database.url)) as connection:
            connection.execute("create table kept as select 42 as answer")
        database.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(_plain(database.url))
        database.restart()
        with psycopg.connect(_plain(database.url)) as connection:
            assert connection.execute("select answer from kept").fetchone() == (42,)
            fsync = connection.execute("show fsync").fetchone()
            assert fsync == ("on" if durable else "off",)


def test_a_fresh_database_is_a_copy_of_its_template(tmp_path: Path) -> None:
    with PostgreSQL.start(tmp_path) as database:
        template = database.fresh_database()
        with psycopg.connect(_plain(template)) as connection:
            connection.execute("create table laid_out ()")
        copy = database.fresh_database(template=template.rpartition("/")[2])
        assert copy != template
        with psycopg.connect(_plain(copy)) as connection:
            assert connection.execute("select * from laid_out").fetchall() == []


def test_redis_comes_back_on_the_same_port_and_empty(tmp_path: Path) -> None:
    with Redis.start(tmp_path) as store:
        with redis.Redis.from_url(store.url) as client:
            client.set("key", "value")
        store.stop()
        store.restart()
        with redis.Redis.from_url(store.url) as client:
            assert client.get("key") is None


def test_all_three_start_side_by_side_and_leave_only_their_logs(tmp_path: Path) -> None:
    before = set(warden.descendants(os.getpid()))  # the servers of the other tests
    with Servers.start(tmp_path) as servers:
        assert servers.amqp_url.startswith("amqp://guest:guest@127.0.0.1:")
        assert servers.database_url.startswith("postgresql+psycopg://")
        assert servers.redis_url.startswith("redis://127.0.0.1:")
        assert set(servers.took) == {"rabbitmq", "postgresql", "redis"}
        assert set(warden.descendants(os.getpid())) > before
    assert set(warden.descendants(os.getpid())) <= before
    assert {"rabbitmq.log", "postgresql.log", "redis.log"} <= {f.name for f in tmp_path.iterdir()}


def test_nothing_is_left_when_the_test_run_itself_is_killed(tmp_path: Path) -> None:
    # Given a run with a broker, the one that leaves a daemon behind
    script = "\n".join(
        [
            "import pathlib, sys, time",
            "from gatepost.testing.servers import RabbitMQ",
            "print(RabbitMQ.start(pathlib.Path(sys.argv[1])).url, flush=True)",
            "time.sleep(60)",
        ]
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline().startswith("amqp://")
    started = warden.descendants(run.pid)
    assert len(started) > 2

    # When the run is killed without a chance to tidy up
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()

    # Then everything it started is gone soon after
    give_up = time.monotonic() + 120
    while alive := [pid for pid in started if _lives(pid)]:
        assert time.monotonic() < give_up, alive
        time.sleep(0.02)


def test_a_given_server_is_used_and_never_harmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPOST_TEST_AMQP_URL", "amqp://given.example/one")
    with RabbitMQ.start(tmp_path) as broker:
        assert broker.url == broker.fresh_vhost() == "amqp://given.example/one"
        for harm in (broker.kill, broker.restart, broker.stop):
            with pytest.raises(NotOurs, match="rabbitmq was given by its address"):
                harm()


def test_a_fresh_database_on_a_given_server_is_dropped_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PostgreSQL.start(tmp_path) as theirs:
        monkeypatch.setenv("GATEPOST_TEST_DATABASE_URL", theirs.url)
        with PostgreSQL.start(tmp_path) as ours:
            assert ours.given
            assert ours.fresh_database() != theirs.url
            assert _databases(theirs.url) == 2
        assert _databases(theirs.url) == 1


def test_what_is_missing_is_named_with_the_ways_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ServersMissing) as refused:
        finding.provide(["redis"])
    assert str(refused.value) == (
        "not found: redis. Get it: sudo apt-get install --no-install-recommends redis-server; "
        "or have docker running; or point GATEPOST_TEST_REDIS_URL at your own."
    )


#: Stands in for docker: a "container" is a Redis of this machine on the published port.
DOCKER = """#!/bin/sh
echo "$1" >> "$NOTES"
port=$(cat "$NOTES.port" 2>/dev/null)
alive() { redis-cli -p "$port" ping >/dev/null 2>&1; }
up() { redis-server --bind 127.0.0.1 --port "$port" --save "" --daemonize yes >/dev/null; }
case "$1" in
  run) echo "$*" | sed 's/.*127.0.0.1:\\([0-9]*\\):6379.*/\\1/' > "$NOTES.port"
       port=$(cat "$NOTES.port"); up ;;
  start) up ;;
  inspect) alive && echo true ;;
  kill|stop|rm) redis-cli -p "$port" shutdown nosave 2>/dev/null; while alive; do :; done ;;
esac
"""


def test_docker_is_asked_when_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text(DOCKER)
    (tools / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    monkeypatch.setitem(finding._FINDERS, "redis", lambda: None)
    monkeypatch.setattr("gatepost.testing.servers.redis.redis_server", lambda: None)
    monkeypatch.setattr(finding, "_install", lambda _: "")
    with Redis.start(tmp_path) as store:
        assert sockets.is_free(store.port) is False
        store.kill()
        assert sockets.is_free(store.port)
        store.restart()
        with redis.Redis.from_url(store.url) as client:
            assert client.ping()
    told = (tmp_path / "notes").read_text().split()
    assert [word for word in told if word != "inspect"] == [
        *("info", "run", "kill", "start", "logs", "rm")
    ]


def test_a_port_is_never_handed_out_twice() -> None:
    ports = [processes.free_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)


class _channel:  # noqa: N801 - reads as a verb's object
    """A channel with confirms, closed with its connection."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))

    def __enter__(self) -> pika.adapters.blocking_connection.BlockingChannel:
        channel = self._connection.channel()
        channel.confirm_delivery()
        return channel

    def __exit__(self, *_: object) -> None:
        if self._connection.is_open:
            self._connection.close()


def _taken(url: str, queue: str) -> bytes | None:
    """A quorum queue elects its leader after a restart: it may take a moment.

    Whoever asks meanwhile gets nothing; or RabbitMQ, once it has waited five seconds for a leader,
    closes the connection with INTERNAL_ERROR (541).
    """
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        with (
            contextlib.suppress(pika.exceptions.ConnectionClosedByBroker),
            _channel(url) as channel,
        ):
            _, _, body = channel.basic_get(queue)
            if body is not None:
                return bytes(body)
        time.sleep(0.05)
    return None


def _databases(url: str) -> int:
    with psycopg.connect(_plain(url)) as connection:
        counted = connection.execute(
            "select count(*) from pg_database where datname like 'gatepost%'"
        ).fetchone()
    assert counted is not None
    return int(counted[0])


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
