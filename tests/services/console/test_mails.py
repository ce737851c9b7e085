"""The log of mails: who was written to, or was not, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gatepost.ledger import tables
from gatepost.ledger.directory_file import apply, parse
from gatepost_sandbox import upstream

from .conftest import ANN, BO, OMAR, RITA, UMA, House, Source


def wrote(house: House, item_id: str | None, *, later: int = 0, **changed: Any) -> str:
    """A mail as the notifier leaves one, so many seconds later; gives its id."""
    with house.ledger.work() as work:
        mail_id = work.new_id()
        row = {
            "company": "harbor",
            "template": "alert",
            "revision": 1,
            "recipient": ANN,
            "recipient_name": "Ann Ode",
            "status": "sent",
            "reason": "you are an accounting approver, and it needs a decision",
            "merged_into": None,
            "message_id": f"<mail.{mail_id}@harbor.example>",
            "thread": "",
            "subject": "Commitment SC-1001 – 12,400.00 USD",
            "text": "Amount: 12,400.00 USD",
            "html": "<p>12,400.00 USD</p>",
            "created_at": work.now + timedelta(seconds=later),
            "sent_at": work.now,
        }
        work.add(tables.mails, id=mail_id, item_id=item_id, **{**row, **changed})
    return mail_id


def listed(client: httpx.Client, **params: Any) -> list[str]:
    answer = client.get("/v1/mails", params=params)
    assert answer.status_code == 200, answer.text
    return [mail["id"] for mail in answer.json()["items"]]


def test_every_mail_stands_in_the_log_with_its_reason(
    house: House, source: Source, api: httpx.Client
) -> None:
    # Given a commitment that was rejected and sent again
    item_id = source.sent()
    with house.client(acting=ANN) as ann:
        body = {"revision": 1, "comment": "wrong cost code"}
        ann.post(f"/v1/items/{item_id}/reject", json=body).raise_for_status()
    event = source.event(revision=2)
    known = api.get(f"/v1/items/{item_id}").json()
    event["data"] |= {"external_id": known["external_id"], "title": "Another title"}
    assert source.send(event).status_code == 202

    def held_back() -> list[dict[str, Any]]:
        params = {"item_id": item_id, "status": "held_back"}
        found: list[dict[str, Any]] = api.get("/v1/mails", params=params).json()["items"]
        return found if len(found) == 2 else []

    # Then the log says who was not alerted of it, and why
    mails = house.until(held_back)
    assert {mail["recipient"] for mail in mails} == {ANN, BO}
    assert all("resend after reject by Ann Ode" in mail["reason"] for mail in mails)
    assert len(listed(api, item_id=item_id, status="waiting", to=ANN)) == 1

    # And the item says what changed since, and who had rejected it
    page = api.get(f"/v1/items/{item_id}").json()
    assert page["rejection"]["by"] == ANN
    assert page["rejection"]["comment"] == "wrong cost code"
    assert {"field": "title", "before": known["title"], "after": "Another title"} in page[
        "changed_since_rejection"
    ]
    assert page["changed_since_sync"] is None


def test_an_update_says_what_changed_since_the_erp_has_it(
    source: Source, ann: httpx.Client, api: httpx.Client
) -> None:
    # Given a commitment that is in the ERP, and a further revision of it
    item_id = source.sent()
    ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1}).raise_for_status()
    synced = source.becomes(item_id, "synced")
    assert synced["changed_since_sync"] == []
    assert synced["changed_since_rejection"] is None
    event = source.event(revision=2)
    event["data"] |= {
        "external_id": synced["external_id"],
        "number": synced["number"],
        "content": {**synced["content"], "retainage_percent": "12"},
    }
    assert source.send(event).status_code == 202

    # Then its page says so
    page = source.becomes(item_id, "sent")
    (change,) = page["changed_since_sync"]
    assert (change["field"], change["after"]) == ("content.retainage_percent", "12")


@pytest.fixture
def three(house: House, source: Source) -> list[str]:
    """Three mails about one item of its own, the oldest first; the reason names them."""
    item_id = source.sent()
    word: dict[str, Any] = {"reason": f"you sent it 100%_{item_id}"}
    return [
        item_id,
        wrote(house, item_id, **word),
        wrote(house, item_id, later=1, **word, recipient=BO, template="summary", status="merged"),
        wrote(house, None, later=2, **word, subject=f"Subject {item_id}"),
    ]


def test_the_log_is_searched_and_read_page_by_page(three: list[str], api: httpx.Client) -> None:
    item_id, first, second, third = three
    word = f"100%_{item_id}".upper()  # and % and _ are no wildcards
    assert listed(api, q=word) == [third, second, first]  # newest first
    assert listed(api, q=word, to=f" {BO.upper()} ") == [second]
    assert listed(api, q=word, status="merged", template="summary") == [second]
    assert set(listed(api, item_id=item_id)) >= {first, second}
    assert third not in listed(api, item_id=item_id)
    assert listed(api, q=f"subject {item_id}") == [third]
    assert not listed(api, item_id="no id")
    page = api.get("/v1/mails", params={"q": word, "limit": 2}).json()
    assert [mail["id"] for mail in page["items"]] == [third, second]
    assert listed(api, q=word, limit=2, cursor=page["next_cursor"]) == [first]


def test_one_mail_is_shown_as_it_was_written(three: list[str], api: httpx.Client) -> None:
    mail = api.get(f"/v1/mails/{three[1]}").json()
    assert (mail["text"], mail["html"]) == ("Amount: 12,400.00 USD", "<p>12,400.00 USD</p>")
    assert mail["item_id"] == three[0]
    assert mail["reason"].startswith("you sent it")


@pytest.mark.parametrize("mail_id", ["no id", "00000000-0000-0000-0000-000000000000", "%00"])
def test_a_mail_that_is_not_there(api: httpx.Client, mail_id: str) -> None:
    answer = api.get(f"/v1/mails/{mail_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "params", [{"status": "lost"}, {"limit": "0"}, {"cursor": "!!"}, {"q": "x" * 301}]
)
def test_what_cannot_be_asked_of_the_log_is_refused(
    api: httpx.Client, params: dict[str, str]
) -> None:
    answer = api.get("/v1/mails", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == next(iter(params))


def test_another_companys_mails_are_not_there(three: list[str], house: House) -> None:
    with house.client("acme") as acme:
        assert not listed(acme)
        assert acme.get("/v1/mails", params={"company": "harbor"}).status_code == 404
        assert acme.get(f"/v1/mails/{three[1]}").status_code == 404


def test_the_log_needs_a_token_that_reads_and_a_person_who_may_look(
    three: list[str], house: House
) -> None:
    with house.client("items:send") as client:
        assert client.get("/v1/mails").status_code == 403
    with house.client(acting=UMA) as uma:  # she sends; she has no level on the ERP tool
        assert uma.get("/v1/mails").status_code == 403
        assert uma.get(f"/v1/mails/{three[1]}").status_code == 403
    with house.client(acting=RITA) as rita:
        assert listed(rita, item_id=three[0])


@pytest.fixture
def bookless(house: House) -> Iterator[httpx.Client]:
    """An operator without any level on the ERP tool."""
    url = house.ledger.directory().connections["harbor"].options["url"]
    text = upstream.directory().replace("http://127.0.0.1:9009", str(url))
    entry = 'erp_tool = "read_only"\noperator = true\n'
    assert entry in text
    apply(house.program.database, parse(text.replace(entry, "operator = true\n")))
    with house.client(acting=OMAR) as client:
        yield client
    apply(house.program.database, parse(text))


def test_an_operator_sees_that_mails_went_out_and_no_amount(
    three: list[str], house: House, bookless: httpx.Client
) -> None:
    # Given an operator who reads no books
    item_id, first, _, third = three
    own = wrote(house, item_id, recipient=OMAR)

    # Then the log is there, without subjects and texts, and subjects are not searched either
    answers = bookless.get("/v1/mails", params={"q": item_id})
    assert answers.json()["items"][0]["id"] == third
    assert "12,400" not in answers.text
    assert not listed(bookless, q=f"subject {item_id}")
    assert not listed(bookless, q="12,400")
    assert "12,400" not in bookless.get(f"/v1/mails/{first}").text
    page = bookless.get(f"/v1/items/{item_id}")
    assert "12,400" not in page.text
    assert "changed_since_rejection" not in page.json()

    # And what they were sent themselves is theirs to read
    assert "12,400" in bookless.get(f"/v1/mails/{own}").text
