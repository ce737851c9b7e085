"""Exports from the request to the record: written once, refused with a cause, children after parents."""

from collections.abc import Callable
from typing import Any, Final

from gatepost.domain.lifecycle import State
from gatepost.ledger.exports import ask_for_export
from tests.journeys import company
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]
MakeRoom = Callable[..., Room]

NOT_YOU: Final = b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNANSWERED: Final[dict[str, Any]] = {
    "mode": "timeout_after",
    "delay": 0.5,
}  # done, in silence


def test_an_accepted_item_becomes_a_record(room: Room, commitments: Commitments) -> None:
    # Given an accepted commitment
    [item_id] = room.accepts(*commitments())

    # When it is exported
    room.exports(item_id)

    # Then the ERP has it once, the item knows its record, and nothing is left to do
    [record] = room.records(item_id)
    item = room.item(item_id)
    assert (item.state, item.synced_revision, item.unsettled) == (State.SYNCED, 1, False)
    assert item.origin
    assert item.origin.id == record["id"]
    assert [line for line, _ in item.origin.lines] == ["l-1", "l-2"]
    assert room.outcomes(item_id) == ["Done"]
    assert item.export_id not in room.office.messages()


def test_what_an_invoice_s_lines_keep_back_is_its_retainage(
    room: Room, commitments: Commitments
) -> None:
    # Given an invoice that says only line by line what is kept back
    [order] = commitments()
    [parent] = room.accepts(order)
    room.exports(parent)
    bill = company.invoice("i-lines", parent=order["data"]["external_id"])
    lines = [("l-1", "1000.00", "100.00"), ("l-2", "30.00", "3.00")]
    names = ("commitment_line", "amount", "retainage")
    bill["data"]["content"]["lines"] = [dict(zip(names, line, strict=True)) for line in lines]
    del bill["data"]["content"]["retainage"]

    # When it is exported, then its record keeps back the sum of it
    [item_id] = room.accepts(bill)
    room.exports(item_id)
    [record] = room.records(item_id)
    assert record["retainage"] == "103.00"


def test_a_request_that_comes_again_does_nothing(room: Room, commitments: Commitments) -> None:
    [item_id] = room.accepts(*commitments())
    room.exports(item_id)
    room.exports(item_id)
    assert len(room.records(item_id)) == 1
    assert room.outcomes(item_id) == ["Done"]


def test_only_the_last_request_for_an_item_counts(room: Room, commitments: Commitments) -> None:
    # Given an item that was asked for twice, as after a retry
    [item_id] = room.accepts(*commitments())
    outdated = room.request_of(item_id)
    with room.program.ledger.work() as work:
        ask_for_export(work.item(item_id), work)

    # When the first request is handled, then it is forgotten and the ERP is not called
    room.handler([outdated])
    assert outdated not in room.office.messages()
    assert room.outcomes(item_id) == []

    # And the last one is the one that counts
    room.exports(item_id)
    assert room.outcomes(item_id) == ["Done"]


def test_a_later_revision_changes_the_record(room: Room, commitments: Commitments) -> None:
    events = commitments()
    [item_id] = room.accepts(*events)
    room.exports(item_id)
    room.accepts(company.corrected(events[0]))
    room.exports(item_id)
    assert [record["version"] for record in room.records(item_id)] == [2]
    assert room.item(item_id).synced_revision == 2


def test_a_refusal_fails_at_once_with_its_cause(room: Room, commitments: Commitments) -> None:
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("refuse", code="period_closed", message="October is closed.")
    room.exports(item_id)
    item = room.item(item_id)
    assert item.cause
    assert (item.state, item.cause.key) == (State.FAILED, "PeriodClosed:period_closed")
    assert item.cause.message == "October is closed."
    assert not item.unsettled


def test_a_busy_record_is_tried_again_until_the_tries_are_used_up(
    room: Room, commitments: Commitments
) -> None:
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("busy")
    room.exports(item_id)
    room.tries_again(item_id)
    assert room.item(item_id).state is State.EXPORTING
    assert "try 3 of 3" in room.item(item_id).waits_for
    room.tries_again(item_id)
    assert room.item(item_id).state is State.FAILED
    assert room.outcomes(item_id) == ["Busy"] * 3


def test_a_neighbour_of_a_refused_item_is_exported(room: Room, commitments: Commitments) -> None:
    # Given ten items, one of which the ERP refuses
    events = commitments(10)
    events[-1]["data"]["number"] = "x" * 31
    items = room.accepts(*events)

    # When they are exported in one parcel
    room.exports(*items)

    # Then nine are in the ERP and one failed
    states = [room.item(item_id).state for item_id in items]
    assert states == [State.SYNCED] * 9 + [State.FAILED]
    assert len(room.records(*items)) == 9


def test_a_child_waits_for_its_parent_and_is_released_when_it_is_in_the_erp(
    room: Room, commitments: Commitments
) -> None:
    # Given a commitment and its change order, both accepted
    [parent_event] = commitments()
    parent_key = parent_event["data"]["external_id"]
    [parent] = room.accepts(parent_event)
    [child] = room.accepts(company.change_order(f"{parent_key}-co", parent=parent_key))

    # When the child comes first
    room.exports(child)

    # Then it waits, and says for what; no try is burned
    assert room.records(child) == []
    assert room.item(child).waits_for.startswith("commitment SC-")
    assert room.item(child).attempts == 0
    waiting = room.request_of(child)

    # When the parent is in the ERP, then a new request for the child goes out at once
    room.exports(parent)
    released = room.request_of(child)
    assert released != waiting
    assert room.item(child).waits_for == ""
    room.exports(child)
    [record] = room.records(child)
    assert record["parent"] == room.records(parent)[0]["id"]

    # And the earlier request is outdated
    room.office.time_passes(waiting)
    room.handler([waiting])
    assert len(room.records(child)) == 1
