"""Deciding on a page: one rule set, and an answer to whoever waits."""

import pytest

from gatepost.domain.lifecycle import State
from tests.services.desk import ANN, BO, OMAR, RITA, Desk, data, why

STRANGER = "sam@elsewhere.example"


# --- accepting and rejecting ---------------------------------------------------------------------


def test_what_is_accepted_goes_to_the_exporter(desk: Desk) -> None:
    desk.sends()
    outcome = desk.asks("accept", revision=1, entries={"accounting_date": "2026-11-20"})
    assert outcome.outcome == "done"
    item = desk.item()
    entries = {"erp_number": "SC-1001", "accounting_date": "2026-11-20"}
    assert (item.state, item.entries) == (State.EXPORTING, entries)
    (request,) = desk.waiting("Export")
    assert item.export_id == request["id"]
    assert request["body"] == {"item_id": item.id, "answered": False, "revision": 1, "lane": ""}
    assert desk.facts() == ["received", "accepted"]
    assert desk.told[-1]["data"]["by"] == ANN
    assert desk.history()[-1] == ("accepted", ANN)


def test_what_is_rejected_goes_back_to_its_source(desk: Desk) -> None:
    desk.sends()
    outcome = desk.asks("reject", revision=1, comment="wrong cost code", reason_code="cost_code")
    assert outcome.outcome == "done"
    told = desk.told[-1]["data"]
    assert (told["state"], told["badge"], told["editable"]) == ("rejected", "yellow", True)
    assert (told["comment"], told["reason_code"]) == ("wrong cost code", "cost_code")
    assert len(desk.waiting("TellOfRejection")) == 1
    assert desk.waiting("Export") == []


def test_a_rejection_without_a_comment_is_refused(desk: Desk) -> None:
    desk.sends()
    outcome = desk.asks("reject", revision=1)
    assert outcome.outcome == "incomplete"
    assert why(outcome) == "a commitment cannot be rejected without a short explanation"
    assert desk.item().state is State.SENT
    assert desk.facts() == ["received"], "whoever asks on a page is answered there"


def test_the_same_decision_again_changes_nothing(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", ANN, revision=1)
    assert desk.asks("accept", BO, revision=1).outcome == "unchanged"
    assert len(desk.waiting("Export")) == 1
    assert desk.item().decided_by == ANN


def test_a_contrary_decision_is_told_who_was_first(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", ANN, revision=1)
    outcome = desk.asks("reject", BO, revision=1, comment="no")
    assert outcome.outcome == "already_decided"
    assert why(outcome).startswith("Ann Ode accepted it first, at ")
    assert desk.history()[-1] == ("reject refused", BO)


def test_a_decision_for_an_earlier_revision_is_refused(desk: Desk) -> None:
    desk.sends()
    desk.sends(revision=2)
    outcome = desk.asks("accept", revision=1)
    assert outcome.outcome == "stale_decision"
    assert "made for revision 1, the item is at revision 2 now" in why(outcome)
    assert desk.item().state is State.SENT


def test_a_decision_on_what_moved_on_is_told_what_changed(desk: Desk) -> None:
    # Given an approver who looked at revision 1, and a source that corrected it meanwhile
    first = desk.sends()
    lines = [{"external_id": "l-1", "cost_code": "05-130", "amount": "12400.00"}]
    content = data()["content"] | {"lines": lines}
    desk.sends(revision=2, title="Steel, tower B", content=content)

    # When she accepts what she saw
    outcome = desk.asks("accept", revision=1)

    # Then she is told what is different, after the reason itself
    assert outcome.outcome == "stale_decision"
    reason, *changed = outcome.problems
    assert reason.field == "revision"
    assert [(each.field, each.rule, each.message) for each in changed] == [
        ("title", "changed", f"title: was {first.title}, now Steel, tower B"),
        (
            "content.lines[l-1].cost_code",
            "changed",
            "line l-1, cost code: was 05-120, now 05-130",
        ),
    ]


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (RITA, "Rita Holm lacks the level Standard or Admin on the ERP tool"),
        (OMAR, "Omar Said lacks the level Standard or Admin on the ERP tool"),
        (STRANGER, f"{STRANGER} is not in the directory of Acme Builders"),
    ],
)
@pytest.mark.parametrize("action", ["accept", "reject", "take_back"])
def test_who_may_not_decide_is_told_what_is_missing(
    desk: Desk, action: str, by: str, sentence: str
) -> None:
    desk.sends()
    outcome = desk.asks(action, by, revision=1, comment="no")
    assert (outcome.outcome, why(outcome)) == ("not_entitled", sentence)
    assert desk.item().state is State.SENT


