"""Exports from the request to the record: whatever the ERP does, there is one record, or none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from gatepost.domain.lifecycle import State
from gatepost.ledger.exports import ask_for_export
from gatepost.runtime.outside import boottime
from gatepost_exporter import calls
from gatepost_exporter.exporting import Exporting
from gatepost_exporter.limits import Limits
from tests.journeys import company
from tests.ledger.office import until
from tests.services.exporter.room import Room
from tests.services.exporter.test_connector import an_erp_that_answers

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


def test_a_write_that_surely_was_not_made_is_made_after_looking(
    room: Room, commitments: Commitments
) -> None:
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("timeout_before", delay=0.5)
    room.exports(item_id)
    assert room.records(item_id) == []
    room.erp_behaves("ok")
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
    request = room.request_of(item_id)
    with room.program.ledger.work() as work:
        leased = room.program.ledger.lease(work, [request], "dead", 60.0)
        prepared = room.exporting.prepare(work, leased)
    [call] = prepared.calls
    call.line.connector.create(call.item)
    room.program.redis.flushall()  # its slots end with their lease

    # When its lease has ended and another worker takes the message
    room.tries_again(item_id)

    # Then the record is adopted
    assert len(room.records(item_id)) == 1
    assert room.item(item_id).state is State.SYNCED
    assert room.outcomes(item_id) == [None, "Done"]


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
    room = a_room(breaker_wait=0.05)
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


def test_a_paused_connection_is_not_used(room: Room, commitments: Commitments) -> None:
    # Given a connection that a person has paused
    [item_id] = room.accepts(*commitments())
    _pause(room, "the year is being closed")

    # When an export is due
    room.exports(item_id)

    # Then the ERP is left alone, no try is burned, and the item says what it waits for
    assert room.records(item_id) == []
    item = room.item(item_id)
    assert (item.state, item.attempts) == (State.EXPORTING, 0)
    assert "the year is being closed" in item.waits_for
    assert room.waits(item_id) > 30

    # And it goes on when it is resumed
    _pause(room, None)
    room.tries_again(item_id)
    assert room.item(item_id).state is State.SYNCED


def test_options_that_do_not_fit_pause_the_connection_and_no_item_fails(
    room: Room, commitments: Commitments
) -> None:
    # Given a connection whose options lack the ERP's address
    items = room.accepts(*commitments(5))
    _options(room, {})

    # When five items are exported
    room.exports(*items)

    # Then the connection is paused and says why, and the items wait
    assert room.connection()["paused"]
    assert "url: Field required" in room.connection()["paused_because"]
    assert {room.item(item_id).state for item_id in items} == {State.EXPORTING}


def test_wrong_credentials_pause_the_connection_once_and_no_item_fails(
    room: Room, commitments: Commitments
) -> None:
    # Given an ERP that does not take our credentials
    items = room.accepts(*commitments(5))
    with an_erp_that_answers(NOT_YOU) as url:
        _options(room, {"url": url, "timeout": 0.3, "settle": 0.6})

        # When five items are exported, again and again
        room.exports(*items)
        tries = [len(room.outcomes(item_id)) for item_id in items]
        room.tries_again(*items)

        # Then the connection is paused after the first parcel, and nothing is burned or failed
        assert room.connection()["paused"]
        assert [len(room.outcomes(item_id)) for item_id in items] == tries
    assert {room.item(item_id).attempts for item_id in items} == {0}
    assert {room.item(item_id).state for item_id in items} == {State.EXPORTING}


def test_a_minute_has_so_many_calls(a_room: MakeRoom, commitments: Commitments) -> None:
    # Given a connection that takes three calls a minute
    room = a_room({'connector = "sandbox"': 'connector = "sandbox"\nper_minute = 3'})
    items = room.accepts(*commitments(5))

    # When five items are exported
    room.exports(*items)

    # Then three are written, two wait for the next minute, and no try of theirs is burned
    assert len(room.records(*items)) == 3
    late = [item for item in map(room.item, items) if item.state is State.EXPORTING]
    assert {item.waits_for for item in late} == {"the limit of 3 calls a minute"}
    assert {item.attempts for item in late} == {0}

    # And when it has come, they are written
    room.program.redis.flushall()
    room.tries_again(*items)
    assert len(room.records(*items)) == 5


def test_calls_in_flight_stay_within_the_connections_limit(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given a connection that takes one call at a time, and it is in use elsewhere
    room = a_room({'connector = "sandbox"': 'connector = "sandbox"\nin_flight = 1'})
    [item_id] = room.accepts(*commitments())
    limits = Limits(room.program.redis)
    slots = limits.take("acme/books", limit=1, wanted=1, lease=60.0)

    # When an item is exported
    room.exports(item_id)

    # Then it waits for its turn, and no try is burned
    assert room.item(item_id).waits_for == "all 1 calls to the ERP are in use"
    assert room.item(item_id).attempts == 0

    # And it is exported when the other call is over
    limits.give_back("acme/books", slots.names)
    room.tries_again(item_id)
    assert room.item(item_id).state is State.SYNCED


def test_slots_are_given_back_when_the_calls_are_over(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    room = a_room({'connector = "sandbox"': 'connector = "sandbox"\nin_flight = 2'})
    items = room.accepts(*commitments(7))
    room.exports(*items)
    assert len(room.records(*items)) == 7
    until(lambda: not room.program.redis.exists("gatepost:slots:acme/books"), "slots are free")


def _may_probe(room: Room) -> bool:
    with room.program.ledger.work() as work:
        until_when = room.connection()["open_until"]
        return until_when is None or until_when <= work.now


def _pause(room: Room, why: str | None) -> None:
    room.changes_connection(paused=why is not None, paused_because=why or "")


def _options(room: Room, options: dict[str, Any]) -> None:
    """As an operator changes them: the directory's version rises."""
    room.changes_connection(options=options)
