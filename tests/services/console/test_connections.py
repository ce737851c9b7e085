"""Connections: seen without their secrets, paused, resumed, checked."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost.messages.requests import Export
from gatepost_sandbox.behaviour import Behaviour, Mode

from .conftest import ANN, BO, OMAR, RITA, House, Source

# A connector's close() leaves its thread's line to the ERP to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:.*<socket\.socket:pytest.PytestUnraisableExceptionWarning",
    "ignore:unclosed:ResourceWarning",
)


def test_a_connection_is_shown_without_its_options(api: httpx.Client) -> None:
    (found,) = api.get("/v1/connections").json()["connections"]
    assert (found["key"], found["connector"], found["state"]) == ("books", "sandbox", "ok")
    assert found["limits"] == {"in_flight": 4, "per_minute": 600}
    assert "options" not in found


def test_a_paused_connection_holds_what_comes_until_it_is_resumed(
    source: Source, house: House, ann: httpx.Client
) -> None:
    with house.client("exports:operate", acting=OMAR) as omar:
        paused = omar.post("/v1/connections/books/pause", json={"because": "the books are closed"})
        assert (paused.json()["state"], paused.json()["paused_because"]) == (
            "paused",
            "the books are closed",
        )
        item_id = source.sent()
        ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
        waits = "the connection is paused: the books are closed"
        house.until(lambda: ann.get(f"/v1/items/{item_id}").json()["waits_for"] == waits)
        resumed = omar.post("/v1/connections/books/resume").json()
    assert (resumed["state"], resumed["paused_because"], resumed["due"]) == ("ok", "", 1)
    source.becomes(item_id, "synced")  # at once, not when the pause would be looked at again


def test_resuming_closes_the_breaker(api: httpx.Client, house: House) -> None:
    with house.ledger.work() as work:
        opened = {"failures": 7, "open_until": work.now + timedelta(hours=1)}
        work.connection.execute(sa.update(tables.connections).values(**opened))
    assert api.get("/v1/connections").json()["connections"][0]["state"] == "open"
    resumed = api.post("/v1/connections/books/resume").json()
    assert resumed["breaker"] == {"open": False, "open_until": None, "failures": 0}


@pytest.mark.parametrize(
    ("held_by_itself", "put_off", "unsettled", "due"),
    [
        (True, True, False, True),  # it waits for the ERP
        (False, True, False, False),  # leased: an exporter has it
        (True, False, False, False),  # in its grace window: nobody has tried it yet
        (True, True, True, False),  # its earlier call may still be executed over there
    ],
)
def test_resuming_makes_due_what_was_put_off_and_nothing_else(
    source: Source, house: House, api: httpx.Client,
    held_by_itself: bool, put_off: bool, unsettled: bool, due: bool,
) -> None:  # fmt: skip
    item_id = source.sent()
    with house.ledger.work() as work:
        message_id = work.send(Export(item_id=item_id, revision=99), after=3600)
    row = tables.messages.c.id == message_id
    with house.ledger.work() as work:
        token = message_id if held_by_itself else "a lease"
        change = {"lease_token": token, "last_error": "it is down" if put_off else None}
        work.connection.execute(sa.update(tables.messages).where(row).values(**change))
        of_item = tables.items.c.id == item_id
        work.connection.execute(sa.update(tables.items).where(of_item).values(unsettled=unsettled))
    assert api.post("/v1/connections/books/resume").json()["due"] == int(due)
    with house.ledger.work() as work:
        work.connection.execute(sa.delete(tables.messages).where(row))


def test_a_connection_is_checked(house: House) -> None:
    with house.client("exports:operate") as operator:
        assert operator.post("/v1/connections/books/check").json() == {
            "key": "books",
            "ok": True,
            "message": "the sandbox ERP answers",
            "who_can_fix": None,
        }


def test_a_connection_that_cannot_be_reached_says_why(house: House, api: httpx.Client) -> None:
    with house.ledger.work() as work:
        change = sa.update(tables.connections)
        was = work.rows(tables.connections, sa.true())[0]["options"]
        work.connection.execute(change.values(options={"url": "http://127.0.0.1:1"}))
    try:
        answer = api.post("/v1/connections/books/check")
    finally:
        with house.ledger.work() as work:
            work.connection.execute(change.values(options=was))
    assert (answer.status_code, answer.json()["ok"]) == (200, False)
    assert "cannot be reached" in answer.json()["message"]


@pytest.mark.parametrize("action", ["pause", "resume", "check"])
def test_operating_is_for_operators_and_admins(house: House, action: str) -> None:
    path = f"/v1/connections/books/{action}"
    for person, status in ((ANN, 403), (RITA, 403), (OMAR, 200), (BO, 200)):
        with house.client("exports:operate", acting=person) as client:
            assert client.post(path).status_code == status, person
    with house.client("items:decide") as client:
        assert client.post(path).json()["code"] == "scope_missing"
    with house.client("acme") as client:
        assert client.post(path).status_code == 404
    with house.client("exports:operate") as client:
        assert client.post("/v1/connections/nothing/" + action).status_code == 404
        client.post("/v1/connections/books/resume")


def test_an_erp_that_is_down_leaves_the_console_ready(house: House, api: httpx.Client) -> None:
    house.sandbox.switch.turn(Behaviour(mode=Mode.DOWN))
    assert api.get("/readyz").status_code == 200
