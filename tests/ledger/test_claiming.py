"""Taking messages out of the ledger: once, by one worker, and never while they are held."""

import pytest

from gatepost.ledger.ledger import Hold
from gatepost.messages.requests import Review
from tests.ledger.office import Office


def test_a_claim_deletes_what_it_gives(office: Office) -> None:
    # Given two messages
    [item] = office.stores("pm-1")
    first, second = office.leaves(item, item)

    # When one is claimed
    [claimed] = office.claims(first)

    # Then it is given as it was left, and only the other is in the table
    assert (claimed.id, claimed.message) == (first, Review(item_id=item, revision=1))
    assert list(office.messages()) == [second]


def test_messages_are_given_in_the_order_in_which_they_were_left(office: Office) -> None:
    ids = office.leaves(*office.stores(*(f"pm-{n}" for n in range(20))))
    assert [one.id for one in office.claims(*reversed(ids))] == ids


def test_a_message_without_a_row_was_done_already_and_is_forgotten(office: Office) -> None:
    # Given a message that was claimed
    ids = office.leaves(*office.stores("pm-1"))
    office.claims(*ids)

    # When the same parcel comes again
    again = office.claims(*ids)

    # Then there is nothing to do, and nothing is left to do
    assert again == []
    assert office.messages() == {}


def test_a_claim_that_is_rolled_back_leaves_the_message(office: Office) -> None:
    [message_id] = office.leaves(*office.stores("pm-1"))

    def fails_halfway() -> None:
        with office.ledger.work() as work:
            office.ledger.claim(work, [message_id])
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fails_halfway()
    assert [one.id for one in office.claims(message_id)] == [message_id]


def test_a_delayed_message_is_held_until_its_time(office: Office) -> None:
    # Given a message that is to wait
    [message_id] = office.leaves(*office.stores("pm-1"), after=60.0)

    # Then its id does not go out, and nobody can claim or lease it
    assert office.left == []
    assert office.claims(message_id) == []
    assert office.leases(message_id) == []
    assert office.swept() == []
    assert 55 < office.due_in(message_id) <= 60

    # When its time has come, then the sweep offers it and it can be claimed
    office.time_passes(message_id)
    assert office.swept() == [message_id]
    assert [one.id for one in office.claims(message_id)] == [message_id]


def test_a_message_for_now_goes_out_with_the_commit(office: Office) -> None:
    [message_id] = office.leaves(*office.stores("pm-1"))
    assert office.left[-1].ids == {"approval": [message_id]}


def test_a_lease_keeps_others_away_and_counts_an_attempt(office: Office) -> None:
    # Given a leased message
    [message_id] = office.leaves(*office.stores("pm-1"))
    [leased] = office.leases(message_id, by="mine")
    assert leased.attempts == 1

    # Then nobody else gets it
    assert office.leases(message_id, by="theirs") == []
    assert office.claims(message_id) == []

    # And only its holder may write what came of it
    with office.ledger.work() as work:
        assert office.ledger.still_held(work, [message_id], "mine") == {message_id}
        assert office.ledger.still_held(work, [message_id], "theirs") == set()


def test_an_expired_lease_can_be_taken_after_the_sweep(office: Office) -> None:
    # Given a lease whose time is over, its holder dead
    [message_id] = office.leaves(*office.stores("pm-1"))
    office.leases(message_id, by="dead")
    office.time_passes(message_id)

    # When the sweep has offered the message
    assert office.swept() == [message_id]

    # Then another worker gets it, and the dead one's outcome would not be written
    [again] = office.leases(message_id, by="alive")
    assert again.attempts == 2
    with office.ledger.work() as work:
        assert office.ledger.still_held(work, [message_id], "dead") == set()


def test_a_parked_message_waits_for_a_person(office: Office) -> None:
    # Given a parked message
    [message_id] = office.leaves(*office.stores("pm-1"))
    with office.ledger.work() as work:
        office.ledger.hold(work, [Hold(message_id, None, "it cannot be done", 5)])

    # Then no parcel, no sweep and no restart touches it
    assert office.claims(message_id) == []
    assert office.leases(message_id) == []
    assert office.swept() == []
    office.ledger.make_due()
    assert office.swept() == []
    row = office.message(message_id)
    assert (row["due_at"], row["attempts"], row["last_error"]) == (None, 5, "it cannot be done")


def test_a_program_that_starts_offers_at_once_what_nobody_holds(office: Office) -> None:
    # Given a message that is free, one that is delayed and one that is leased
    free, leased = office.leaves(*office.stores("pm-1", "pm-2"))
    office.leaves(*office.stores("pm-3"), after=60.0)
    office.leases(leased)

    # When the only program there is starts
    office.ledger.make_due()

    # Then the sweep offers the free one and leaves the others alone
    assert office.swept() == [free]
