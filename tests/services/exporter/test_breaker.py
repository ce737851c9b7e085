"""An ERP that is down: the breaker opens, one goes to see, any answer closes it."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from gatepost.domain.lifecycle import State
from tests.ledger.office import until
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]
MakeRoom = Callable[..., Room]

NOT_YOU: Final = b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNANSWERED: Final[dict[str, Any]] = {
    "mode": "timeout_after",
    "delay": 0.5,
}  # done, in silence


def test_an_erp_that_is_down_opens_the_breaker_and_nothing_fails(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given an ERP that is down, and a breaker that opens after three calls
    room = a_room(breaker_wait=60)
    items = room.accepts(*commitments(6))
    room.erp_behaves("down")

    # When six items are exported
    room.exports(*items)

    # Then the breaker is open, and no item failed
    assert room.connection()["open_until"] is not None
    assert {room.item(item_id).state for item_id in items} == {State.EXPORTING}

    # And while it is open, the ERP is left alone, and no try is burned
    calls_so_far = {item_id: room.outcomes(item_id) for item_id in items}
    tries = {item_id: room.item(item_id).attempts for item_id in items}
    for _ in range(3):
        room.tries_again(*items)
    assert {item_id: room.outcomes(item_id) for item_id in items} == calls_so_far
    assert {item_id: room.item(item_id).attempts for item_id in items} == tries
    assert "does not answer" in room.item(items[0]).waits_for


def test_one_goes_to_see_whether_the_erp_is_back(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given an open breaker whose time has come
    room = a_room(breaker_wait=0.05)
    items = room.accepts(*commitments(6))
    room.erp_behaves("down")
    room.exports(*items)
    begun = sum(len(room.outcomes(item_id)) for item_id in items)
    until(lambda: _may_probe(room), "the breaker's time has come")

    # When the ERP is still down, then one call finds out
    room.tries_again(*items)
    assert sum(len(room.outcomes(item_id)) for item_id in items) == begun + 1
    assert room.connection()["open_until"] is not None

    # When it is back, then one call finds out, and the breaker closes
    room.erp_behaves("ok")
    until(lambda: _may_probe(room), "the breaker's time has come")
    room.tries_again(*items)
    assert len(room.records(*items)) == 1
    assert (room.connection()["open_until"], room.connection()["failures"]) == (None, 0)

    # And the others follow
    room.tries_again(*items)
    assert len(room.records(*items)) == 6
    assert {room.item(item_id).state for item_id in items} == {State.SYNCED}


def test_two_workers_do_not_both_go_to_see(a_room: MakeRoom, commitments: Commitments) -> None:
    # Given an open breaker whose time has come, and two workers with a parcel each
    room = a_room(breaker_wait=2.0)  # longer than two preparations take, however busy it is
    items = room.accepts(*commitments(6))
    room.erp_behaves("down")
    room.exports(*items)
    until(lambda: _may_probe(room), "the breaker's time has come")
    requests = [room.request_of(item_id) for item_id in items]
    room.office.time_passes(*requests)
    room.office.ledger.sweep()

    # When both prepare before either has an answer
    made = []
    for request in requests[:2]:
        with room.program.ledger.work() as work:
            leased = room.program.ledger.lease(work, [request], request, 60.0)
            prepared = room.exporting.prepare(work, leased)
            room.program.ledger.hold(work, prepared.holds)
        made += prepared.calls

    # Then one call is made
    assert len(made) == 1


@pytest.mark.parametrize(
    ("behaviour", "closes"),
    [
        ({"mode": "refuse"}, True),  # it said no: it is there
        ({"mode": "busy"}, True),  # a record is locked: it is there
        ({"mode": "garbage"}, False),  # who knows
    ],
)
def test_any_answer_closes_the_breaker(
    a_room: MakeRoom, commitments: Commitments, behaviour: dict[str, Any], closes: bool
) -> None:
    # Given an open breaker whose time has come
    room = a_room(breaker_wait=0.05)
    items = room.accepts(*commitments(4))
    room.erp_behaves("down")
    room.exports(*items)
    until(lambda: _may_probe(room), "the breaker's time has come")

    # When the one that goes to see gets an answer
    room.erp_behaves(**behaviour)
    room.tries_again(*items)

    # Then the ERP counts as being there, if it was an answer
    assert (room.connection()["open_until"] is None) is closes


def _may_probe(room: Room) -> bool:
    with room.program.ledger.work() as work:
        until_when = room.connection()["open_until"]
        return until_when is None or until_when <= work.now
