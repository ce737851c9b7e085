"""Exporters side by side, frozen and dead: there is one record, or none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from gatepost.domain.lifecycle import State
from gatepost.runtime.outside import boottime
from gatepost_exporter import calls
from gatepost_exporter.exporting import Exporting
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]
MakeRoom = Callable[..., Room]

NOT_YOU: Final = b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNANSWERED: Final[dict[str, Any]] = {
    "mode": "timeout_after",
    "delay": 0.5,
}  # done, in silence


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)
def test_eight_workers_with_the_same_item_write_one_record(
    room: Room, commitments: Commitments
) -> None:
    # Given three items, and two exporters with four threads each
    items = room.accepts(*commitments(3))
    requests = [room.request_of(item_id) for item_id in items]
    room.erp_behaves("slow", delay=0.05)
    other = room.another_handler(Exporting(room.program))

    # When all of them get the same parcel at once
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: (room.handler, other)[n % 2](requests), range(8)))

    # Then each item is written once
    assert len(room.records(*items)) == 3
    assert [room.item(item_id).state for item_id in items] == [State.SYNCED] * 3
    assert [room.outcomes(item_id) for item_id in items] == [["Done"]] * 3


def test_a_worker_that_was_frozen_past_its_lease_does_not_send(
    room: Room, commitments: Commitments, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that comes to its senses long after its lease
    [item_id] = room.accepts(*commitments())
    real = boottime
    monkeypatch.setattr(calls, "boottime", lambda: real() + 3600)

    # When it goes on where it was
    room.exports(item_id)

    # Then it did not call the ERP, no try was burned, and it is as settled as before
    item = room.item(item_id)
    assert room.records(item_id) == []
    assert (item.state, item.attempts, item.unsettled) == (State.EXPORTING, 0, False)
    assert room.outcomes(item_id) == ["NotSent"]


def test_a_worker_that_died_between_call_and_record_is_looked_after(
    room: Room, commitments: Commitments
) -> None:
    # Given a worker that wrote the record and died before it could say so
    [item_id] = room.accepts(*commitments())
    call = room.is_called_by_the_dead(item_id)
    call.line.connector.create(call.item)

    # When its lease has ended and another worker takes the message
    room.tries_again(item_id)

    # Then the record is adopted
    assert len(room.records(item_id)) == 1
    assert room.item(item_id).state is State.SYNCED
    assert room.outcomes(item_id) == ["OutcomeUnknown", "Done"]
