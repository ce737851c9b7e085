"""POST /v1/events and its rehearsal: what is taken, what is refused, and what it is told."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gatepost.domain.kinds import ItemRef, Kind
from gatepost.ledger import tables, tokens
from gatepost.ledger.tokens import Scope
from gatepost.messages.item_events import DIRECTORY_CHANGED

from .conftest import ANN, UMA, House, Source

CLOUDEVENT = {"Content-Type": "application/cloudevents+json"}


def _rules(answer: httpx.Response) -> set[str]:
    return {error["rule"] for error in answer.json()["errors"]}


def test_an_event_is_taken_once_however_often_it_comes(source: Source, house: House) -> None:
    event = source.event()
    first = source.send(event)
    again = source.send(event)
    assert (first.status_code, again.status_code) == (202, 200)
    ref = ItemRef("harbor", Kind.COMMITMENT, event["data"]["external_id"])
    assert first.json() == {"item_id": ref.item_id, "event_id": event["id"], "repeated": False}
    assert again.json()["item_id"] == ref.item_id
    assert first.headers["location"] == f"/v1/items/{ref.item_id}"
    source.becomes(ref.item_id, "sent")
    with house.ledger.database.reading() as connection:
        taken = tables.received_events.c.event_id == event["id"]
        rows = connection.execute(sa.select(tables.received_events).where(taken)).all()
    assert len(rows) == 1


def test_of_identical_events_at_the_same_time_exactly_one_is_taken(source: Source) -> None:
    event = source.event()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: source.send(event).status_code, range(8)))
    assert sorted(answers) == [200] * 7 + [202]


def test_another_event_under_the_same_id_is_a_conflict(source: Source) -> None:
    event = source.event()
    assert source.send(event).status_code == 202
    other = source.event() | {"id": event["id"]}
    answer = source.send(other)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_the_same_revision_with_other_content_is_a_conflict(source: Source) -> None:
    event = source.event()
    source.becomes(source.send(event).json()["item_id"], "sent")
    event |= {"id": event["id"] + "-2"}
    event["data"]["title"] = "Something else"
    answer = source.send(event)
    assert answer.status_code == 409
    assert "revision 1 came before with other content" in answer.json()["detail"]


def test_a_lower_revision_after_a_higher_one_is_stale(source: Source) -> None:
    event = source.event(revision=3)
    source.becomes(source.send(event).json()["item_id"], "sent")
    event |= {"id": event["id"] + "-2"}
    event["data"]["revision"] = 2
    answer = source.send(event)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_revision")


def test_every_reason_against_an_event_is_in_the_answer(source: Source, house: House) -> None:
    event = source.event(status="draft", title="x" * 300, content={"vendor": "v-9", "total": "1"})
    answer = source.send(event)
    assert answer.status_code == 422
    assert _rules(answer) == {"status", "max_length", "vendor_linked", "adds_up"}
    assert all(error["who_can_fix"] for error in answer.json()["errors"])
    # Nothing of it is kept, so it may be corrected and sent again under its id.
    corrected = source.event() | {"id": event["id"]}
    assert source.send(corrected).status_code == 202


def test_problems_of_shape_are_all_told_at_once(source: Source) -> None:
    event = source.event(revision=0, created_by={"email": "nobody"}, content={"total": 5})
    answer = source.send(event)
    assert answer.status_code == 422
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"revision", "created_by.email", "content.total"}


def test_binary_mode_keeps_its_attributes_in_headers(api: httpx.Client, source: Source) -> None:
    event = source.event()
    headers = {
        "ce-id": event["id"],
        "ce-source": "https://pm.example/h%C3%A5rbor",
        "ce-type": event["type"],
        "ce-specversion": "1.0",
        "Content-Type": "application/json",
    }
    answer = api.post("/v1/events", content=json.dumps(event["data"]), headers=headers)
    assert answer.status_code == 202, answer.text
    document = source.becomes(answer.json()["item_id"], "sent")
    assert document["source"] == "https://pm.example/hårbor"


def test_structured_mode_may_name_its_media_type(api: httpx.Client, source: Source) -> None:
    body = json.dumps(source.event())
    assert api.post("/v1/events", content=body, headers=CLOUDEVENT).status_code == 202


def test_a_child_may_follow_right_behind_its_parent(source: Source, api: httpx.Client) -> None:
    parent = source.event()
    child = source.event("change_order", parent=parent["data"]["external_id"])
    with ThreadPoolExecutor(1):
        answers = [source.send(parent), source.send(child)]
    assert [answer.status_code for answer in answers] == [202, 202]
    source.becomes(answers[1].json()["item_id"], "sent")


def test_a_child_without_its_parent_is_refused(source: Source) -> None:
    answer = source.send(source.event("change_order", parent="nowhere"))
    assert (answer.status_code, _rules(answer)) == (422, {"parent_sent"})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not_json"),
        (b"\xff\xfe", 400, "not_json"),
        (b'"\\ud800"', 400, "not_json"),  # half a surrogate pair is no character
        (b"", 400, "not_json"),
        (b"[]", 422, "unintelligible"),
        (b"{}", 422, "unintelligible"),
        (b'{"id": "1", "source": "s", "type": "t"}', 422, "unintelligible"),
        (b'{"id": "1", "source": "s", "type": "t", "data": {}}', 422, "unintelligible"),
        (
            b'{"id": "1", "source": "s", "type": "gatepost.item.sent.v2", "data": {}}',
            422,
            "unintelligible",
        ),
        (b'{"id": "\\u0000", "source": "s", "type": "t", "data": {}}', 422, "unintelligible"),
        (b'{"id": "1", "source": "s", "type": "gatepost.item.sent.v1", "data": {}}', 422, "not_sendable"),
        # what is said twice is refused: the last would win in silence
        (b'{"id": "1", "source": "s", "type": "t", "data": {"a": 1, "a": 2}}', 422, "unintelligible"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(
    api: httpx.Client, body: bytes, status: int, code: str
) -> None:
    answer = api.post("/v1/events", content=body, headers=CLOUDEVENT)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]


def test_an_event_may_have_a_mebibyte_and_no_more(source: Source) -> None:
    event = source.event()
    event["data"]["content"]["padding"] = ""
    room = 1024 * 1024 - len(json.dumps(event, separators=(",", ":")))
    event["data"]["content"]["padding"] = "x" * room
    assert source.send(event).status_code == 202
    event["data"]["content"]["padding"] += "x"
    assert source.send(event).status_code == 413


def test_a_retrieval_comes_as_an_event_too(source: Source) -> None:
    item_id = source.sent()
    event = source.event()
    external_id = source.api.get(f"/v1/items/{item_id}").json()["external_id"]
    event |= {
        "type": "gatepost.item.retrieved.v1",
        "data": {
            "company": "harbor",
            "kind": "commitment",
            "external_id": external_id,
            "by": UMA,
        },
    }
    del event["subject"]
    assert source.send(event).status_code == 202
    source.becomes(item_id, "retrieved")
    event |= {"id": event["id"] + "-2"}
    event["data"]["external_id"] = "nowhere"
    assert source.send(event).status_code == 404


def test_a_decision_as_an_event_needs_the_scope_to_decide(source: Source, house: House) -> None:
    item_id = source.sent()
    event = source.event()
    event["type"] = "gatepost.item.decided.v1"
    del event["subject"]
    event["data"] = {
        "company": "harbor",
        "kind": "commitment",
        "external_id": source.api.get(f"/v1/items/{item_id}").json()["external_id"],
        "revision": 1,
        "decision": "reject",
        "by": ANN,
        "comment": "the vendor is wrong",
    }
    with house.client("items:send") as client:
        refused = client.post("/v1/events", json=event)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    with house.client("items:decide") as client:
        assert client.post("/v1/events", json=event).status_code == 202
    assert source.becomes(item_id, "rejected")["decision"]["comment"] == "the vendor is wrong"


def test_a_token_speaks_for_its_own_company_alone(source: Source, house: House) -> None:
    with house.client("acme") as client:
        for path in ("/v1/events", "/v1/events/check"):
            answer = client.post(path, json=source.event())
            assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled")


def test_a_token_without_a_name_is_called_by_its_id(source: Source, house: House) -> None:
    # Given an event about another company's directory, with a token that nobody named
    event = source.event() | {"type": DIRECTORY_CHANGED}
    event["data"] = {"company": {"key": "acme", "name": "Acme"}}
    secret = tokens.create(house.ledger, "harbor", "", [Scope.ADMIN])
    with house.client(None) as client:
        answer = client.post(
            "/v1/events", json=event, headers={"Authorization": f"Bearer {secret}"}
        )
    said = answer.json()["detail"]
    assert re.match(r"the token [0-9a-f-]{36} \(admin\) may not speak", said)


def test_a_person_sends_in_their_own_name_alone(source: Source, ann: httpx.Client) -> None:
    answer = ann.post("/v1/events", json=source.event())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "data.sent_by")


# --- the rehearsal -------------------------------------------------------------------------------


def test_the_check_says_yes_and_stores_nothing(source: Source, house: House) -> None:
    event = source.event()
    answer = source.api.post("/v1/events/check", json=event)
    assert (answer.status_code, answer.json()["may_send"], answer.json()["errors"]) == (
        200,
        True,
        [],
    )
    with house.ledger.database.reading() as connection:
        known = tables.received_events.c.event_id == event["id"]
        assert not connection.execute(sa.select(tables.received_events).where(known)).all()
    assert source.send(event).status_code == 202


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"status": "draft"}, {"status"}),
        ({"content": {"vendor": "v-9"}}, {"vendor_linked"}),
        ({"content": {"currency": "ZZZ"}}, {"currency"}),
        ({"revision": "first"}, {"int_type"}),
        ({"company": "nobody"}, {"not_entitled"}),  # the token speaks for harbor alone: 403
        ({"number": "x" * 31}, {"max_length"}),
        ({"url": "javascript:alert(1)"}, {"url"}),
        # What is readable is held against the rules although something is not.
        ({"status": "draft", "revision": 0}, {"greater_than_equal", "status"}),
        ({"status": None, "content": {"total": "1"}}, {"string_type", "adds_up"}),
    ],
)
def test_the_check_says_no_with_every_reason(
    source: Source, change: dict[str, Any], rules: set[str]
) -> None:
    answer = source.api.post("/v1/events/check", json=source.event(**change))
    assert _rules(answer) == rules
    if "company" not in change:
        assert (answer.status_code, answer.json()["may_send"]) == (200, False)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", "without id, source, type"),
        (b'{"id": "1", "source": "s", "type": "t"}', "has no data"),
        (b"[]", "no JSON object"),
        (b'{"id": "1", "id": "2"}', "twice"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "nested deeper than 64"),
    ],
)
def test_the_check_says_of_what_is_no_event_why_it_may_not_be_sent(
    source: Source, body: bytes, said: str
) -> None:
    answer = source.api.post("/v1/events/check", content=body, headers=CLOUDEVENT)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["may_send"], answer.json()["item_id"]) == (False, None)
    assert _rules(answer) == {"unintelligible"}
    assert said in answer.json()["errors"][0]["message"]
    # What is sent in earnest is refused with the same words
    sent = source.api.post("/v1/events", content=body, headers=CLOUDEVENT)
    assert (sent.status_code, _rules(sent)) == (422, {"unintelligible"})
    assert said in sent.json()["detail"]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b" " * 1_048_577, 413)])
def test_what_is_no_document_is_not_checked(source: Source, body: bytes, status: int) -> None:
    answer = source.api.post("/v1/events/check", content=body, headers=CLOUDEVENT)
    assert answer.status_code == status


def test_the_check_knows_what_is_stale(source: Source) -> None:
    event = source.event(revision=2)
    source.becomes(source.send(event).json()["item_id"], "sent")
    event["data"]["revision"] = 1
    assert _rules(source.api.post("/v1/events/check", json=event)) == {"stale_revision"}


def test_the_check_knows_what_was_agreed(source: Source) -> None:
    parent = source.event()
    source.becomes(source.send(parent).json()["item_id"], "sent")
    [first, *_] = parent["data"]["content"]["lines"]
    line = {"commitment_line": first["external_id"], "amount": "9000000.00"}
    content = {"lines": [line], "total": "9000000.00", "retainage": None}
    event = source.event("invoice", parent=parent["data"]["external_id"], content=content)
    answer = source.api.post("/v1/events/check", json=event)
    assert (answer.json()["may_send"], _rules(answer)) == (False, {"over_billed"})
    assert source.send(event).status_code == 422, "sending gives the same answer"


def test_the_check_knows_what_is_with_the_erp_just_now(source: Source, house: House) -> None:
    event = source.event()
    item_id = source.send(event).json()["item_id"]
    source.becomes(item_id, "sent")
    house.sandbox.switch.put({"mode": "slow", "delay": 1.0})
    with house.client(acting=ANN) as ann:
        ann.post(f"/v1/items/{item_id}/accept", json={"revision": 1})
    source.becomes(item_id, "exporting")
    event["data"]["revision"] = 2
    assert _rules(source.api.post("/v1/events/check", json=event)) == {"not_allowed"}
    source.becomes(item_id, "synced")


def test_the_check_says_that_a_type_is_not_known(source: Source) -> None:
    event = source.event() | {"type": "gatepost.item.sent.v9"}
    assert _rules(source.api.post("/v1/events/check", json=event)) == {"unintelligible"}
