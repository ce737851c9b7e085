"""Asking without a service that answers: what was asked stands, and the caller is told so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from pydantic import SecretStr

from gatepost.ledger import schema, tables, tokens
from gatepost.ledger.asking import PENDING, ask
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.tokens import Scope
from gatepost.messages.item_events import ItemData
from gatepost.messages.requests import Action, Decide, Receive
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost_approval import service as approval
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings
from gatepost_intake import service as intake
from gatepost_sandbox import upstream

from .conftest import ANN

LONG: Final = 60  # seconds that somebody would wait
AT_ONCE: Final = LONG / 2  # seconds, on a busy machine: whoever waits in vain takes longer


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A program that nobody started: no service answers."""
    url = f"sqlite:///{tmp_path}/gatepost.db"
    program = Program(Settings(database_url=SecretStr(url)), [intake])
    schema.upgrade(program.database)
    apply(program.database, parse(upstream.directory()))
    yield program
    program.database.close()


def _decide(action: Action = Action.ACCEPT) -> Decide:
    item_id = "00000000-0000-0000-0000-000000000001"
    return Decide(item_id=item_id, action=action, by=ANN, channel="cli")


def test_what_nobody_answers_is_pending_and_stands(program: Program) -> None:
    begun = time.monotonic()
    outcomes = ask(program.ledger, [_decide(), _decide(Action.RETRY)], 0.1)
    assert 0.1 <= time.monotonic() - begun < AT_ONCE
    assert [outcome.outcome for outcome in outcomes] == [PENDING, PENDING]
    assert not any(outcome.is_refused for outcome in outcomes)
    with program.ledger.work() as work:
        waiting = {
            row["id"] for row in work.rows(tables.messages, tables.messages.c.type == "Decide")
        }
    assert waiting == {outcome.message_id for outcome in outcomes}


def test_nobody_waits_for_a_program_that_stops(program: Program) -> None:
    stopping = threading.Event()
    threading.Timer(0.05, stopping.set).start()
    begun = time.monotonic()
    assert ask(program.ledger, [_decide()], LONG, stopping=stopping)[0].outcome == PENDING
    assert time.monotonic() - begun < AT_ONCE


def test_asking_for_nothing_waits_for_nothing(program: Program) -> None:
    assert ask(program.ledger, [], 30) == []


def test_the_api_says_pending_and_the_decision_is_made_later(program: Program) -> None:
    program.start()
    secret = tokens.create(program.ledger, "harbor", "t", [Scope.ADMIN])
    serving = Serving(program, ConsoleSettings(http_port=0, http_decision_wait=LONG))
    serving.start()
    headers = {"Authorization": f"Bearer {secret}", "Gatepost-As": ANN}
    client = httpx.Client(base_url=f"http://127.0.0.1:{serving.port}", headers=headers, timeout=120)
    event = next(upstream.catalogue())
    item_id = ItemData.model_validate(event["data"]).ref.item_id
    with program.ledger.work() as work:
        work.send(
            Receive(item_id="", body=httpx.Request("POST", "http://x", json=event).read().decode())
        )
    while client.get(path := f"/v1/items/{item_id}").status_code == 404:
        time.sleep(0.02)
    answers: list[httpx.Response] = []
    accepting = threading.Thread(
        target=lambda: answers.append(client.post(path + "/accept", json={"revision": 1}))
    )
    accepting.start()
    while not _asked(program):
        time.sleep(0.02)
    begun = time.monotonic()
    serving.stop()  # in the middle of the waiting
    accepting.join()
    assert time.monotonic() - begun < AT_ONCE
    client.close()
    program.stop()
    assert (answers[0].status_code, answers[0].json()["outcome"]) == (202, "pending")
    _decided_by_a_later_program(program, item_id)


def _asked(program: Program) -> bool:
    """Whether somebody has decided, and nobody has answered yet."""
    with program.ledger.work() as work:
        return bool(work.rows(tables.messages, tables.messages.c.type == "Decide"))


def _decided_by_a_later_program(program: Program, item_id: str) -> None:
    later = Program(program.settings, [approval])
    later.start()
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with later.ledger.work() as work:
                if work.item(item_id).decided_by == ANN:
                    return
            time.sleep(0.02)
        pytest.fail("the decision was not made")
    finally:
        later.stop()
