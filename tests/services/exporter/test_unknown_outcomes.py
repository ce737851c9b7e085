"""Exports nobody can tell the outcome of: the ERP is looked at before anything is written again."""

from collections.abc import Callable
from typing import Any, Final

from gatepost.domain.lifecycle import State
from tests.journeys import company
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]
MakeRoom = Callable[..., Room]

NOT_YOU: Final = b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNANSWERED: Final[dict[str, Any]] = {
    "mode": "timeout_after",
    "delay": 0.5,
}  # done, in silence


def test_a_write_that_nobody_heard_of_is_found_and_not_repeated(
    room: Room, commitments: Commitments
) -> None:
    # Given an ERP that writes and does not answer
    [item_id] = room.accepts(*commitments())
    room.erp_behaves(**UNANSWERED)

    # When it is exported
    room.exports(item_id)

    # Then it is not known what came of it
    assert room.item(item_id).unsettled
    assert room.outcomes(item_id) == ["OutcomeUnknown"]

    # And when it is tried again, then the record is found and adopted
    room.erp_behaves("ok")
    room.tries_again(item_id)
    [record] = room.records(item_id)
    item = room.item(item_id)
    assert item.origin
    assert (item.state, item.origin.id) == (State.SYNCED, record["id"])


def test_a_write_that_surely_was_not_made_is_made_after_looking_twice(
    room: Room, commitments: Commitments
) -> None:
    # Given a write that was never made, and nobody knows
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("timeout_before", delay=0.5)
    room.exports(item_id)
    room.erp_behaves("ok")

    # When it is looked for, then it is not written yet: the ERP may have stood still until now
    room.tries_again(item_id)
    assert room.outcomes(item_id) == ["OutcomeUnknown", "NotThereYet"]
    assert (room.records(item_id), room.item(item_id).unsettled) == ([], True)
    assert "the ERP answers and does not have it" in room.item(item_id).waits_for

    # When it is not there after the ERP has had its time, then it never was, and is written
    room.tries_again(item_id)
    assert room.outcomes(item_id)[2:] == ["Done"]
    assert len(room.records(item_id)) == 1


def test_an_erp_that_stood_still_and_goes_on_after_it_was_looked_at_has_it_once(
    room: Room, commitments: Commitments
) -> None:
    # Given a write that lies before an ERP that stands still, and is not there when it is looked for
    [item_id] = room.accepts(*commitments())
    call = room.is_called_by_the_dead(item_id)
    room.tries_again(item_id)
    assert room.outcomes(item_id) == ["OutcomeUnknown", "NotThereYet"]

    # When the ERP carries it out only now
    call.line.connector.create(call.item)
    room.tries_again(item_id)

    # Then it is adopted
    assert len(room.records(item_id)) == 1
    assert room.item(item_id).state is State.SYNCED


def test_a_silence_between_two_looks_begins_them_anew(room: Room, commitments: Commitments) -> None:
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("timeout_before", delay=0.5)
    room.exports(item_id)
    for mode in ("ok", "down", "ok"):
        room.erp_behaves(mode)
        room.tries_again(item_id)
    assert room.outcomes(item_id)[1:] == ["NotThereYet", "Unavailable", "NotThereYet"]
    assert room.records(item_id) == []
    room.tries_again(item_id)
    assert len(room.records(item_id)) == 1


def test_looking_that_fails_does_not_settle_anything(room: Room, commitments: Commitments) -> None:
    # Given a write that nobody heard of
    [item_id] = room.accepts(*commitments())
    room.erp_behaves(**UNANSWERED)
    room.exports(item_id)

    # When the ERP is down at the time of looking
    room.erp_behaves("down")
    room.tries_again(item_id)

    # Then it is as unknown as before
    assert room.item(item_id).unsettled

    # And when the ERP is back, then the record is adopted and not written again
    room.erp_behaves("ok")
    room.tries_again(item_id)
    assert len(room.records(item_id)) == 1
    assert room.item(item_id).state is State.SYNCED


def test_a_newer_revision_after_an_unknown_write_changes_that_record(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given a write that nobody heard of, given up, and its item corrected and sent again
    room = a_room(breaker_failures=9)
    events = commitments()
    [item_id] = room.accepts(*events)
    room.erp_behaves(**UNANSWERED)
    room.exports(item_id)
    for _ in range(2):
        room.erp_behaves("garbage")
        room.tries_again(item_id)
    with room.program.ledger.work() as work:
        rejected = work.item(item_id)
        rejected.state = State.REJECTED
    room.accepts(company.corrected(events[0]))

    # When the newer revision is exported
    room.erp_behaves("ok")
    room.exports(item_id)

    # Then there is one record, and it is the newer revision's
    assert [record["revision"] for record in room.records(item_id)] == [2]
    assert room.item(item_id).state is State.SYNCED


def test_an_outcome_that_stays_unknown_fails_and_says_so(
    room: Room, commitments: Commitments
) -> None:
    # Given an ERP that talks gibberish, and three tries
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("garbage")
    room.exports(item_id)
    with_writes_unknown: dict[str, Any] = {"mode": "garbage_after", "kinds": ("commitment",)}
    for _ in range(2):
        room.erp_behaves(**with_writes_unknown)
        with room.program.ledger.work() as work:
            work.item(item_id).unsettled = False  # as if each write were the first
        room.tries_again(item_id)

    # Then it failed, with the cause in words and who can tell
    item = room.item(item_id)
    assert item.state is State.FAILED
    assert item.cause
    assert item.cause.message.startswith("outcome unknown")
    assert "link the record or export again" in item.cause.who_can_fix
    assert room.outcomes(item_id) == ["OutcomeUnknown"] * 3

    # And it is remembered that it may be there: a retry looks first
    assert item.unsettled
