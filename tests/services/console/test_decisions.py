"""Decisions over HTTP: made by people, one at a time or many at once, refused with the reason."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gatepost_console import service as console
from gatepost_sandbox.behaviour import Behaviour, Mode

from .conftest import ANN, BO, CARLA, OMAR, RITA, UMA, House, Source


def _decide(client: httpx.Client, item_id: str, action: str, **body: Any) -> httpx.Response:
    return client.post(f"/v1/items/{item_id}/{action}", json=body)


def test_an_accepted_item_goes_into_the_erp(source: Source, ann: httpx.Client) -> None:
    item_id = source.sent()
    answer = _decide(ann, item_id, "accept", revision=1, entries={"erp_number": "5-100"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "done")
    assert answer.json()["item"]["state"] in ("exporting", "synced")
    synced = source.becomes(item_id, "synced")
    assert synced["entries"] == {"erp_number": "5-100"}
    assert synced["decision"]["by"] == ANN
    assert {entry["channel"] for entry in synced["history"]} >= {"api"}
    repeated = _decide(ann, item_id, "accept", revision=1)
    assert (repeated.status_code, repeated.json()["outcome"]) == (200, "unchanged")


def test_a_rejected_item_may_be_edited_again(source: Source, ann: httpx.Client) -> None:
    item_id = source.sent()
    answer = _decide(ann, item_id, "reject", revision=1, comment="no vendor", reason_code="vendor")
    assert answer.json()["item"] | {"editable": True, "badge": "yellow"} == answer.json()["item"]
    assert source.becomes(item_id, "rejected")["decision"]["reason_code"] == "vendor"


def test_a_sender_retrieves_what_nobody_decided_on(source: Source, house: House) -> None:
    item_id = source.sent()
    with house.client("items:send", acting=UMA) as uma:
        assert uma.post(f"/v1/items/{item_id}/retrieve").status_code == 200
    source.becomes(item_id, "retrieved")


def test_a_sender_whom_the_directory_does_not_list_retrieves_their_own_alone(
    source: Source, house: House
) -> None:
    # Given an item of a stranger, for whom the source vouched, and one of somebody else
    stranger = "sam@elsewhere.example"
    own, others = source.sent(sent_by={"email": stranger, "name": "Sam"}), source.sent()
    with house.client("items:send", acting=stranger.upper()) as sam:
        # When they take them back, then their own comes back to them
        assert sam.post(f"/v1/items/{own}/retrieve").json()["outcome"] == "done"
        assert sam.post(f"/v1/items/{others}/retrieve").status_code == 403
        # And an event may be sent in their name too
        event = source.event(sent_by={"email": stranger, "name": "Sam"})
        assert sam.post("/v1/events", json=event).status_code == 202
    # But they may look at nothing else, and decide on nothing
    decision = {"item_id": others, "action": "accept", "revision": 1}
    with house.client(acting=stranger) as sam:
        assert sam.get("/v1/items").status_code == 403
        assert sam.post(f"/v1/items/{others}/accept", json={"revision": 1}).status_code == 403
        (told,) = sam.post("/v1/decisions", json={"decisions": [decision]}).json()["outcomes"]
    assert told["status"] == 403


def test_what_failed_is_retried(source: Source, house: House, ann: httpx.Client) -> None:
    house.sandbox.switch.turn(Behaviour(mode=Mode.REFUSE))
    item_id = source.sent()
    _decide(ann, item_id, "accept", revision=1).raise_for_status()
    failed = source.becomes(item_id, "failed")
    assert failed["cause"]["class"] == "PeriodClosed"
    assert failed["attempts"][0]["erp_code"] == "period_closed"
    house.sandbox.switch.turn(Behaviour())
    with house.client("exports:operate", acting=OMAR) as omar:
        assert omar.post(f"/v1/items/{item_id}/retry").status_code == 200
    source.becomes(item_id, "synced")


def test_an_acceptance_may_be_taken_back_before_the_erp_is_called(
    source: Source, house: House, ann: httpx.Client
) -> None:
    with house.client() as operator:
        operator.post("/v1/connections/books/pause").raise_for_status()
        item_id = source.sent()
        _decide(ann, item_id, "accept", revision=1).raise_for_status()
        assert _decide(ann, item_id, "take-back").json()["item"]["state"] == "sent"
        operator.post("/v1/connections/books/resume").raise_for_status()


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [CARLA, UMA, OMAR, RITA])
@pytest.mark.parametrize("action", ["accept", "reject"])
def test_only_an_approver_decides(source: Source, house: House, person: str, action: str) -> None:
    item_id = source.sent()
    with house.client(acting=person) as client:
        # UMA sent it and CARLA made it: they see it, but do not decide on it.
        answer = _decide(client, item_id, action, revision=1)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_entitled")
    assert "lacks" in answer.json()["detail"]
    assert "can grant it" in answer.json()["errors"][0]["who_can_fix"]
    assert source.api.get(f"/v1/items/{item_id}").json()["state"] == "sent"


def test_the_sender_of_an_item_does_not_accept_it(source: Source, ann: httpx.Client) -> None:
    sender = {"email": "zoe@harbor.example", "name": "Zoe"}
    item_id = source.sent(sent_by=sender)
    assert _decide(ann, item_id, "accept", revision=1).status_code == 200


def test_a_decision_names_the_revision_it_was_made_for(source: Source, ann: httpx.Client) -> None:
    item_id = source.sent(revision=4)
    for action in ("accept", "reject"):
        missing = _decide(ann, item_id, action)
        assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "revision")
        stale = _decide(ann, item_id, action, revision=3)
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_decision")


def test_a_contrary_decision_is_told_who_was_first(source: Source, house: House) -> None:
    item_id = source.sent()
    with house.client(acting=ANN) as ann, house.client(acting=BO) as bo:
        _decide(ann, item_id, "reject", revision=1, comment="wrong").raise_for_status()
        answer = _decide(bo, item_id, "accept", revision=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")
    assert "Ann Ode rejected it first" in answer.json()["detail"]
    assert answer.json()["current"]["decided_by"] == ANN


@pytest.mark.parametrize("action", ["retry", "take-back"])
def test_what_the_life_cycle_does_not_know_is_refused(
    source: Source, ann: httpx.Client, action: str
) -> None:
    answer = _decide(ann, source.sent(), action)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_allowed")


def test_a_rejection_says_why(source: Source, ann: httpx.Client) -> None:
    answer = _decide(ann, source.sent(), "reject", revision=1, comment="  ")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "comment")
    assert answer.json()["code"] == "incomplete"


@pytest.mark.parametrize(
    "body",
    [
        {"revision": "1"},
        {"revision": 1.5},
        {"revision": True},
        {"revision": 0},
        {"revision": 2**31},
        {"revision": 1, "entires": {}},
        {"revision": 1, "entries": {"a": 1}},
        {"revision": 1, "entries": {"a": "\0"}},
        {"revision": 1, "entries": {"a": "x" * 4001}},
        [],
        None,
    ],
)
def test_a_decision_of_the_wrong_shape_is_refused(
    source: Source, ann: httpx.Client, body: object
) -> None:
    answer = ann.post(f"/v1/items/{source.sent()}/accept", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_half_a_character_decides_nothing(source: Source, ann: httpx.Client) -> None:
    path = f"/v1/items/{source.sent()}/reject"
    body = b'{"revision": 1, "comment": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    assert ann.post(path, content=body, headers=headers).status_code == 422
    assert ann.post(path, content=b'{"revision', headers=headers).status_code == 400
    assert ann.post(path, content=b'{"a": "\xff"}', headers=headers).status_code == 400


def test_a_decision_is_somebodys(source: Source, api: httpx.Client) -> None:
    answer = _decide(api, source.sent(), "accept", revision=1)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "Gatepost-As")


# --- many at once --------------------------------------------------------------------------------


def test_of_many_decisions_what_passes_is_done_and_the_rest_says_why(
    source: Source, ann: httpx.Client
) -> None:
    good, stale, wrong = source.sent(), source.sent(revision=2), source.sent()
    decisions = [
        {"item_id": good.upper(), "action": "accept", "revision": 1},
        {"item_id": stale, "action": "accept", "revision": 1},
        {"item_id": "nowhere", "action": "accept", "revision": 1},
        {"item_id": wrong, "action": "take_back"},
        {"item_id": stale, "decision": "reject", "revision": 2, "comment": "too dear"},
    ]
    answer = ann.post("/v1/decisions", json={"decisions": decisions})
    assert answer.status_code == 207
    outcomes = answer.json()["outcomes"]
    assert [outcome["status"] for outcome in outcomes] == [200, 409, 404, 409, 200]
    assert [outcome["outcome"] for outcome in outcomes] == [
        "done", "stale_decision", "not_found", "not_allowed", "done",
    ]  # fmt: skip
    assert outcomes[1]["errors"][0]["who_can_fix"]
    source.becomes(good, "synced")
    source.becomes(stale, "rejected")


@pytest.mark.parametrize(
    "decisions",
    [
        [],
        [{"item_id": "x", "action": "delete"}],
        [{"item_id": "x", "action": "accept"}],
        [{"item_id": "x", "action": "accept", "decision": "reject", "revision": 1}],
        [{"item_id": "x", "action": "retrieve"}] * 501,
        "all",
    ],
)
def test_many_decisions_of_the_wrong_shape_are_refused(
    ann: httpx.Client, decisions: object
) -> None:
    answer = ann.post("/v1/decisions", json={"decisions": decisions})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_many_decisions_need_a_person_and_the_scopes_of_all(
    api: httpx.Client, house: House
) -> None:
    body = {"decisions": [{"item_id": "x", "action": "accept", "revision": 1}]}
    assert api.post("/v1/decisions", json=body).json()["code"] == "not_entitled"
    with house.client("items:send", acting=ANN) as client:
        assert client.post("/v1/decisions", json=body).json()["code"] == "scope_missing"


def test_the_service_is_declared() -> None:
    assert console.name == "console"
    assert len(console.background) == 1
