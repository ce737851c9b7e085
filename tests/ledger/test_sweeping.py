"""The sweep: what nobody took is offered again, ever more seldom, by whichever worker is first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from gatepost.ledger.ledger import Hold
from gatepost.messages.routes import Queue
from tests.ledger.office import Office


def test_what_is_not_due_is_left_alone(office: Office) -> None:
    office.leaves(*office.stores("pm-1"))
    assert office.swept() == []


def test_only_the_sweep_clears_a_token(office: Office) -> None:
    # Given a message that waits to be retried, its wait over
    [message_id] = office.leaves(*office.stores("pm-1"))
    with office.ledger.work() as work:
        office.ledger.hold(work, [Hold(message_id, 10.0, "the ERP was busy", 1)])
    assert office.message(message_id)["lease_token"] == message_id
    office.time_passes(message_id)

    # When it is swept
    office.swept()

    # Then it is free
    assert office.message(message_id)["lease_token"] is None
    assert office.message(message_id)["dispatches"] == 1


@pytest.mark.parametrize("queue", [Queue.APPROVAL])
def test_ids_are_given_by_queue_in_the_order_they_were_left(office: Office, queue: Queue) -> None:
    ids = office.leaves(*office.stores(*(f"pm-{n}" for n in range(10))))
    office.time_passes(*ids)
    assert office.ledger.sweep() == {queue: ids}


def test_two_sweeps_at_once_never_offer_the_same_message(office: Office) -> None:
    # Given messages that are due
    ids = office.leaves(*office.stores(*(f"pm-{n}" for n in range(50))))
    office.time_passes(*ids)

    # When six workers sweep at the same time
    with ThreadPoolExecutor(6) as pool:
        found = [id for swept in pool.map(lambda _: office.swept(), range(6)) for id in swept]

    # Then each message is offered by one of them
    assert sorted(found) == ids


def test_a_ledger_without_a_relay_leaves_its_messages_to_any_sweep(office: Office) -> None:
    # Given a program that only writes: the command line, the API
    office.ledger.on_commit = None
    [message_id] = office.leaves(*office.stores("pm-1"))

    # Then the message is due at once
    assert office.swept() == [message_id]
