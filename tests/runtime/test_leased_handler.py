"""Leased work: prepared, called with no transaction open, recorded; whatever goes wrong between."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.runtime import outside
from gatepost.runtime.outside import SAFETY, LeasedHandler
from gatepost.runtime.service import Prepared, Report
from tests.ledger.office import Office, note, until


@dataclass(frozen=True)
class Call:
    message: Claimed


def nothing(*_: object) -> None:
    """Do nothing about it."""


@dataclass
class Scripted:
    """Outside work that does what a test says; by default it all goes well."""

    limit: int = 100
    lease_seconds: float = 60.0
    call_seconds: float = 5.0
    preparing: Callable[[Claimed], None] = nothing
    calling: Callable[[Call], None] = nothing
    recording: Callable[[Call], None] = nothing
    performed: list[list[str]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        for one in messages:
            self.preparing(one)
        return Prepared(calls=[Call(one) for one in messages])

    def perform(self, calls: Sequence[Any], deadline: float, report: Report) -> None:
        self.performed.append([call.message.id for call in calls])
        self.deadlines.append(deadline)
        for call in calls:
            self.calling(call)
            report(call, "fine")

    def record(self, work: Work, outcomes: Sequence[tuple[Any, Any]]) -> list[Hold]:
        for call, _ in outcomes:
            self.recording(call)
            note(call.message.message, work)
        return []


def handler_of(office: Office, work: Scripted, *, attempts: int = 4) -> LeasedHandler:
    return LeasedHandler(office.ledger, work, dispatch=dispatched.append, attempts=attempts)


dispatched: list[Sequence[str]] = []


@pytest.fixture(autouse=True)
def nothing_is_dispatched_yet() -> None:
    dispatched.clear()


def test_calls_are_made_once_and_recorded_once(office: Office) -> None:
    # Given five messages
    items = office.stores(*(f"pm-{n}" for n in range(5)))
    ids = office.leaves(*items)

    # When their parcel comes twice
    work = Scripted()
    handler = handler_of(office, work)
    handler(ids)
    handler(ids)

    # Then each was called and recorded once, and is gone
    assert Counter(id for calls in work.performed for id in calls) == dict.fromkeys(ids, 1)
    assert office.effects() == dict.fromkeys(items, 1)
    assert office.messages() == {}


def test_no_transaction_is_open_while_the_other_side_is_called(office: Office) -> None:
    # Given a call that writes into the ledger itself: on SQLite it would wait for the writer
    [item] = office.stores("pm-1")
    ids = office.leaves(item)
    written = threading.Event()

    def writes(call: Call) -> None:
        office.stores("pm-2")
        written.set()

    # When it is made, then it did not have to wait
    handler_of(office, Scripted(calling=writes))(ids)
    assert written.is_set()


def test_more_than_fits_the_lease_is_offered_to_others(office: Office) -> None:
    ids = office.leaves(*office.stores(*(f"pm-{n}" for n in range(5))))
    work = Scripted(limit=2)
    handler_of(office, work)(ids)
    assert work.performed == [ids[:2]]
    assert dispatched == [ids[2:]]


def test_a_late_outcome_is_refused(office: Office) -> None:
    # Given a call during which the lease ends and another worker takes the message
    items = office.stores("pm-1", "pm-2")
    ids = office.leaves(*items)

    def loses_its_lease(call: Call) -> None:
        if call.message.id == ids[0]:
            office.time_passes(ids[0])
            assert office.swept() == [ids[0]]
            assert office.leases(ids[0], by="theirs")

    # When the call comes back
    handler_of(office, Scripted(calling=loses_its_lease))(ids)

    # Then its outcome is not written, its neighbour's is, and the other's lease stands
    assert office.effects() == {items[1]: 1}
    assert office.message(ids[0])["lease_token"] == "theirs"


def test_an_outcome_is_kept_while_the_database_is_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database that goes away while the other side is called, for three tries
    monkeypatch.setattr(outside, "_TROUBLE_PAUSE", 0.01)
    items = office.stores("pm-1", "pm-2")
    ids = office.leaves(*items)
    trouble = [away(), away(), away()]

    def is_away(call: Call) -> None:
        if trouble:
            raise trouble.pop()

    # When the calls come back
    work = Scripted(recording=is_away)
    handler_of(office, work)(ids)

    # Then their outcomes are written when it is back; nothing was called again or counted
    assert office.effects() == dict.fromkeys(items, 1)
    assert sum(map(len, work.performed)) == 2
    assert office.messages() == {}


def test_an_outcome_is_given_up_when_its_lease_has_ended(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a database that stays away, and a lease that ends meanwhile
    monkeypatch.setattr(outside, "_TROUBLE_PAUSE", 0.01)
    ids = office.leaves(*office.stores("pm-1"))
    now = [1000.0]
    monkeypatch.setattr(outside, "boottime", lambda: now[0])

    def is_away(call: Call) -> None:
        now[0] += 25.0
        raise away()

    # When the call comes back, then the trouble is passed on: the sweep owns the message
    with pytest.raises(OperationalError):
        handler_of(office, Scripted(recording=is_away))(ids)
    assert office.message(ids[0])["attempts"] == 1
    assert office.message(ids[0])["last_error"] is None


def test_no_call_may_begin_that_could_outlast_its_lease(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a lease of 60 seconds, and calls that may take 5
    ids = office.leaves(*office.stores("pm-1"))
    monkeypatch.setattr(outside, "boottime", lambda: 1000.0)

    # When calls are made, then none may begin later than that allows, with a second to spare
    work = Scripted()
    handler_of(office, work)(ids)
    assert work.deadlines == [1000.0 + 60.0 - 5.0 - SAFETY]


def test_the_clock_of_the_deadline_goes_on_while_the_machine_sleeps() -> None:
    assert outside.boottime() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=1)


def test_a_caller_that_fails_leaves_the_rest_to_the_end_of_the_leases(office: Office) -> None:
    # Given a caller that breaks at the second of three calls
    items = office.stores("pm-1", "pm-2", "pm-3")
    ids = office.leaves(*items)

    def breaks(call: Call) -> None:
        if call.message.id == ids[1]:
            raise RuntimeError("no more threads")

    # When it is called
    handler_of(office, Scripted(calling=breaks))(ids)

    # Then the first outcome is recorded, and the others are held until their leases end
    assert office.effects() == {items[0]: 1}
    assert set(office.messages()) == set(ids[1:])
    assert all(50 < office.due_in(id) <= 60 for id in ids[1:])


def test_a_call_that_never_returns_holds_no_worker_beyond_its_lease(office: Office) -> None:
    # Given one call that does not return, behind one that does
    items = office.stores("pm-1", "pm-2")
    ids = office.leaves(*items)
    released, ends = threading.Event(), []

    def never_returns(call: Call) -> None:
        if call.message.id == ids[1]:
            ends.append(office.message(ids[1])["due_at"])
            released.wait(120)

    work = Scripted(
        lease_seconds=1.5,
        call_seconds=-10.0,  # so that calls may be begun within so short a lease
        calling=never_returns,
    )

    # When they are handled
    handler_of(office, work)(ids)

    # Then the worker is free again, the one is done, and the other's lease ends when it was to
    assert not released.is_set()
    released.set()
    assert set(office.messages()) == {ids[1]}
    assert [office.message(ids[1])["due_at"]] == ends, "it was not prolonged"
    until(lambda: office.due_in(ids[1]) <= 0, "its lease has ended")


def test_an_outcome_that_cannot_be_recorded_hurts_nobody_else(office: Office) -> None:
    # Given three calls, one of whose outcomes cannot be written down
    items = office.stores("pm-1", "pm-2", "pm-3")
    ids = office.leaves(*items)

    def is_odd(call: Call) -> None:
        if call.message.id == ids[1]:
            raise ValueError("what an odd answer")

    # When they come back
    handler_of(office, Scripted(recording=is_odd))(ids)

    # Then the others are recorded, and it is put off with its cause
    assert office.effects() == {items[0]: 1, items[2]: 1}
    row = office.message(ids[1])
    assert (row["attempts"], row["last_error"]) == (1, "ValueError: what an odd answer")


@pytest.mark.parametrize("where", ["preparing", "recording"])
def test_what_always_fails_is_parked_with_its_cause(office: Office, where: str) -> None:
    # Given a message that can never be prepared, or never recorded, and two tries
    items = office.stores("pm-1", "pm-2")
    ids = office.leaves(*items)

    def fails(what: Any) -> None:  # noqa: ANN401 - a call or a message
        message = what.message if isinstance(what, Call) else what
        if message.id == ids[0]:
            raise ValueError("never")

    work = Scripted()
    setattr(work, where, fails)
    handler = handler_of(office, work, attempts=2)

    # When it has had them
    handler(ids)
    office.time_passes(ids[0])
    office.swept()
    handler(ids[:1])

    # Then it is parked, and its neighbour is done
    row = office.message(ids[0])
    assert (row["due_at"], row["last_error"]) == (None, "ValueError: never")
    assert office.effects() == {items[1]: 1}


def test_a_suspect_is_tried_alone(office: Office) -> None:
    # Given a message that was leased twice by workers that never came back
    ids = office.leaves(*office.stores("pm-1", "pm-2", "pm-3"))
    for _ in range(2):
        office.leases(ids[1])
        office.time_passes(ids[1])
        office.swept()

    # When its parcel comes
    work = Scripted()
    handler_of(office, work)(ids)

    # Then its neighbours are called before it, and it is called by itself
    assert work.performed == [[ids[0], ids[2]], [ids[1]]]


def test_a_call_that_kills_its_process_again_and_again_is_parked(office: Office) -> None:
    # Given a message that was leased by as many workers as it has tries; all of them died
    items = office.stores("pm-1", "pm-2")
    ids = office.leaves(*items)
    for _ in range(4):
        office.leases(ids[0])
        office.time_passes(ids[0])
        office.swept()

    # When its parcel comes once more
    work = Scripted()
    handler_of(office, work, attempts=4)(ids)

    # Then it is not called, but parked; its neighbour is done
    assert work.performed == [[ids[1]]]
    row = office.message(ids[0])
    assert (row["due_at"], row["last_error"]) == (None, "its process died")
    assert office.effects() == {items[1]: 1}


def away() -> OperationalError:
    return OperationalError("select 1", {}, Exception("the server closed the connection"))
