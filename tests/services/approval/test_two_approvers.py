"""What two approvers accept is one and the same, and nobody changes it alone."""

from gatepost.domain.items import Origin
from gatepost.domain.lifecycle import State, Step
from gatepost.domain.linking import unlink
from gatepost.domain.permissions import Permission, permissions
from tests.services.desk import ANN, BO, OMAR, Desk


def large(desk: Desk) -> None:
    desk.set_up(second_approval_above="10000.00")
    desk.sends()


def test_the_second_accepts_what_the_first_did(desk: Desk) -> None:
    # Given an item that the first approver has accepted with a date
    large(desk)
    desk.asks("accept", ANN, revision=1, entries={"accounting_date": "2026-11-01"})

    # When the second accepts it with another one, then that is refused
    other = desk.asks("accept", BO, revision=1, entries={"accounting_date": "2027-01-01"})
    assert other.outcome == "not_allowed"
    assert other.problems[0].message.startswith("Ann Ode has accepted it with other entries")
    assert desk.waiting("Export") == []

    # And as it is, it passes with the first one's date
    assert desk.asks("accept", BO, revision=1).outcome == "done"
    assert desk.item().entries == {"erp_number": "SC-1001", "accounting_date": "2026-11-01"}


def test_the_history_says_what_was_entered(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", ANN, revision=1, entries={"accounting_date": "2026-11-01"})
    rows = [row for row in desk.rows_of_history() if row["what"] == "accepted"]
    entries = {"erp_number": "SC-1001", "accounting_date": "2026-11-01"}
    assert [row["detail"] for row in rows] == [{"entries": entries}]


def failed(desk: Desk) -> None:
    """Two have accepted it, and the ERP refused it."""
    large(desk)
    desk.asks("accept", ANN, revision=1)
    desk.asks("accept", BO, revision=1)
    desk.fails()


def may_retry(desk: Desk, person: str) -> Permission:
    company = desk.ledger.directory().company("acme")
    found = permissions(desk.item(), company.must_know(person), company)
    return next(each for each in found if each.step is Step.RETRY)


def test_what_two_have_accepted_is_retried_as_it_is_by_an_operator(desk: Desk) -> None:
    failed(desk)
    assert may_retry(desk, OMAR).allowed
    assert desk.asks("retry", OMAR).outcome == "done"


def test_two_correct_what_two_have_accepted(desk: Desk) -> None:
    # Given a large item that failed, for the date that was entered
    failed(desk)
    december, january = {"accounting_date": "2026-12-01"}, {"accounting_date": "2027-01-02"}
    assert may_retry(desk, ANN).allowed

    # When one approver corrects it, once more, and anew
    assert desk.asks("retry", ANN, entries=january).outcome == "done"
    assert desk.asks("retry", ANN, entries=january).outcome == "unchanged"
    assert desk.asks("retry", ANN, entries=december).outcome == "done"

    # Then it waits for another one, where it stood, and says so beforehand
    item = desk.item()
    assert (item.state, item.waits_for) == (
        State.FAILED,
        "a second approver: Ann Ode has corrected it",
    )
    assert item.cause
    requests = len(desk.waiting("Export"))
    assert "a second approver" in may_retry(desk, ANN).why_not
    assert (may_retry(desk, OMAR).allowed, may_retry(desk, BO).allowed) == (False, True)
    assert desk.asks("retry", OMAR).outcome == "not_entitled"
    assert desk.asks("retry", ANN).outcome == "unchanged"

    # When the other one would have it otherwise, then that is refused; as it is, it is exported
    assert desk.asks("retry", BO, entries=january).outcome == "not_allowed"
    assert desk.asks("retry", BO, entries=december).outcome == "done"
    item = desk.item()
    assert (item.state, item.waits_for, item.entries["accounting_date"]) == (
        State.EXPORTING,
        "",
        "2026-12-01",
    )
    assert len(desk.waiting("Export")) == requests + 1
    assert ("corrected by the first of two", ANN) in desk.history()
    assert desk.history()[-1] == ("retried", BO)


def test_a_correction_is_rejected_like_any_failure(desk: Desk) -> None:
    failed(desk)
    desk.asks("retry", ANN, entries={"accounting_date": "2026-12-01"})
    assert desk.asks("reject", BO, comment="not in December").outcome == "done"
    assert (desk.item().state, desk.item().first_approval) == (State.REJECTED, None)


def test_a_correction_of_what_the_erp_no_longer_has_still_takes_two(desk: Desk) -> None:
    # Given an update that failed and was corrected by one, of a record that is gone
    failed(desk)
    desk.asks("retry", ANN, entries={"accounting_date": "2026-12-01"})
    with desk.ledger.work() as work:
        item = work.item(desk.item().id)
        item.origin = Origin("PO-1")
        company = work.directory.company("acme")
        # When it is unlinked
        assert unlink(item, company.must_know(ANN), work.now)
    # Then nobody exports it alone, with what only one has seen
    assert desk.asks("retry", ANN).outcome == "unchanged"
    assert desk.asks("retry", BO).outcome == "done"


def test_who_may_not_accept_it_may_not_correct_it(desk: Desk) -> None:
    desk.sends(sent_by={"email": ANN, "name": "Ann Ode"})
    desk.asks("accept", BO, revision=1)
    desk.fails()
    corrected = desk.asks("retry", ANN, entries={"accounting_date": "2026-12-01"})
    assert corrected.outcome == "not_entitled"
    assert desk.asks("retry", BO, entries={"accounting_date": "2026-12-01"}).outcome == "done"


def test_what_was_shown_before_it_was_taken_back_binds_nobody(desk: Desk) -> None:
    # Given an acceptance of a record that was shown, taken back
    desk.sends()
    desk.asks("accept", ANN, revision=1, preview_hash="of what was shown")
    assert desk.item().preview_hash == "of what was shown"
    desk.asks("take_back", ANN)

    # When it is accepted again by somebody who looked at nothing
    assert desk.asks("accept", BO, revision=1).outcome == "done"

    # Then the exporter compares with nothing
    assert desk.item().preview_hash == ""


def test_the_second_agrees_only_while_the_first_counts(desk: Desk) -> None:
    # Given an item that Ann has accepted as the first, as it was shown to her
    large(desk)
    dated = {"accounting_date": "2026-11-01"}
    desk.asks("accept", ANN, revision=1, entries=dated, preview_hash="shown to Ann")

    def bo_accepts() -> str:
        other = {"accounting_date": "2027-01-01"}
        return desk.asks(
            "accept", BO, revision=1, entries=other, preview_hash="shown to Bo"
        ).outcome

    assert bo_accepts() == "not_allowed"

    # When her right is taken from her
    desk.set_up(second_approval_above="10000.00", less="can_push_to_accounting = true")

    # Then Bo is the first, with what he enters and saw, and a second one is waited for
    assert bo_accepts() == "done"
    item = desk.item()
    assert item.first_approval
    assert (item.first_approval.by, item.preview_hash) == (BO, "shown to Bo")
    assert item.entries == {"accounting_date": "2027-01-01", "erp_number": "SC-1001"}
    assert desk.waiting("Export") == []
