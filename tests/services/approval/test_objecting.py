"""What could not be written is not accepted: the acceptance is refused for what the preview lists."""

from gatepost.domain.lifecycle import State
from gatepost.ledger import reading
from gatepost.ledger.previewing import preview
from gatepost_intake.incoming import open_all
from gatepost_intake.receiving import receive
from tests.services.desk import BO, Desk, data, item_id, why

VENDOR = 'origin = "V-100"\n'
QUICKBOOKS = "quickbooks_desktop"


def listed(desk: Desk) -> list[str]:
    """What the preview of the commitment says against it."""
    with desk.ledger.work() as work:
        item = reading.item_of(desk.ledger, item_id())
        return [problem.message for problem in preview(item, {}, work)["errors"]]


def test_an_acceptance_is_refused_for_all_that_the_preview_lists(desk: Desk) -> None:
    # Given a commitment whose vendor was unlinked since, in a company with another ERP's rules now
    desk.sends(number="SC-1001-NORTH-2")
    desk.set_up(less=VENDOR, profile=QUICKBOOKS)
    found = listed(desk)
    assert len(found) >= 3, "its vendor, its number, the number that is entered"

    # When it is accepted, then every reason is said, each with who can fix it, and nothing changes
    refused = desk.asks("accept", revision=1)
    assert refused.outcome == "not_sendable"
    assert [problem.message for problem in refused.problems] == found
    assert all(problem.who_can_fix for problem in refused.problems)
    assert (desk.item().state, desk.waiting("Export")) == (State.SENT, [])

    # And another item, decided on beside it, is taken
    desk.sends("project")
    accepted = desk.asks("accept", kind="project", revision=1, entries={"customer": "C-1"})
    assert accepted.outcome == "done"

    # When the vendor is linked, and the rules are as they were, then it is accepted
    desk.set_up()
    assert listed(desk) == []
    assert desk.asks("accept", revision=1).outcome == "done"


def test_the_second_of_two_approvers_is_told_what_came_between(desk: Desk) -> None:
    desk.set_up(second_approval_above="1000")
    desk.sends()
    assert desk.asks("accept", revision=1).outcome == "done"
    desk.set_up(less=VENDOR, second_approval_above="1000")
    assert "Aker Steel" in why(desk.asks("accept", by=BO, revision=1))
    assert desk.item().first_approval, "nothing has changed"


def test_what_waits_for_its_parent_is_accepted_in_any_order(desk: Desk) -> None:
    # Given a project, a sub job of it, a commitment, and what is under that: none is in the ERP
    desk.sends("project", external_id="pm-12")
    for kind in ("sub_job", "commitment", "change_order", "invoice"):
        desk.sends(kind)

    # When the children are accepted first
    for kind in ("invoice", "change_order", "sub_job"):
        assert desk.asks("accept", kind=kind, revision=1).outcome == "done"

    # Then they wait for their parents
    waiting = {desk.item(kind).state for kind in ("invoice", "change_order", "sub_job")}
    assert waiting == {State.EXPORTING}
    assert desk.waiting("Export") == []


def test_what_the_setting_would_accept_waits_for_a_person_where_it_cannot_be_written(
    desk: Desk,
) -> None:
    # Given a company that accepts commitments by itself
    desk.set_up(auto_accept=["commitment"])
    with desk.ledger.work() as work:
        receive(open_all([desk.incoming(data())]), work)

    # When the vendor is unlinked before the setting has had its turn
    desk.set_up(less=VENDOR, auto_accept=["commitment"])
    desk.settle()

    # Then it waits for the approvers, who are alerted, and its history says why
    assert desk.item().state is State.SENT
    assert {(who, status) for who, status, _ in desk.mails()} == {
        ("Ann Ode", "waiting"),
        ("Bo Lind", "waiting"),
    }
    row = desk.rows_of_history()[-1]
    assert row["what"] == "not accepted by the setting"
    assert "Aker Steel" in row["comment"]
