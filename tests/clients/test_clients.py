"""Clients of other makes than ours: the very scripts that the documentation shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gatepost.testing.servers import Servers
from tests.clients.npm import installed
from tests.journeys.company import ANN, Event, commitment
from tests.journeys.gate import Gate
from tests.journeys.stacks import OnServers, on_servers

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "how-to" / "send-events.md"
MODES: Final = ("structured", "ce-", "cloudEvents:", "cloudEvents_")

Command = list[str]


@pytest.fixture(scope="module")
def stack(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnServers]:
    with on_servers(tmp_path_factory.mktemp("clients"), servers) as started:
        yield started


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The Node client with what it needs, in a folder of its own."""
    folder = tmp_path_factory.mktemp("node")
    installed(HERE / "node", folder, what="amqplib")
    return ["node", str(folder / "publish.mjs")]


@pytest.fixture(scope="module", params=["python", "node"])
def client(request: pytest.FixtureRequest) -> Command:
    if request.param == "python":
        return [sys.executable, str(HERE / "publish.py")]
    command: Command = request.getfixturevalue("node")
    return command


def publish(client: Command, events: list[Event], mode: str, folder: Path, url: str) -> list[Any]:
    """Run a client with events in a file; gives the answers it printed."""
    file = folder / "events.jsonl"
    file.write_text("\n".join(json.dumps(event) for event in events))
    done = subprocess.run(
        [*client, str(file), mode],
        env={**os.environ, "AMQP_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.servers
@pytest.mark.parametrize("mode", MODES)
def test_a_client_is_answered_received_or_refused_with_every_reason(
    client: Command, mode: str, stack: OnServers, tmp_path: Path
) -> None:
    # Given an event that is in order, and one against which much can be said
    name = f"{Path(client[0]).name}-{mode.strip(':_-')}-{MODES.index(mode)}"
    good = commitment(f"good-{name}", title="Stahlbau, Türme Ø 4 m")
    bad = commitment(f"bad-{name}", status="draft")
    bad["data"]["content"].update(vendor="v-unknown", total="1.00", currency="")

    # When a client publishes both and waits for the answers
    answers = publish(client, [good, bad], mode, tmp_path, stack.amqp_url)

    # Then the one was received and waits for a decision
    by_type = {answer["type"]: answer for answer in answers}
    assert len(answers) == len(by_type) == 2
    received = by_type["gatepost.item.received.v1"]
    assert received["specversion"] == "1.0"
    assert received["subject"] == good["subject"]
    assert received["data"]["state"] == "sent"
    assert received["data"]["editable"] is False

    # And the other was refused, with all reasons at once and who can do away with them
    refused = by_type["gatepost.item.refused.v1"]["data"]
    assert refused["refused_event"] == bad["id"]
    assert refused["external_id"] == bad["data"]["external_id"]
    assert refused["editable"] is True
    assert {error["field"] for error in refused["errors"]} == {
        "status",
        "content.vendor",
        "content.total",
        "content.currency",
    }
    assert all(error["message"] and error["who_can_fix"] for error in refused["errors"])

    # And what was received can be decided, and reaches the ERP with every letter of its title
    gate = Gate(stack)
    item = received["data"]["item_id"]
    assert gate.accepts(item, by=ANN) == "done"
    gate.becomes(item, "synced")
    [record] = gate.records(item)
    assert record["title"] == "Stahlbau, Türme Ø 4 m"


@pytest.mark.parametrize(
    ("language", "script"), [("python", "publish.py"), ("js", "node/publish.mjs")]
)
def test_the_documentation_shows_the_clients_that_are_tested(language: str, script: str) -> None:
    # Given the page on sending events; Then the whole script is on it
    assert f"```{language}\n{(HERE / script).read_text()}```\n" in PAGE.read_text()
