"""What a gate must stand: each wrong input is answered with its reason, and nothing is lost."""

import json

import pytest

from gatepost.messages.cloud_events import SIZE_LIMIT
from gatepost.messages.requests import Action
from tests.journeys.company import (
    ANN,
    SANDBOX,
    Event,
    commitment,
    corrected,
    event,
    invoice,
)
from tests.journeys.gate import Gate
from tests.journeys.other_companies import enter
from tests.journeys.refusing import kept, refusal


def as_sent(sent: Event) -> bytes:
    return json.dumps(sent).encode()


def of_type(kind: str) -> bytes:
    return as_sent({**commitment("bad-type"), "type": kind})


UNINTELLIGIBLE: dict[str, tuple[bytes, str]] = {
    "not JSON": (b'{"specversion": "1.0", ', "not JSON"),
    "wrong UTF-8": (as_sent(commitment("bad-utf")).replace(b"Steel", b"St\xe4hl"), "UTF-8"),
    "unknown type": (of_type("gatepost.item.lost.v1"), "gatepost.item.lost.v1 is not known"),
    "unknown major version": (of_type("gatepost.item.sent.v2"), "known is gatepost.item.sent.v1"),
    "a byte too long": (b" " * (SIZE_LIMIT + 1), f"the limit is {SIZE_LIMIT}"),
    "no object": (b'["an", "array"]', "no JSON object"),
    "without an id": (as_sent({**commitment("bad-id"), "id": ""}), "without id"),
}


def unintelligible(told: Event) -> bool:
    return bool(told["errors"][0]["rule"] == "unintelligible")


@pytest.mark.parametrize("which", UNINTELLIGIBLE)
def test_what_cannot_be_understood_is_answered_and_kept_as_it_came(gate: Gate, which: str) -> None:
    # Given bytes in which no event can be read
    body, reason = UNINTELLIGIBLE[which]
    before = len(gate.stack.facts)

    # When they come in
    gate.stack.publish_raw(body)

    # Then the outside is told that they are refused, why, and who can do something
    [error] = refusal(gate, unintelligible, since=before)["errors"]
    assert error["rule"] == "unintelligible"
    assert reason in error["message"]
    assert error["who_can_fix"]

    # And they are kept, byte for byte
    assert kept(gate, body)["reason"] == "unintelligible"


def test_a_binary_event_without_its_attributes_is_answered_and_kept(gate: Gate) -> None:
    # Given the data of an event whose headers lack its source
    body = as_sent(commitment("bad-binary")["data"])
    headers = {"ce-id": "bad-binary-1", "ce-type": "gatepost.item.sent.v1", "ce-specversion": "1.0"}
    before = len(gate.stack.facts)

    # When it comes in
    gate.stack.publish_raw(body, "application/json", headers)

    # Then its refusal names what is missing, and its headers are kept beside its bytes
    [error] = refusal(gate, unintelligible, since=before)["errors"]
    assert "without source" in error["message"]
    assert kept(gate, body)["headers"]["ce-id"] == "bad-binary-1"


def test_an_event_of_an_unknown_company_becomes_an_item_once_the_company_is_there(
    gate: Gate,
) -> None:
    # Given an event of a company that nobody has entered
    early = commitment("early-1", company="gamma")
    item = gate.sends(early)
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("company", "not_found")
    row = kept(gate, as_sent(early))
    assert row["reason"] == "not_found"

    # When the company is entered, and an operator replays the event
    enter(gate, "gamma")
    gate.runs("quarantine", "replay", row["id"])

    # Then it is an item like any other
    gate.hears(item, "received")
    assert gate.state(item) == "sent"
    assert gate.decides(item, Action.ACCEPT, ANN) == "done"
    gate.becomes(item, "synced")
    assert len(gate.records(item)) == 1
    assert kept(gate, as_sent(early))["replayed_at"]


