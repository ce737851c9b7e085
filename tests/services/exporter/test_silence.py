"""An ERP that takes requests and says nothing: looked at once more with care, and left alone."""

from collections.abc import Callable
from typing import Any

from gatepost.domain.lifecycle import State
from tests.ledger.office import until
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]
MakeRoom = Callable[..., Room]


def test_an_erp_that_hangs_does_not_use_up_the_tries_of_what_waits(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given an ERP that takes every request and never answers
    room = a_room(breaker_wait=60)
    items = room.accepts(*commitments(6))
    room.erp_behaves("timeout_after", delay=0.5)

    # When six items are exported
    room.exports(*items)

    # Then the breaker is open, and while it is, no try is burned
    assert room.connection()["open_until"] is not None
    tries = {item_id: room.item(item_id).attempts for item_id in items}
    for _ in range(3):
        room.tries_again(*items)
    assert {item_id: room.item(item_id).attempts for item_id in items} == tries
    assert {room.item(item_id).state for item_id in items} == {State.EXPORTING}


def test_what_a_silent_erp_has_taken_is_found_once_it_speaks_again(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given items that an ERP took without an answer, so that its breaker is open
    room = a_room(breaker_wait=0.05)
    items = room.accepts(*commitments(6))
    room.erp_behaves("timeout_after", delay=0.5)
    room.exports(*items)

    # When it speaks again
    room.erp_behaves("ok")

    # Then all of them are synced, each with one record
    def tried_again() -> bool:
        room.tries_again(*items)
        return {room.item(item_id).state for item_id in items} == {State.SYNCED}

    until(tried_again, "all are synced")
    assert len(room.records(*items)) == len(items)
