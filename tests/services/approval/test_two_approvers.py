"""What two approvers accept is one and the same, and nobody changes it alone."""

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


def test_nobody_corrects_alone_what_two_have_accepted(desk: Desk) -> None:
    large(desk)
    desk.asks("accept", ANN, revision=1)
    desk.asks("accept", BO, revision=1)
    desk.fails()
    corrected = desk.asks("retry", BO, entries={"accounting_date": "2026-12-01"})
    assert corrected.outcome == "not_entitled"
    assert "two approvers" in corrected.problems[0].message
    assert desk.asks("retry", OMAR).outcome == "done"


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
