"""An item is tied to a record that the ERP has already, wherever the item stands."""

from collections.abc import Callable

import pytest

from gatepost.domain.lifecycle import State, Step
from gatepost.messages.requests import Action, Purpose, RecordAction
from tests.journeys.company import ANN, UMA, commitment
from tests.journeys.covering import covers
from tests.journeys.erp_hands import ErpHands
from tests.journeys.gate import Gate


def is_rejected(gate: Gate, erp: ErpHands, item: str) -> None:
    assert gate.rejects(item, by=ANN, comment="it is in the books already") == "done"


def is_retrieved(gate: Gate, erp: ErpHands, item: str) -> None:
    assert gate.decides(item, Action.RETRIEVE, by=UMA) == "done"


def has_failed(gate: Gate, erp: ErpHands, item: str) -> None:
    gate.erp_behaves("refuse", kinds=["commitment"])
    gate.accepts(item, by=ANN)
    gate.becomes(item, "failed")
    gate.erp_behaves("ok")


def is_let_go_of(gate: Gate, erp: ErpHands, item: str) -> None:
    gate.accepts(item, by=ANN)
    erp.removes("commitments", gate.becomes(item, "synced")["origin_id"])
    assert gate.decides(item, Action.UNLINK, by=ANN) == "done"


@covers(State.REJECTED, Step.LINK)
@covers(State.RETRIEVED, Step.LINK)
@covers(State.FAILED, Step.LINK)
@covers(State.UNLINKED, Step.LINK)
@pytest.mark.parametrize(
    ("state", "comes_there"),
    [
        ("rejected", is_rejected),
        ("retrieved", is_retrieved),
        ("failed", has_failed),
        ("unlinked", is_let_go_of),
    ],
)
def test_what_was_written_into_the_erp_by_hand_is_linked_to_its_item(
    gate: Gate, state: str, comes_there: Callable[[Gate, ErpHands, str], None]
) -> None:
    # Given an item that is not in the ERP, and its record, which a bookkeeper wrote
    erp = ErpHands(gate)
    item = gate.sends(commitment(f"l-{state}"))
    comes_there(gate, erp, item)
    assert gate.state(item) == state
    order = erp.enters("commitments", number=f"SC-l-{state}", title="Steel, by hand")
    erp.reads(Purpose.REFRESH)

    # When an approver links the two
    assert erp.decides(erp.ready(order), RecordAction.LINK, by=ANN, item_id=item) == "done"

    # Then the item is synced as that record, and nothing more was written
    row = gate.becomes(item, "synced")
    assert (row["origin_id"], row["cause"]) == (order, None)
    gate.eventually(
        lambda: order in [each["origin"]["id"] for each in gate.told(item, "synced")],
        "the source is told",
    )
    gate.is_quiet()
    assert gate.records(item) == []
