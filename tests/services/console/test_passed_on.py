"""A decision or a retrieval that comes as an event is answered at once, as the approvers' service would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gatepost.domain.errors import FieldProblem, Refusal
from gatepost.domain.lifecycle import State
from gatepost.ledger.tokens import Scope, Token
from gatepost.messages.cloud_events import read
from gatepost.messages.requests import Receive
from gatepost_console.admitting import admit
from gatepost_console.signin import Caller
from tests.services import desk as desks
from tests.services.desk import BO, CARLA, RITA, UMA, Desk, data, desk, empty_ledger

from .conftest import ANN, Event, House, Source
from .conftest import RITA as HARBOR_RITA

__all__ = ["desk", "empty_ledger"]

STRANGER = "sam@elsewhere.example"
TOKEN = Token(
    "1", "acme", "pm", frozenset({Scope.ITEMS_DECIDE}), datetime(2026, 11, 20, tzinfo=UTC)
)
NAMED = {"company": "acme", "kind": "commitment", "external_id": "commitment-1"}


def _admits(desk: Desk, verb: str, **raw: Any) -> tuple[str, tuple[FieldProblem, ...]]:
    """What the API answers: the refusal's code and every reason, or nothing."""
    body = desk.incoming({**NAMED, **raw}, verb=verb).body
    with desk.ledger.work() as work:
        caller = Caller(token=TOKEN, company=work.directory.company("acme"))
        try:
            admit(read(body), caller, work)
        except Refusal as refusal:
            return refusal.code, refusal.problems
    return "", ()


def _sent(desk: Desk) -> None:
    desk.sends()


def _sent_twice(desk: Desk) -> None:
    desk.sends()
    desk.sends(revision=2, title="Steel, tower C")


def _rejected(desk: Desk) -> None:
    desk.sends()
    desk.asks("reject", BO, revision=1, comment="no")


