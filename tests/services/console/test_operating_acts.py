"""What operators do on their pages: each act is in the ledger, and its result is told once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape

import httpx
import orjson
import pytest
import sqlalchemy as sa

from gatepost.domain.kinds import ItemRef, Kind
from gatepost.ledger import gates, tables
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.ledger import Hold
from gatepost.messages.requests import Purpose, ReadErp, Review
from gatepost_intake.incoming import Incoming, open_all
from gatepost_intake.receiving import receive
from gatepost_sandbox import upstream
from gatepost_sandbox.behaviour import Behaviour, Mode

from .browsing import Browser, path_of
from .conftest import ANN, BO, OMAR, House, Source
from .test_operating import text_of

# A connector's close() leaves its thread's line to the ERP to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:.*<socket\.socket:pytest.PytestUnraisableExceptionWarning",
    "ignore:unclosed:ResourceWarning",
)


NILS = "nils@harbor.example"
NILS_KEEPS_NO_BOOKS = f"""
[[people]]
email = "{NILS}"
name = "Nils Berg"
operator = true
"""
VENDOR = """
[[vendors]]
external_id = "v-new"
name = "New Steel"
origin = "V-777"
"""


@pytest.fixture
def nils(house: House) -> Iterator[Browser]:
    """An operator who has no part in the ERP tool, so reads no amounts."""
    _directory(house, NILS_KEEPS_NO_BOOKS)
    with Browser(house) as browser:
        browser.signs_in(NILS)
        yield browser
    _directory(house)


@pytest.fixture(scope="module")
def omar(running: House) -> Iterator[Browser]:
    with Browser(running) as browser:
        browser.signs_in(OMAR)
        yield browser


def _fails(house: House, source: Source, ann: httpx.Client, code: str, how_many: int) -> list[str]:
    """Items that the ERP refuses, for a cause no other test has."""
    said = f"There is no account {code}."
    house.sandbox.switch.turn(Behaviour(mode=Mode.REFUSE, code=code, message=said))
    ids = [source.sent() for _ in range(how_many)]
    for item_id in ids:
        ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    for item_id in ids:
        source.becomes(item_id, "failed")
    house.sandbox.switch.turn(Behaviour())
    return ids


def _does(omar: Browser, page: str, action: str, **fields: str) -> str:
    """Send a form of a page; gives what the page says after it."""
    answer = omar.sends(omar.get(page), action, **fields)
    return text_of(omar.get(path_of(answer)))


def _waiting(said: str) -> int:
    found = re.search(r"Exports waiting (\d+)", said)
    assert found
    return int(found[1])


def _cause(api: httpx.Client, item_id: str) -> str:
    return str(api.get(f"/v1/items/{item_id}").json()["cause"]["key"])


def test_a_group_is_retried_at_a_rate_stopped_and_resumed(
    house: House, omar: Browser, ann: httpx.Client, api: httpx.Client, source: Source
) -> None:
    # Given three items that failed for one cause, which is mended
    ids = _fails(house, source, ann, "no_a", 3)
    cause = _cause(api, ids[0])
    shown = text_of(omar.get("/operations/failures"))
    assert "There is no account no_a. 3 failed" in shown
    assert "Who can fix it" in shown
    # When they are retried at one a minute
    fields = {"cause": cause, "rate": "1"}
    page = _does(omar, "/operations/failures", "/operations/failures/retry", **fields)
    # Then one goes at once and the others are held in the ledger
    assert "3 are being retried, over 2 min" in page
    house.until(lambda: "1 of 3" in text_of(omar.get("/operations/failures")))
    synced = [each for each in ids if api.get(f"/v1/items/{each}").json()["state"] != "failed"]
    assert len(synced) == 1
    source.becomes(synced[0], "synced")
    # When somebody wants them retried meanwhile, they are told
    again = omar.post("/operations/failures/retry", data=fields, headers=_OURS)
    assert f"It is being retried by {OMAR}: 2 of 3" in text_of(omar.get(path_of(again)))
    # When it is stopped
    (retry,) = [each for each in api.get("/v1/retries").json()["retries"] if each["running"]]
    stopped = omar.post(
        "/operations/failures/stop", data={"retry": retry["retry_id"]}, headers=_OURS
    )
    page = text_of(omar.get(path_of(stopped)))
    # Then the rest is as it was
    assert "Stopped: 2 stay failed" in page
    assert "There is no account no_a. 2 failed" in page
    (told,) = [
        each
        for each in api.get("/v1/retries").json()["retries"]
        if each["retry_id"] == retry["retry_id"]
    ]
    assert (told["done"], told["taken_back"], told["running"]) == (1, 2, False)
    assert told["stopped_by"] == OMAR
    # And can be retried again, all at once
    _does(omar, "/operations/failures", "/operations/failures/retry", cause=cause, rate="")
    for item_id in ids:
        source.becomes(item_id, "synced")


def test_a_retry_is_stopped_over_the_api_by_those_who_may(
    house: House, ann: httpx.Client, api: httpx.Client, source: Source
) -> None:
    ids = _fails(house, source, ann, "no_b", 2)
    cause = _cause(api, ids[0])
    begun = ann.post(f"/v1/failed/{cause}/retry", json={"rate": 1}).json()
    busy = ann.post(f"/v1/failed/{cause}/retry", json={"rate": 1})
    assert (busy.status_code, busy.json()["code"]) == (409, "not_allowed")
    path = f"/v1/retries/{begun['retry_id']}/stop"
    assert api.post(path).status_code == 403  # nobody's
    with house.client(acting="rita@harbor.example") as rita:
        assert rita.post(path).status_code == 403
    with house.client("acme", acting="ann@acme.example") as other:
        assert other.post(path).status_code == 404
        assert other.get("/v1/retries").json() == {"retries": []}
    assert ann.post(path).json()["taken_back"] == 1
    assert ann.post(path).json()["taken_back"] == 0
    ann.post(f"/v1/failed/{cause}/retry").raise_for_status()
    for item_id in ids:
        source.becomes(item_id, "synced")


def test_one_item_or_all_that_failed_are_retried(
    house: House, omar: Browser, ann: httpx.Client, api: httpx.Client, source: Source
) -> None:
    ids = _fails(house, source, ann, "no_c", 1) + _fails(house, source, ann, "no_d", 2)
    one = omar.post("/operations/failures/item", data={"item": ids[0]}, headers=_OURS)
    assert "is being exported again" in text_of(omar.get(path_of(one)))
    source.becomes(ids[0], "synced")
    again = omar.post("/operations/failures/item", data={"item": ids[0]}, headers=_OURS)
    assert "a synced item cannot be retried" in text_of(omar.get(path_of(again)))
    everything = omar.post("/operations/failures/retry", data={"rate": "6000"}, headers=_OURS)
    assert "are being retried" in text_of(omar.get(path_of(everything)))
    for item_id in ids:
        source.becomes(item_id, "synced")


@pytest.mark.parametrize("rate", ["0", "-1", "6001", "often"])
def test_a_rate_that_is_none_is_refused_with_a_page(omar: Browser, rate: str) -> None:
    answer = omar.post("/operations/failures/retry", data={"rate": rate}, headers=_OURS)
    assert answer.status_code == 422
    assert "A rate is 1 to 6000 items a minute" in answer.text


def test_a_connection_is_paused_resumed_and_checked(
    house: House, omar: Browser, ann: httpx.Client, source: Source
) -> None:
    page, acts = "/operations/connections", "/operations/connections/books"
    said = _does(omar, page, f"{acts}/pause", because="month end")
    assert "books is paused" in said
    assert "Nothing is exported: month end" in said
    before = _waiting(said)  # others may have left some
    item_id = source.sent()
    ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    house.until(lambda: _waiting(text_of(omar.get(page))) > before)
    assert "ERP Stopped" in text_of(omar.get("/operations"))
    house.until(lambda: ann.get(f"/v1/items/{item_id}").json()["waits_for"])
    assert "books goes on" in _does(omar, page, f"{acts}/resume")
    source.becomes(item_id, "synced")
    assert "books answers" in _does(omar, page, f"{acts}/check")
    house.sandbox.switch.turn(Behaviour(mode=Mode.DOWN))
    assert "books does not do" in _does(omar, page, f"{acts}/check")


def test_reading_an_erp_is_the_approvers_and_shows_how_far_it_is(
    house: House, omar: Browser, browsers: Callable[[str], Browser]
) -> None:
    page = omar.get("/operations/connections")
    assert "Refresh and Sync are the approvers': Omar Said lacks" in text_of(page)
    for act in ("refresh", "sync"):
        answer = omar.post(f"/operations/connections/books/{act}", data={}, headers=_OURS)
        assert "Omar Said lacks" in text_of(omar.get(path_of(answer)))
    for act in ("stop", "delete"):
        answer = omar.post(f"/operations/connections/books/{act}", data={}, headers=_OURS)
        assert "A connection can be paused" in text_of(omar.get(path_of(answer)))
    answer = omar.post("/operations/connections/nothing/pause", data={}, headers=_OURS)
    assert "has no connection nothing" in text_of(omar.get(path_of(answer)))
    ann = browsers(ANN)
    said = _does(ann, "/operations/connections", "/operations/connections/books/refresh")
    assert "Refresh of books" in said
    assert "Pause, Resume and Check are the operators'" in said
    answer = ann.post("/operations/connections/books/pause", data={}, headers=_OURS)
    assert "Ann Ode is no operator" in text_of(ann.get(path_of(answer)))
    house.until(
        lambda: (
            f"begun by {ANN}" in (shown := text_of(omar.get("/operations/connections")))
            and "records, finished" in shown
        )
    )


def test_a_connection_whose_erp_gives_no_lists_says_so_and_has_no_refresh(
    house: House, browsers: Callable[[str], Browser]
) -> None:
    # Given a connection over files, which nobody can ask anything
    ann, connections = browsers(ANN), tables.connections
    assert "Refresh books" in text_of(ann.get("/operations/connections"))
    with house.ledger.work() as work:
        before = work.connection.execute(sa.select(connections.c.connector)).scalar_one()
        work.connection.execute(sa.update(connections).values(connector="file_drop"))

    # Then its page says why there is nothing to refresh; what is linked can be synced
    said = text_of(ann.get("/operations/connections"))
    with house.ledger.work() as work:
        work.connection.execute(sa.update(connections).values(connector=before))
    assert "cannot be asked for lists, so there is nothing to refresh" in said
    assert "Refresh books" not in said
    assert "Sync books" in said


def test_what_waits_for_an_erp_that_calls_in_stands_with_its_connection(
    house: House, browsers: Callable[[str], Browser]
) -> None:
    # Given a question that is held until QuickBooks calls
    connections, token = tables.connections, gates.call_token("harbor", "books")
    with house.ledger.work() as work:
        before = work.connection.execute(sa.select(connections.c.connector)).scalar_one()
        work.connection.execute(sa.update(connections).values(connector="quickbooks_desktop"))
        asked = ReadErp(company="harbor", connection="books", purpose=Purpose.REFRESH,
                        kinds=["vendor"], generation=10**6)  # fmt: skip
        message_id = work.send(asked, after=600.0)
    with house.ledger.work() as work:
        house.ledger.hold(work, [Hold(message_id, 600.0, "not called yet", 0, token)])

    # Then the page says so, in the words the items have
    said = text_of(browsers(ANN).get("/operations/connections"))
    with house.ledger.work() as work:
        work.connection.execute(sa.update(connections).values(connector=before))
        work.connection.execute(
            sa.delete(tables.messages).where(tables.messages.c.id == message_id)
        )
    assert re.search("1 waiting for QuickBooks Desktop, (last seen|which has not called yet)", said)


def test_an_event_in_quarantine_is_shown_without_money_and_replayed(
    house: House, nils: Browser, api: httpx.Client, source: Source
) -> None:
    # Given an event about an unknown vendor, and one that is another company's
    event = source.event(content={"vendor": "v-new", "password": "hunter2"})
    total = event["data"]["content"]["total"]
    _kept(house, source, event)
    other = source.event(content={"vendor": "v-new"})
    other["data"]["company"] = "acme"
    _kept(house, source, other)
    # Then only the company's own is there
    listed = nils.get("/operations/messages")
    (path,) = re.findall(r'href="(/operations/messages/quarantine/[^"]*)"', listed.text)
    shown = nils.get(path)
    document = unescape(shown.text)
    assert event["data"]["external_id"] in document
    assert "hunter2" not in document
    assert total not in document
    assert "not shown: an amount" in document
    with house.ledger.database.reading() as connection:
        of_acme = tables.quarantine.c.company == "acme"
        theirs = connection.execute(sa.select(tables.quarantine.c.id).where(of_acme)).scalar_one()
    assert nils.get(f"/operations/messages/quarantine/{theirs}").status_code == 404
    refused = nils.post("/operations/messages/replay", data={"chosen": theirs}, headers=_OURS)
    assert "Nothing was chosen" in text_of(nils.get(path_of(refused)))
    # When its vendor is there and it is replayed
    _directory(house, NILS_KEEPS_NO_BOOKS + VENDOR)
    said = _does(nils, path, "/operations/messages/replay")
    # Then it is taken
    assert "1 event is handed to intake" in said
    assert "Nothing is in quarantine" in said
    ref = ItemRef("harbor", Kind.COMMITMENT, event["data"]["external_id"])
    house.until(lambda: api.get(f"/v1/items/{ref.item_id}").status_code == 200)


def test_a_parked_message_is_offered_again(house: House, omar: Browser, source: Source) -> None:
    item_id = source.sent()
    with house.ledger.work() as work:
        message_id = work.send(Review(item_id=item_id, revision=1), after=3600)
    is_it = tables.messages.c.id == message_id
    with house.ledger.work() as work:
        cause = "RuntimeError: amqp://gate:hunter2@mq:5672 said password=swordfish"
        parked = {"due_at": None, "attempts": 9, "last_error": cause}
        work.connection.execute(sa.update(tables.messages).where(is_it).values(**parked))
    assert "1 parked" in text_of(omar.get("/operations"))
    page = omar.get("/operations/messages?show=parked")
    assert "Review" in text_of(page)
    for secret in ("hunter2", "swordfish"):
        assert secret not in page.text
        assert secret not in omar.get(f"/operations/messages/parked/{message_id}").text
    said = _does(
        omar, "/operations/messages?show=parked", "/operations/messages/release", one=message_id
    )
    assert "1 message is offered again" in said
    house.until(
        lambda: "No message is parked" in text_of(omar.get("/operations/messages?show=parked"))
    )
    gone = omar.post("/operations/messages/release", data={"one": message_id}, headers=_OURS)
    assert "Nothing was chosen that is still parked" in text_of(omar.get(path_of(gone)))


def test_the_log_of_mails_says_why_and_hides_what_names_amounts(
    house: House, nils: Browser, omar: Browser, source: Source
) -> None:
    item_id = source.sent()
    with house.ledger.work() as work:
        mail_id = work.new_id()
        work.add(
            tables.mails, id=mail_id, company="harbor", template="alert", item_id=item_id,
            revision=1, recipient=BO, recipient_name="Bo Lind", status="held_back",
            reason="resend after reject by Ann, 14:02", merged_into=None, message_id="", thread="",
            subject="SC-1 for 12,400.00 USD", text="12,400.00 USD", html="", created_at=work.now,
            sent_at=None,
        )  # fmt: skip
    for query in ("", f"?item={item_id}", f"?to={BO}", "?status=held_back", "?q=after+reject"):
        shown = text_of(nils.get(f"/operations/mails{query}"))
        assert "Held back resend after reject by Ann, 14:02" in shown
        assert "12,400.00" not in shown
    assert "Nothing matches" in text_of(nils.get("/operations/mails?q=12%2C400.00"))
    one = text_of(nils.get(f"/operations/mails/{mail_id}"))
    assert "a rule says that it is not sent" in one
    assert "12,400.00" not in one
    assert "12,400.00" in text_of(omar.get(f"/operations/mails/{mail_id}"))  # he reads the books
    assert nils.get("/operations/mails?status=lost").status_code == 422
    assert nils.get("/operations/mails?cursor=abc").status_code == 422


def test_what_came_of_an_act_is_told_once(omar: Browser) -> None:
    answer = omar.post("/operations/messages/release", data={}, headers=_OURS)
    assert "Nothing was chosen" in text_of(omar.get(path_of(answer)))
    assert "Nothing was chosen" not in text_of(omar.get("/operations/messages?show=parked"))


_OURS = {"Sec-Fetch-Site": "same-origin"}


def _kept(house: House, source: Source, event: dict[str, object]) -> None:
    """The event comes from the broker's side, is refused, and is kept."""
    with house.ledger.work() as work:
        receive(open_all([Incoming(orjson.dumps(event), patient=False)]), work)


def _directory(house: House, more: str = "") -> None:
    """The company's directory, with somebody or something more in it."""
    text = upstream.directory().replace("http://127.0.0.1:9009", house.sandbox.http_url)
    apply(house.program.database, parse(text + more))
