"""Decisions that cannot be taken are refused whichever way they come."""

import pytest

from gatepost.messages.item_events import ITEM_DECIDED
from tests.journeys.company import (
    ANN,
    RITA,
    Event,
    commitment,
    corrected,
    event,
)
from tests.journeys.gate import Gate
from tests.journeys.refusing import refusal


@pytest.mark.parametrize(
    ("by", "rule"), [(RITA, "not_entitled"), ("nobody@acme.example", "not_entitled")]
)
def test_a_decision_without_the_right_is_refused_whichever_way_it_comes(
    gate: Gate, by: str, rule: str
) -> None:
    # Given an item that waits for a decision
    item = gate.sends(sent := commitment(f"right-{by.partition('@')[0]}"))

    # When somebody without the right decides here; Then the answer says so
    assert gate.accepts(item, by=by) == rule

    # And when it comes as an event of the source
    decision = decided(sent, by=by)
    gate.stack.publish(decision)

    # Then the source is told, with who can help, and the item waits on
    told = refusal(gate, lambda told: told["refused_event"] == decision["id"])
    assert told["item_id"] == item
    assert [error["rule"] for error in told["errors"]] == [rule]
    assert all(error["who_can_fix"] for error in told["errors"])
    assert gate.state(item) == "sent"


def test_a_decision_for_an_older_revision_is_refused_whichever_way_it_comes(gate: Gate) -> None:
    # Given an item that has moved on to revision 2
    first = commitment("moved-1")
    item = gate.sends(first)
    gate.sends(corrected(first, retainage_percent="5"))

    # When an approver who saw revision 1 decides here; Then the answer says so
    assert gate.accepts(item, by=ANN, revision=1) == "stale_decision"

    # And when it comes as an event of the source
    decision = decided(first, by=ANN)
    gate.stack.publish(decision)

    # Then the source is told, and the item waits on for a decision that knows revision 2
    told = refusal(gate, lambda told: told["refused_event"] == decision["id"])
    assert [error["rule"] for error in told["errors"]] == ["stale_decision", "changed"]
    assert told["errors"][1]["field"] == "content.retainage_percent"
    assert gate.state(item) == "sent"
    assert gate.accepts(item, by=ANN, revision=2) == "done"
    gate.becomes(item, "synced")


def decided(sent: Event, *, by: str) -> Event:
    named = {name: sent["data"][name] for name in ("company", "kind", "external_id", "revision")}
    return event(ITEM_DECIDED, {**named, "decision": "accept", "by": by, "comment": ""})