def _accepted(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", BO, revision=1)


def _accepted_by_one(desk: Desk) -> None:
    desk.set_up(second_approval_above="10000.00")
    desk.sends()
    desk.asks("accept", BO, revision=1)


Given = Callable[[Desk], None]

DECISIONS: list[tuple[Given, dict[str, Any], str]] = [
    (_sent, {}, ""),
    (_sent, {"by": RITA}, "not_entitled"),
    (_sent, {"by": STRANGER}, "not_entitled"),
    (_sent, {"by": UMA}, "not_entitled"),  # she sent it
    (_sent, {"entries": {"colour": "red", "accounting_date": "soon"}}, "incomplete"),  # both
    (_sent, {"decision": "reject", "comment": " "}, "incomplete"),
    (_sent, {"decision": "reject", "comment": "no"}, ""),
    (_sent, {"decision": "reject", "by": RITA}, "not_entitled"),  # and without a comment: both
    (_sent, {"by": RITA, "revision": 3}, "not_entitled"),  # and stale: both
    (_sent, {"by": STRANGER, "entries": {"colour": "red"}}, "not_entitled"),
    (_sent_twice, {}, "stale_decision"),  # with what changed
    (_rejected, {}, "already_decided"),
    (_accepted, {}, ""),  # once more: passed over
    (_accepted, {"entries": {"colour": "red"}}, ""),
    (_accepted, {"decision": "reject", "comment": "no"}, "already_decided"),
    (_accepted_by_one, {"entries": {"erp_number": "C-9"}}, "not_allowed"),
    (_accepted_by_one, {}, ""),
]


@pytest.mark.parametrize(("given", "changes", "code"), DECISIONS)
def test_a_decision_is_answered_as_the_approvers_service_would(
    desk: Desk, given: Given, changes: dict[str, Any], code: str
) -> None:
    given(desk)
    raw = {"revision": 1, "decision": "accept", "by": desks.ANN, **changes}
    answered, problems = _admits(desk, "decided", **raw)
    assert answered == code
    # The same rules, not the same again: whoever asks on a page hears the very same.
    action = raw.pop("decision")
    outcome = desk.asks(action, raw.pop("by"), **raw)
    assert outcome.outcome == (code or outcome.outcome)
    assert outcome.is_refused == bool(code)
    assert outcome.problems == problems


def test_every_reason_against_a_decision_is_given(desk: Desk) -> None:
    desk.sends()
    by_rita = {"decision": "reject", "by": RITA, "revision": 1}
    _, problems = _admits(desk, "decided", **by_rita)
    assert [each.rule for each in problems] == ["not_entitled", "incomplete"]
    _, problems = _admits(desk, "decided", **{**by_rita, "revision": 9})
    assert [each.rule for each in problems] == ["not_entitled", "stale_decision"]
    _sent_twice(desk)
    stale = {"decision": "accept", "by": desks.ANN, "revision": 1}
    _, problems = _admits(desk, "decided", **stale)
    assert [each.rule for each in problems] == ["stale_decision", "changed"]


@pytest.mark.parametrize(
    ("given", "by", "code"),
    [
        (_sent, UMA, ""),
        (_sent, CARLA, ""),  # she made it
        (_sent, RITA, "not_entitled"),
        (_sent, STRANGER, "not_entitled"),
        (_accepted, UMA, "not_allowed"),
        (_rejected, UMA, "not_allowed"),
        (_accepted, RITA, "not_entitled"),  # and too late: both are said
    ],
)
def test_a_retrieval_is_answered_too(desk: Desk, given: Given, by: str, code: str) -> None:
    given(desk)
    answered, problems = _admits(desk, "retrieved", by=by)
    assert answered == code
    outcome = desk.asks("retrieve", by)
    assert (outcome.is_refused, outcome.problems) == (bool(code), problems)


def test_what_is_announced_can_be_decided_on(desk: Desk) -> None:
    # Given an item that nobody here knows
    accept = {"revision": 1, "decision": "accept", "by": desks.ANN}
    assert _admits(desk, "decided", **accept)[0] == "not_found"
    # When its event stands in the ledger, and the intake has not come to it
    body = desk.incoming(data()).body
    with desk.ledger.work() as work:
        work.send(Receive(item_id=desks.item_id(), body=body.decode(), registered=True))
    # Then a decision right behind it is held against what it says
    assert _admits(desk, "decided", **accept) == ("", ())
    assert _admits(desk, "decided", **{**accept, "revision": 2})[0] == "stale_decision"
    assert not desk.has()


# --- over HTTP -----------------------------------------------------------------------------------


def _event(source: Source, item_id: str, verb: str, **more: Any) -> Event:
    found = source.api.get(f"/v1/items/{item_id}").json()
    event = source.event()
    del event["subject"]
    named = {name: found[name] for name in ("kind", "external_id")}
    return event | {
        "type": f"gatepost.item.{verb}.v1",
        "data": {"company": "harbor", **named, **more},
    }


def test_a_source_is_told_at_once_and_nothing_is_left(
    source: Source, api: httpx.Client, house: House
) -> None:
    # Given an item, and a person who may only look
    item_id = source.sent()
    event = _event(source, item_id, "decided", revision=1, decision="accept", by=HARBOR_RITA)
    # When the source asks before, and when it sends all the same
    checked = api.post("/v1/events/check", json=event)
    sent = api.post("/v1/events", json=event)
    # Then both say what is missing and who can grant it, and nothing is written down
    assert (checked.status_code, checked.json()["may_send"]) == (200, False)
    assert (sent.status_code, sent.json()["code"]) == (403, "not_entitled")
    assert checked.json()["errors"] == sent.json()["errors"]
    assert "can grant it" in sent.json()["errors"][0]["who_can_fix"]
    assert len(api.get(f"/v1/items/{item_id}").json()["history"]) == 1
    # When it is corrected, under its id, then it is taken
    event["data"]["by"] = ANN
    assert api.post("/v1/events/check", json=event).json()["may_send"]
    assert api.post("/v1/events", json=event).status_code == 202
    assert api.post("/v1/events", json=event).status_code == 200
    source.becomes(item_id, "synced")
    # And a contrary one, a retrieval, a stale one and one about nothing have their statuses
    for verb, more, status, code in (
        ("decided", {"revision": 1, "decision": "reject", "by": ANN, "comment": "x"}, 409, "already_decided"),
        ("decided", {"revision": 7, "decision": "accept", "by": ANN}, 409, "stale_decision"),
        ("decided", {"revision": 1, "decision": "maybe", "by": ANN}, 422, "not_sendable"),
        ("retrieved", {"by": ANN}, 403, "not_entitled"),
    ):  # fmt: skip
        answer = api.post("/v1/events", json=_event(source, item_id, verb, **more))
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_rejection_by_event_explains_itself(source: Source, api: httpx.Client) -> None:
    item_id = source.sent()
    event = _event(source, item_id, "decided", revision=1, decision="reject", by=ANN)
    answer = api.post("/v1/events", json=event)
    assert (answer.status_code, answer.json()["code"]) == (422, "incomplete")
    assert answer.json()["errors"][0]["field"] == "comment"
    assert api.get(f"/v1/items/{item_id}").json()["state"] == State.SENT
