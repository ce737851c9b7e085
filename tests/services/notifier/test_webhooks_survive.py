"""The notifier is killed while it posts: nothing is lost, and nothing is told twice under two ids."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from gatepost.domain.addresses import LOOPBACK
from gatepost.ledger import tables, webhooks
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Deliver
from gatepost.testing.servers import Servers
from tests.ledger.databases import Databases
from tests.ledger.office import arriving
from tests.receiver import PATIENCE, SECRET_KEY, Receiver

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    found = {
        "GATEPOST_SECRET_KEY": SECRET_KEY,
        "GATEPOST_WEBHOOK_FIRST_WAIT": "0.2",
        "GATEPOST_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "GATEPOST_WEBHOOK_TIMEOUT": "10",
        "dramatiq_worker_timeout": "100",
    }
    if request.param == "embedded":
        return {**found, "GATEPOST_DATABASE_URL": f"sqlite:///{tmp_path}/gatepost.db"}
    servers: Servers = request.getfixturevalue("servers")
    return {
        **found,
        "GATEPOST_DATABASE_URL": servers.postgresql.fresh_database(),
        "GATEPOST_AMQP_URL": servers.rabbitmq.fresh_vhost(),
        "GATEPOST_REDIS_URL": servers.redis_url,
    }


@pytest.fixture
def database(settings: dict[str, str]) -> Iterator[Database]:
    made = Databases.laid_out(settings["GATEPOST_DATABASE_URL"])
    yield made
    made.close()


@pytest.fixture
def start(settings: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts a notifier as a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("ab") as log:
            command = [sys.executable, "-m", "gatepost.cli", "run", "notifier"]
            process = subprocess.Popen(
                command, cwd=tmp_path, env={**os.environ, **settings}, stdout=log, stderr=log
            )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_notifier_killed_at_its_calls_loses_nothing(database: Database, start: Start) -> None:
    facts = [Fact.RECEIVED, Fact.ACCEPTED, Fact.SYNCED]
    with Receiver() as receiver:
        # Given an endpoint that takes its time, and a notifier that is just calling it
        ledger = Ledger(database)
        _, secret = webhooks.create(
            ledger, "acme", receiver.url, [], secret_key=SECRET_KEY, networks=LOOPBACK
        )
        receiver.delay = 3.0
        process = start()
        with ledger.work() as work:
            item = arriving("c-1", work)
            work.put(item)
            for fact in facts:
                work.tell(fact, item)
        eventually(lambda: leased(database))

        # When it is killed and another one is started, and the lease of the first has ended
        process.send_signal(signal.SIGKILL)
        process.wait()
        receiver.delay = 0.0
        with database.transaction() as connection:
            held = tables.messages.c.type == Deliver.TYPE
            connection.execute(sa.update(tables.messages).where(held).values(due_at=LONG_AGO))
        start()

        # Then the endpoint has each event, signed; what came twice came with the same id and bytes
        receiver.hears(item.id, [fact.value for fact in facts])
        eventually(lambda: not waiting(database))
        assert all(posted.is_signed_with(secret.text) for posted in receiver.posted)
        bodies = {(each.headers["webhook-id"], each.body) for each in receiver.posted}
        assert len(bodies) == len(facts)


def leased(database: Database) -> bool:
    """Whether somebody is at it just now."""
    with database.reading() as connection:
        held = tables.messages.c.lease_token.is_not(None) & (tables.messages.c.attempts > 0)
        return bool(connection.execute(sa.select(tables.messages.c.id).where(held)).all())


def waiting(database: Database) -> bool:
    deliver = tables.messages.c.type == Deliver.TYPE
    with database.reading() as connection:
        return bool(connection.execute(sa.select(tables.messages.c.id).where(deliver)).all())


def eventually(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
