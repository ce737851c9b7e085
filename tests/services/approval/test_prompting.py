"""Prompting: the setting accepts, or approvers are alerted; held-back alerts say why."""

import pytest

from gatepost.domain.lifecycle import State
from gatepost.messages.requests import Review
from tests.services.desk import ANN, BO, Desk, data, item_id

WAITS = "it needs a decision"
ALERTED = [("Ann Ode", "waiting", WAITS), ("Bo Lind", "waiting", WAITS)]


def test_the_approvers_are_alerted(desk: Desk) -> None:
    desk.sends()
    assert desk.mails() == ALERTED
    assert len(desk.waiting("PostMail")) == 2


def test_alerts_of_one_transaction_to_one_person_are_one_mail(desk: Desk) -> None:
    # Given three items that arrive together
    names = ("pm-1", "pm-2", "pm-3")
    desk.arrives(*(desk.incoming(data(external_id=name)) for name in names))
    # Then each has its row for each approver, and each approver one mail to be posted
    assert len(desk.mails()) == 6
    assert len(desk.waiting("PostMail")) == 2


def test_a_resend_after_a_reject_alerts_nobody_and_says_why(desk: Desk) -> None:
    # Given a sub job that Ann rejected
    desk.sends("sub_job")
    desk.asks("reject", ANN, "sub_job", revision=1, comment="wrong cost code")
    decided = desk.item("sub_job").decided_at
    before = len(desk.mails())
    # When it is corrected and sent again
    desk.sends("sub_job", revision=2)
    # Then it waits for a decision, and no approver is told at once
    assert desk.item("sub_job").state is State.SENT
    reason = f"held back: resend after reject by Ann Ode, {decided:%Y-%m-%d %H:%M} UTC"
    assert desk.mails()[before:] == [
        ("Ann Ode", "held_back", reason),
        ("Bo Lind", "held_back", reason),
    ]
    assert len(desk.waiting("PostMail")) == before, "nothing more to be posted"


def test_a_second_resend_alerts_nobody_either(desk: Desk) -> None:
    desk.sends()
    for revision, by in ((1, ANN), (2, BO)):
        desk.asks("reject", by, revision=revision, comment="no")
        desk.sends(revision=revision + 1)
    assert [status for _, status, _ in desk.mails()] == ["waiting"] * 2 + ["held_back"] * 4
    assert "reject by Bo Lind" in desk.mails()[-1][2], "the last reject is the reason"


def test_a_resend_after_a_failure_that_was_rejected_alerts_nobody(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    desk.fails()
    desk.asks("reject", revision=1, comment="unknown vendor")
    desk.sends(revision=2)
    assert {status for _, status, _ in desk.mails()[2:]} == {"held_back"}


def test_a_resend_after_a_retrieval_alerts_again(desk: Desk) -> None:
    desk.sends()
    desk.asks("retrieve", "uma@acme.example")
    desk.sends()
    assert desk.mails() == ALERTED * 2


def test_an_update_of_what_is_synced_alerts_again(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    desk.exports()
    desk.sends(revision=2)
    assert desk.mails() == ALERTED * 2


def test_an_approver_who_sent_it_is_not_alerted_the_other_is(desk: Desk) -> None:
    desk.sends(sent_by={"email": ANN, "name": "Ann Ode"})
    assert desk.mails() == [
        ("Ann Ode", "held_back", "held back: Ann Ode sent it and may not accept it"),
        ("Bo Lind", "waiting", WAITS),
    ]


def test_what_moved_on_is_prompted_for_no_more(desk: Desk) -> None:
    # Given an item whose prompt was late: it is decided already
    desk.sends()
    desk.asks("accept", revision=1)
    # When the prompt comes
    for revision in (1, 2):
        with desk.ledger.work() as work:
            work.send(Review(item_id=item_id(), revision=revision))
        desk.settle()
    # Then nobody is told
    assert desk.mails() == ALERTED


# --- the company's setting -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["commitment", "change_order", "invoice"])
def test_the_setting_accepts_three_kinds(desk: Desk, kind: str) -> None:
    desk.set_up(auto_accept=["commitment", "change_order", "invoice"])
    desk.sends()
    item = desk.sends(kind)
    assert item.state is State.EXPORTING
    assert item.decided_by == "auto-accept"
    assert desk.mails() == [], "no approver is alerted"
    (told,) = [
        event["data"]
        for event in desk.told
        if event["type"] == "gatepost.item.accepted.v1" and event["data"]["kind"] == kind
    ]
    assert (told["by"], told["channel"]) == ("auto-accept", "setting")


@pytest.mark.parametrize("kind", ["project", "sub_job"])
def test_the_other_two_always_meet_a_person(desk: Desk, kind: str) -> None:
    desk.set_up(auto_accept=["commitment", "change_order", "invoice"])
    assert desk.sends(kind).state is State.SENT
    assert desk.mails() == ALERTED


def test_without_the_setting_nothing_passes_by_itself(desk: Desk) -> None:
    desk.set_up(auto_accept=["invoice"])
    assert desk.sends().state is State.SENT
    assert desk.sends("invoice").state is State.EXPORTING


def test_the_setting_accepts_a_resend_after_a_reject(desk: Desk) -> None:
    desk.sends()
    desk.asks("reject", revision=1, comment="no")
    desk.set_up(auto_accept=["commitment"])
    assert desk.sends(revision=2).state is State.EXPORTING
