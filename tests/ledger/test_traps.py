"""The traps of the message ledger that were found by running a prototype: one test for each.

The numbers are those of the list in the notes on the ledger. 1, 3, 4, 5, 9 and 14 are here; 6, 7, 8,
10, 12 and 13 are in ``tests/runtime/test_traps.py``; 2 and 11 are in
``tests/services/exporter/test_traps.py``.
"""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Work
from gatepost.messages.requests import Message
from tests.ledger.office import LONG_AGO, Office, note


def test_trap_1_a_retry_is_not_overtaken_by_a_stale_parcel(office: Office) -> None:
    # Trap 1: a retry set its due time but cleared the token, so a duplicate parcel that was still
    # in the queue claimed it at once, looked too early, and the ERP was written twice.

    # Given a leased message that is to be tried again after a wait
    [message_id] = office.leaves(*office.stores("pm-1"))
    office.leases(message_id)
    with office.ledger.work() as work:
        office.ledger.hold(work, [Hold(message_id, 60.0, "the outcome is not known", 0)])

    # When a stale parcel with its id comes, by either way of taking it
    # Then nobody gets it before its time
    assert office.leases(message_id, by="stale") == []
    assert office.claims(message_id) == []
    assert office.ledger.count_attempt(message_id) is None

    # And a failing handler of somebody else cannot shorten its wait either
    assert office.ledger.fail(message_id, "not mine", limit=1) is None
    assert office.due_in(message_id) > 55


def test_trap_3_the_sweep_doubles_its_wait_with_each_dispatch(office: Office) -> None:
    # Trap 3: rows that wait in a long queue were published again every interval.

    # Given a message that nobody takes, and an interval of 30 seconds
    [message_id] = office.leaves(*office.stores("pm-1"))

    # When it is swept nine times
    waits = []
    for _ in range(9):
        office.time_passes(message_id)
        assert office.swept() == [message_id]
        waits.append(round(office.due_in(message_id)))

    # Then its wait doubles each time, up to 64 intervals
    assert waits == pytest.approx([30, 60, 120, 240, 480, 960, 1920, 1920, 1920], abs=2)
    assert office.message(message_id)["dispatches"] == 9


def test_trap_4_an_attempt_is_counted_before_the_work_that_may_kill_its_process(
    office: Office,
) -> None:
    # Trap 4: an attempt that is counted in the handler's own transaction is rolled back with it,
    # so a killer of processes was never stopped.

    # Given a message in a parcel that is delivered again
    [message_id] = office.leaves(*office.stores("pm-1"))
    seen = []

    def looks(message: Message, work: Work) -> None:
        assert work.handling
        seen.append(work.handling.attempts)
        note(message, work)

    # When it is handled
    office.handles(looks)([message_id], redelivered=True)

    # Then its handler finds the attempt counted; the fast path counts nothing
    assert seen == [1]
    [other] = office.leaves(*office.stores("pm-2"))
    office.handles(looks)([other])
    assert seen == [1, 0]


def test_trap_5_an_expired_lease_does_not_stay_for_ever(office: Office) -> None:
    # Trap 5: a sweep that pushed the due time and left the token made an expired lease unclaimable.

    # Given a lease that ended, swept again and again without a taker
    [message_id] = office.leaves(*office.stores("pm-1"))
    office.leases(message_id, by="dead")
    for _ in range(3):
        office.time_passes(message_id)
        office.swept()

    # Then whoever comes gets it, though it is not due
    assert office.due_in(message_id) > 60
    assert [one.id for one in office.claims(message_id)] == [message_id]


def test_trap_9_parcels_in_any_order_do_not_deadlock_and_duplicates_do_not_wait(
    office: Office,
) -> None:
    # Trap 9: claims and items are locked in the order of their ids, and a claim skips what another
    # worker has in hand.

    # Given two parcels that touch the same items the other way round
    items = office.stores("pm-1", "pm-2", "pm-3")
    there, back = office.leaves(*items), office.leaves(*reversed(items))
    together = threading.Barrier(2, timeout=120)

    def handles(ids: list[str]) -> None:
        handler = office.handles(note)
        together.wait()
        handler(ids)

    # When they are handled at the same time, many times
    for _ in range(10):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(handles, [there, back[::-1]]))
        there, back = office.leaves(*items), office.leaves(*reversed(items))

    # Then all of it is done
    assert office.effects() == Counter(dict.fromkeys(items, 20))


@pytest.mark.servers
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_trap_9_a_duplicate_parcel_comes_back_at_once(office: Office) -> None:
    # Given a worker in the middle of a parcel
    ids = office.leaves(*office.stores("pm-1"))
    with office.ledger.work() as work:
        assert office.ledger.claim(work, ids)

        # When the same parcel reaches another one
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(office.claims, *ids).result(timeout=120)

        # Then it has nothing to do, and did not wait for the first to finish
        assert found == []


def test_trap_14_the_sweep_may_run_everywhere(office: Office) -> None:
    # Trap 14: every service sweeps; what one has offered is not due for the next.

    # Given messages that are due
    ids = office.leaves(*office.stores("pm-1", "pm-2"))
    office.time_passes(*ids)

    # When one service after the other sweeps
    found = [office.swept() for _ in range(4)]

    # Then the first offers them, and the others nothing
    assert found == [ids, [], [], []]
    assert all(row["due_at"] > LONG_AGO for row in office.messages().values())
