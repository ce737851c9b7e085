"""The ERP's record of an item was deleted: the item is let go of, wherever it stands, and written anew."""

from collections.abc import Callable

import pytest

from gatepost.domain.lifecycle import State, Step
from gatepost.messages.requests import Action
from tests.journeys.company import ANN, UMA, Event, commitment, corrected
from tests.journeys.covering import covers
from tests.journeys.erp_hands import ErpHands
from tests.journeys.gate import Gate


def waits(gate: Gate, item: str) -> None:
    """Nobody has decided on the update."""


def is_rejected(gate: Gate, item: str) -> None:
    assert gate.rejects(item, by=ANN, comment="the old retainage, please") == "done"


def is_retrieved(gate: Gate, item: str) -> None:
    assert gate.decides(item, Action.RETRIEVE, by=UMA) == "done"


def has_failed(gate: Gate, item: str) -> None:
    assert gate.accepts(item, by=ANN) == "done"
    cause = gate.becomes(item, "failed")["cause"]
    assert cause["cls"] == "RecordGone"
    assert "an accounting approver: unlink it" in cause["who_can_fix"]


def is_accepted(gate: Gate, item: str, update: Event) -> None:
    assert gate.accepts(item, by=ANN) == "done"


def is_retried(gate: Gate, item: str, update: Event) -> None:
    assert gate.retries(item, by=ANN) == "done"


def is_sent_again(gate: Gate, item: str, update: Event) -> None:
    gate.sends(corrected(update, retainage_percent="4"))
    assert gate.accepts(item, by=ANN) == "done"


@covers(State.SENT, Step.UNLINK)
@covers(State.FAILED, Step.UNLINK)
@covers(State.REJECTED, Step.UNLINK)
@covers(State.RETRIEVED, Step.UNLINK)
@pytest.mark.parametrize(
    ("state", "comes_there", "goes_on", "place"),
    [
        ("sent", waits, is_accepted, "ready_to_export"),
        ("failed", has_failed, is_retried, "failed_to_export"),
        ("rejected", is_rejected, is_sent_again, "rejected"),
        ("retrieved", is_retrieved, is_sent_again, "retrieved"),
    ],
)
def test_an_update_of_what_the_erp_no_longer_has_becomes_a_new_record(
    gate: Gate,
    state: str,
    comes_there: Callable[[Gate, str], None],
    goes_on: Callable[[Gate, str, Event], None],
    place: str,
) -> None:
    # Given a commitment in the ERP, and an update of it
    erp = ErpHands(gate)
    event = commitment(f"g-{state}")
    item = gate.sends(event)
    assert gate.decides(item, Action.UNLINK, by=ANN) == "not_allowed", "there is no record yet"
    gate.accepts(item, by=ANN)
    order = gate.becomes(item, "synced")["origin_id"]
    update = corrected(event, retainage_percent="5")
    gate.sends(update)

    # When it is unlinked while the ERP has it, then that is refused
    assert gate.decides(item, Action.UNLINK, by=ANN) == "not_allowed"

    # When a bookkeeper deletes the record, and an approver unlinks the item where it has come to
    erp.removes("commitments", order)
    comes_there(gate, item)
    assert gate.decides(item, Action.UNLINK, by=ANN) == "done"

    # Then it stands where it stood, linked to nothing, and the source is told
    row = gate.row(item)
    assert (row["state"], row["place"], row["origin_id"]) == (state, place, None)
    told = gate.hears(item, "unlinked")
    assert (told["state"], told["editable"]) == (state, state in ("rejected", "retrieved"))
    assert gate.decides(item, Action.UNLINK, by=ANN) == "not_allowed"

    # When it goes its way, then that is a new record
    goes_on(gate, item, update)
    assert gate.becomes(item, "synced")["origin_id"] != order
    assert len(gate.records(item)) == 1
