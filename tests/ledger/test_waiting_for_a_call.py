"""Messages that wait for somebody named: nobody else gets them, and they are still swept."""

from gatepost.ledger.ledger import Hold
from gatepost.messages.requests import Export, Review
from tests.ledger.office import Office

CALLER = "call:acme/books"


def test_what_waits_for_a_caller_is_his_and_nobody_else_s(office: Office) -> None:
    # Given two messages that wait for a caller, and one that merely waits
    first, second, other = office.leaves(*office.stores("pm-1", "pm-2", "pm-3"))
    with office.ledger.work() as work:
        holds = [Hold(each, 300.0, "not called yet", 0, CALLER) for each in (second, first)]
        office.ledger.hold(work, [*holds, Hold(other, 300.0, "later", 0)])
    assert office.claims(first, second, other) == []

    # When others ask, and when he asks for another kind of message, then there is nothing
    assert (_let_go(office, "call:acme/other"), _let_go(office, CALLER, Export.TYPE)) == (
        None,
        None,
    )

    # When he asks, then he is given the oldest, which he alone takes; and then the next
    assert _let_go(office, CALLER) == first
    assert [one.id for one in office.leases(first)] == [first]
    assert _let_go(office, CALLER) == second
    assert _let_go(office, CALLER) is None


def test_a_caller_who_never_comes_leaves_nothing_behind_the_sweep(office: Office) -> None:
    # Given a message that waits for a caller
    [message_id] = office.leaves(*office.stores("pm-1"))
    with office.ledger.work() as work:
        office.ledger.hold(work, [Hold(message_id, 300.0, "not called yet", 0, CALLER)])

    # When its time has passed, then it is offered to everybody again, and no longer his
    office.time_passes(message_id)
    assert office.swept() == [message_id]
    assert _let_go(office, CALLER) is None


def _let_go(office: Office, token: str, kind: str = Review.TYPE) -> str | None:
    with office.ledger.work() as work:
        return office.ledger.let_go(work, token, (kind,))