def test_an_event_of_a_company_without_an_erp_is_refused(gate: Gate) -> None:
    # Given a company whose connection is not entered yet
    enter(gate, "beta", connected=False)

    # When it sends an item
    sent = commitment("no-erp-1", company="beta")
    item = gate.sends(sent)

    # Then it is told so, and by whom it can be mended
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["rule"], "no ERP connection" in error["message"]) == ("connection", True)
    assert "directory" in error["who_can_fix"]
    assert kept(gate, as_sent(sent))["reason"] == "not_sendable"


def test_a_kind_that_the_erp_does_not_take_is_refused(gate: Gate) -> None:
    # Given a company whose ERP, by a stranger's connector, has no place for invoices
    enter(gate, "delta", connection=SANDBOX.replace("sandbox", "narrow"))
    parent = gate.sends(commitment("narrow-1", company="delta"))

    # When an invoice is sent
    sent = invoice("narrow-2", parent="narrow-1", company="delta")
    item = gate.sends(sent)

    # Then it is refused before the ERP is asked, by the name of those books
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("kind", "kind_enabled")
    assert error["message"] == "Narrow Books takes no invoices"
    assert "connection" in error["who_can_fix"]
    assert kept(gate, as_sent(sent))["reason"] == "not_sendable"

    # And what they do take is exported by that connector
    assert gate.accepts(parent, by=ANN) == "done"
    gate.becomes(parent, "synced")


def test_all_missing_fields_are_named_at_once(gate: Gate) -> None:
    # Given an event that lacks fields of its own and of its content, and has a wrong one
    sent = commitment("gaps-1")
    for name in ("status", "created_by"):
        del sent["data"][name]
    sent["data"]["sent_by"] = {"email": "nobody", "name": "Nobody"}
    del sent["data"]["content"]["lines"][0]["external_id"]
    sent["data"]["content"]["lines"][1]["amount"] = 7600.5

    # When it is sent
    item = gate.sends(sent)

    # Then every one of them is named in one answer
    told = gate.hears(item, "refused")
    assert {error["field"] for error in told["errors"]} == {
        "status",
        "created_by",
        "sent_by.email",
        "content.lines[0].external_id",
        "content.lines[1].amount",
    }
    assert (told["refused_event"], told["editable"]) == (sent["id"], True)
    assert kept(gate, as_sent(sent))["reason"] == "not_sendable"


def test_another_event_under_the_same_id_is_refused_and_kept(gate: Gate) -> None:
    # Given an event that was taken
    first = commitment("twin-1")
    item = gate.sends(first)

    # When another one comes under its id
    other = {**corrected(first, retainage_percent="5"), "id": first["id"]}
    gate.sends(other)

    # Then it is a conflict, the item is as it was, and the other is kept
    [error] = gate.hears(item, "refused")["errors"]
    assert (error["field"], error["rule"]) == ("id", "conflict")
    assert gate.row(item)["revision"] == 1
    assert kept(gate, as_sent(other))["reason"] == "conflict"


def test_the_same_revision_with_other_content_is_refused_and_kept(gate: Gate) -> None:
    # Given an item at revision 1
    first = commitment("twin-2")
    item = gate.sends(first)

    # When revision 1 comes once more, with other content
    other = event(first["type"], {**first["data"], "title": "Steel, tower C"})
    gate.sends(other)

    # Then it is a conflict, and the item is as it was
    told = gate.hears(item, "refused")
    assert [error["rule"] for error in told["errors"]] == ["conflict"]
    assert (told["state"], told["badge"]) == ("sent", gate.told(item, "received")[-1]["badge"])
    assert gate.row(item)["title"] == first["data"]["title"]
    assert kept(gate, as_sent(other))["reason"] == "conflict"


def test_a_lower_revision_is_answered_and_changes_nothing(gate: Gate) -> None:
    # Given an item whose second revision came first
    first = commitment("late-1")
    second = corrected(first, retainage_percent="5")
    item = gate.sends(second)

    # When the first comes after it
    gate.sends(first)

    # Then its source is told that it is ignored
    told = gate.hears(item, "refused")
    assert [error["rule"] for error in told["errors"]] == ["stale_revision"]
    assert (told["refused_event"], told["revision"]) == (first["id"], 2)
    assert gate.row(item)["revision"] == 2
