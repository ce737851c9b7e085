"""``gatepost listen``: nothing is missed from the line on that says it listens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest

from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.messages.routes import EVENTS_EXCHANGE
from gatepost.testing.servers import Servers
from tests.cli.conftest import eventually
from tests.ledger.databases import Databases
from tests.ledger.office import arriving

Listen = Callable[..., Callable[[], list[Any]]]
MANY = 50


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Starts ``gatepost listen --json``; gives what it has printed, once it says that it listens."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str, **settings: str) -> Callable[[], list[Any]]:
        named = {f"GATEPOST_{name.upper()}": value for name, value in settings.items()}
        out, log = tmp_path / f"out-{len(started)}", tmp_path / f"log-{len(started)}"
        with out.open("wb") as printed, log.open("wb") as said:
            command = [sys.executable, "-m", "gatepost.cli", "listen", "--json", *words]
            started.append(
                subprocess.Popen(
                    command, cwd=tmp_path, env={**os.environ, **named}, stdout=printed, stderr=said
                )
            )
        eventually(lambda: "Ctrl-C ends it" in log.read_text())
        return lambda: [json.loads(line) for line in out.read_text().splitlines()]

    yield run
    for process in started:
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 0


def event(company: str, number: int) -> dict[str, Any]:
    data = {"item_id": f"item-{number}", "company": company}
    return {"id": str(number), "type": "gatepost.item.synced.v1", "data": data}


@pytest.mark.servers
def test_every_event_is_shown_from_the_first_on(listen: Listen, servers: Servers) -> None:
    # Given one that listens to everything, one to a company, one to an item
    url = servers.rabbitmq.fresh_vhost()
    everything = listen(amqp_url=url)
    acme = listen("--company", "acme", amqp_url=url)

    # When events are published at once, of two companies and of one whose key only begins the same
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for number in range(MANY):
        for company in ("acme", "harbor", "acme.north"):
            body = json.dumps(event(company, number))
            channel.basic_publish(EVENTS_EXCHANGE, f"{company}.commitment.synced", body)
    connection.close()

    # Then each has all that it asked for, in order
    eventually(lambda: len(everything()) == 3 * MANY)
    eventually(lambda: len(acme()) == MANY)
    assert [each["id"] for each in acme()] == [str(number) for number in range(MANY)]
    assert {each["data"]["company"] for each in acme()} == {"acme"}


def test_embedded_the_history_is_followed_from_the_first_row_on(
    listen: Listen, tmp_path: Path
) -> None:
    # Given one that listens to a company, and one to another
    database = Databases(tmp_path).sqlite()
    assert isinstance(database, Database)
    url = database.url.render_as_string()
    acme = listen("--company", "acme", database_url=url)
    other = listen("--company", "harbor", database_url=url)

    # When things happen at once
    with Ledger(database).work() as work:
        item = arriving("c-1", work)
        work.put(item)
        for number in range(MANY):
            work.record(item, "sent", by="uma@acme.example", channel="test", comment=str(number))

    # Then the one has them all, in order, and the other none
    eventually(lambda: len(acme()) == MANY)
    assert [each["comment"] for each in acme()] == [str(number) for number in range(MANY)]
    assert other() == []
    database.close()
