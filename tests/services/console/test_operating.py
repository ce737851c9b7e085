"""The operators' pages: who may come in, what the numbers say, and that every act is the ledger's."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import httpx
import pytest
import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost_console.flow import Stop, flow_of

from .browsing import Browser
from .conftest import ANN, BO, OMAR, RITA, UMA, House, Source

PATIENCE = 60.0  # seconds until those that have just begun have shown life
PAGES = (
    "/operations",
    "/operations/failures",
    "/operations/connections",
    "/operations/messages",
    "/operations/messages?show=parked",
    "/operations/workers",
    "/operations/mails",
)


@pytest.fixture(scope="module")
def omar(running: House) -> Iterator[Browser]:
    """An operator's browser."""
    with Browser(running) as browser:
        browser.signs_in(OMAR)
        yield browser


def text_of(page: httpx.Response) -> str:
    """What stands on a page, without its tags."""
    assert page.status_code == 200, page.text
    main = page.text[page.text.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_operations_is_an_operators(running: House, omar: Browser, path: str) -> None:
    answer = omar.get(path)
    assert answer.status_code == 200
    assert 'href="/operations"' in answer.text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", answer.text)
    assert len(re.findall(r"<h1", answer.text)) == 1


@pytest.mark.parametrize("who", [ANN, BO, RITA, UMA])
def test_others_are_told_who_can_let_them_in(running: House, who: str) -> None:
    with Browser(running) as browser:
        browser.signs_in(who)
        assert 'href="/operations"' not in browser.get("/items").text
        for path in PAGES:
            answer = browser.get(path)
            if path == "/operations/connections" and who in (ANN, BO):
                assert answer.status_code == 200  # approvers have the ERP read
                continue
            assert answer.status_code == 403
            assert "is no operator of Harbor Builders" in unescape(answer.text)
            assert "whoever keeps the company's directory" in unescape(answer.text)


def test_nobody_in_particular_is_sent_to_sign_in(running: House) -> None:
    with Browser(running) as browser:
        assert browser.get("/operations").headers["location"] == "/sign-in?next=%2Foperations"


def test_the_route_counts_what_waits_and_what_was_done(
    house: House, omar: Browser, ann: httpx.Client, source: Source
) -> None:
    before = flow_of(house.program.database, "harbor")
    item_id = source.sent()
    flow = flow_of(house.program.database, "harbor")
    assert flow.hops[Stop.UPSTREAM].done == before.hops[Stop.UPSTREAM].done + 1
    assert flow.people == before.people + 1
    assert flow.people_since
    ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    source.becomes(item_id, "synced")
    flow = flow_of(house.program.database, "harbor")
    assert flow.people == before.people
    for stop in (Stop.APPROVAL, Stop.EXPORTER, Stop.ERP):
        assert flow.hops[stop].done == before.hops[stop].done + 1, stop
    other = flow_of(house.program.database, "acme")
    assert other.people == other.hops[Stop.UPSTREAM].done == other.hops[Stop.ERP].done == 0
    words = text_of(omar.get("/operations"))
    for name in ("Upstream", "Intake", "Approval", "Exporter", "ERP", "Mail"):
        assert name in words


@pytest.mark.parametrize(
    ("outcome", "is_trouble"),
    [
        ("AnswerAwaited", False),  # the ERP reads files, tonight perhaps: nothing is wrong
        ("Unavailable", True),
    ],
)
def test_an_erp_that_answers_later_is_in_no_trouble(
    house: House, omar: Browser, ann: httpx.Client, source: Source, outcome: str, is_trouble: bool
) -> None:
    # Given a connection, and a call over it that ended so
    item_id = source.sent()
    ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    source.becomes(item_id, "synced")
    before = flow_of(house.program.database, "harbor").hops[Stop.ERP].failing
    table, message = tables.export_attempts, f"what became of it: {item_id}"
    with house.ledger.work() as work:
        of_item = table.select().where(table.c.item_id == item_id)
        found = work.connection.execute(of_item).mappings().one()
        row = {str(name): value for name, value in found.items()}
        said = {
            "id": work.new_id(),
            "outcome": outcome,
            "message": message,
            "finished_at": work.now,
        }
        work.add(table, **{**row, **said})

    # Then it stands on the pages as trouble, or it does not
    after = flow_of(house.program.database, "harbor").hops[Stop.ERP].failing
    assert (after - before == 1) == is_trouble
    assert (message in text_of(omar.get("/operations/connections"))) == is_trouble


def test_a_service_whose_workers_are_silent_stands_still_on_the_route(
    house: House, omar: Browser
) -> None:
    with house.ledger.work() as work:
        row = {"worker": "notifier@far-away:7", "service": "notifier", "version": "0.0.9"}
        long_ago = work.now - timedelta(minutes=10)
        work.add(tables.heartbeats, **row, started_at=long_ago, beat_at=long_ago)
    try:
        until = time.monotonic() + PATIENCE
        while "No worker of notifier shows life" not in text_of(omar.get("/operations/workers")):
            assert time.monotonic() < until, "the others show life"
            time.sleep(0.1)
        page = text_of(omar.get("/operations"))
        assert "Mail Stopped" in page
        assert "no worker alive" in page
        page = text_of(omar.get("/operations/workers"))
        assert "notifier far-away 7 0.0.9 another than this page's" in page
        assert "Silent for 10 min" in page
        assert "No worker of notifier shows life" in page
    finally:
        with house.ledger.work() as work:
            silent = tables.heartbeats.c.worker == "notifier@far-away:7"
            work.connection.execute(sa.delete(tables.heartbeats).where(silent))