def test_an_item_nobody_knows_is_answered_too(desk: Desk) -> None:
    outcome = desk.asks("accept", kind="invoice")
    assert outcome.outcome == "not_found"
    assert desk.told == []


# --- retrying ------------------------------------------------------------------------------------


def test_what_failed_is_tried_again_with_corrected_entries(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1, entries={"erp_number": "C-1", "accounting_date": "2026-11-20"})
    first = desk.item().export_id
    desk.fails()
    outcome = desk.asks("retry", BO, entries={"erp_number": "C-2"})
    assert outcome.outcome == "done"
    item = desk.item()
    assert item.entries == {"erp_number": "C-2", "accounting_date": "2026-11-20"}
    assert (item.state, item.attempts, item.cause) == (State.EXPORTING, 0, None)
    assert item.export_id != first, "the earlier request is outdated"
    assert desk.history()[-1] == ("retried", BO)


def test_an_operator_tries_again_but_corrects_nothing(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    desk.fails()
    assert desk.asks("retry", OMAR, entries={"erp_number": "C-2"}).outcome == "not_entitled"
    assert desk.asks("retry", OMAR).outcome == "done"
    assert desk.asks("retry", OMAR).outcome == "unchanged", "it is under way"


def test_what_did_not_fail_is_not_retried(desk: Desk) -> None:
    desk.sends()
    assert why(desk.asks("retry")) == "a sent item cannot be retried"


# --- taking back ---------------------------------------------------------------------------------


def test_an_acceptance_is_taken_back_within_the_grace_window(desk: Desk) -> None:
    # Given an item accepted with a minute's grace
    desk.set_up(grace_seconds=60)
    desk.sends()
    desk.asks("accept", revision=1)
    (request,) = desk.waiting("Export")
    assert request["lease_token"], "held: the exporter cannot take it before the minute is over"
    # When it is taken back
    assert desk.asks("take_back", BO).outcome == "done"
    # Then it waits for a decision again, and its source knows
    assert desk.item().state is State.SENT
    assert desk.told[-1]["type"] == "gatepost.item.received.v1"
    assert desk.asks("reject", BO, revision=1, comment="no").outcome == "done"


def test_nothing_is_taken_back_after_a_call(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    with desk.ledger.work() as work:
        work.item(desk.item().id).attempts = 1
    outcome = desk.asks("take_back")
    assert why(outcome) == "the ERP was called already; it cannot be taken back"
    assert desk.item().state is State.EXPORTING


# --- the company's words -------------------------------------------------------------------------


def test_who_sent_it_may_not_accept_it_unless_the_company_says_so(desk: Desk) -> None:
    desk.sends(sent_by={"email": ANN, "name": "Ann Ode"})
    outcome = desk.asks("accept", ANN, revision=1)
    assert why(outcome) == "Ann Ode sent this commitment and may not accept it too"
    desk.set_up(self_acceptance=True)
    assert desk.asks("accept", ANN, revision=1).outcome == "done"


def test_a_company_may_want_a_comment_for_every_rejection(desk: Desk) -> None:
    desk.sends("project")
    desk.set_up(reject_comment="required")
    assert desk.asks("reject", kind="project", revision=1).outcome == "incomplete"
    desk.set_up(reject_comment="optional")
    assert desk.asks("reject", kind="project", revision=1).outcome == "done"


def test_a_large_amount_takes_two_approvers(desk: Desk) -> None:
    # Given a company where more than 10,000 takes two
    desk.set_up(second_approval_above="10000.00")
    desk.sends()

    # When the first accepts
    assert desk.asks("accept", ANN, revision=1).outcome == "done"

    # Then it is written down, and nothing is exported
    assert desk.item().state is State.SENT
    assert desk.waiting("Export") == []
    assert desk.history()[-1] == ("accepted by the first of two", ANN)
    assert desk.facts() == ["received"]

    # And the second lets it pass
    assert desk.asks("accept", BO, revision=1).outcome == "done"
    assert desk.item().state is State.EXPORTING
    assert len(desk.waiting("Export")) == 1
    assert desk.facts() == ["received", "accepted"]
