"""Whether approvers are alerted about an arrival: the edge cases, told as what happened before."""

from dataclasses import replace
from typing import Final

import pytest

from gatepost.domain.decisions import AUTO_ACCEPT, Decision, Verdict
from gatepost.domain.items import Item, Party
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, Person
from gatepost.domain.policies import (
    accepts_by_itself,
    alert_addressees,
    deserves_alert,
)
from tests.domain.making import ACME, ANN, AT, BO, CAUSE, LATER, ORIGIN, PIA, company, item, sending

HELD_BACK: Final = "resend after reject by Ann Ode, 2026-11-20 14:02 UTC"


def after(story: str, house: Company = ACME) -> Item:
    """The item once all of a story has happened to it, told in the words of its verbs."""
    known = Item.new(sending(revision=1), AT)
    for word in story.split()[1:]:
        revision = known.revision
        match word:
            case "send":
                known.send(sending(revision=revision + 1), LATER)
            case "resend-unchanged":
                known.send(sending(revision=revision), LATER)
            case "retrieve":
                known.retrieve(LATER)
            case "accept" | "auto-accept":
                by = BO if word == "accept" else AUTO_ACCEPT
                known.accept(Decision(Verdict.ACCEPT, by, None, "page"), house, LATER)
            case "reject":
                decision = Decision(Verdict.REJECT, ANN, None, "page", comment="no")
                known.reject(decision, house, AT)
            case "sync":
                known.exported(ORIGIN, LATER)
            case "fail":
                known.export_failed(CAUSE, LATER)
            case "retry":
                known.retry(BO, {}, LATER)
            case "take-back":
                known.take_back(BO, LATER)
            case _:
                raise AssertionError(word)
    return known


@pytest.mark.parametrize(
    ("story", "held_back"),
    [
        ("send", ""),  # the first arrival
        ("send send", ""),  # a higher revision before anyone decided
        ("send retrieve send", ""),  # no reject happened: alert again
        ("send retrieve resend-unchanged", ""),  # nor did it here
        ("send reject send", HELD_BACK),  # whoever rejected it expects it back
        ("send reject resend-unchanged", HELD_BACK),  # even with nothing corrected
        ("send reject send send", HELD_BACK),  # a second correction before a decision
        ("send reject send reject send", HELD_BACK),  # still no alert
        ("send reject send retrieve send", HELD_BACK),  # a retrieval is no decision
        ("send accept fail reject send", HELD_BACK),  # it was rejected, however it came to it
        ("send accept fail retry fail reject send", HELD_BACK),
        ("send auto-accept fail reject send", HELD_BACK),  # accepted by nobody, rejected by Ann
        ("send accept sync send", ""),  # an update of what is in the ERP
        ("send reject send accept sync send", ""),  # the reject was answered by an acceptance
        ("send accept take-back retrieve send", ""),  # an acceptance undone is no reject
        ("send reject send accept take-back retrieve send", HELD_BACK),  # ... nor does it undo one
        ("send reject send accept take-back send", HELD_BACK),
        ("send reject send accept take-back", HELD_BACK),  # back before its approvers
        ("send reject send accept take-back accept sync send", ""),  # answered in the end
        ("send reject resend-unchanged accept fail retry sync send", ""),
        ("send accept sync send reject send", HELD_BACK),  # an update, rejected like any other
    ],
)
def test_an_arrival_deserves_an_alert_unless_it_comes_after_a_reject(
    story: str, held_back: str
) -> None:
    arrived = after(story)
    assert arrived.state is State.SENT
    assert deserves_alert(arrived) == held_back
    # what holds for one approver holds for every other: the summary tells them
    reasons = {each.held_back for each in alert_addressees(arrived, ACME)}
    assert reasons == {held_back}


def test_other_approvers_since_the_reject_get_no_alert_either() -> None:
    # Given an item that Ann rejected, in a company that Ann has left since
    arrived = after("send reject send")
    # When Bo and a new colleague are its approvers now
    new = replace(ANN, email="eve@acme.example", name="Eve Lo")
    told = alert_addressees(arrived, company(BO, new))
    # Then both are written down, and neither is alerted
    assert [(each.name, each.held_back) for each in told] == [
        ("Bo Lind", HELD_BACK),
        ("Eve Lo", HELD_BACK),
    ]


def test_an_approver_who_sent_it_is_not_alerted_the_others_are() -> None:
    arrived = item(sent_by=ANN.email)
    told = {each.name: each.held_back for each in alert_addressees(arrived, ACME)}
    assert told == {"Ann Ode": "Ann Ode sent it and may not accept it", "Bo Lind": ""}


def test_an_approver_who_may_accept_what_they_sent_is_alerted() -> None:
    house = company(self_acceptance=True)
    assert not any(each.held_back for each in alert_addressees(item(sent_by=ANN.email), house))


def test_an_approver_who_made_it_is_alerted_when_another_sent_it() -> None:
    known = after("send")
    known.send(
        sending(revision=2, created_by=Party(ANN.email), sent_by=Party("uma@acme.example")), LATER
    )
    assert not any(each.held_back for each in alert_addressees(known, ACME))


@pytest.mark.parametrize(
    ("changed", "held_back"),
    [
        (replace(BO, daily_summary=False), ""),  # out of the summary, not of the alerts
        (replace(BO, alerts=False), "Bo Lind has opted out of alerts"),
        (replace(BO, alerts=False, daily_summary=False), "Bo Lind has opted out of alerts"),
    ],
)
def test_opting_out_of_one_mail_is_not_opting_out_of_the_other(
    changed: Person, held_back: str
) -> None:
    (told,) = alert_addressees(item(), company(changed))
    assert told.held_back == held_back


@pytest.mark.parametrize("kind", Kind)
def test_alerts_go_to_the_approvers_with_the_right_for_the_kind(kind: Kind) -> None:
    told = {each.email for each in alert_addressees(item(kind), ACME)}
    assert told == {ANN.email, BO.email} | ({PIA.email} if kind is Kind.INVOICE else set())


@pytest.mark.parametrize("kind", Kind)
def test_only_three_kinds_are_ever_accepted_by_the_setting(kind: Kind) -> None:
    wanted = company(auto_accept=frozenset(Kind)).settings
    passes = kind in (Kind.COMMITMENT, Kind.CHANGE_ORDER, Kind.INVOICE)
    assert accepts_by_itself(wanted, item(kind)) is passes
    assert not accepts_by_itself(company().settings, item(kind)), "off unless asked for"
    others = company(auto_accept=frozenset(Kind) - {kind}).settings
    assert not accepts_by_itself(others, item(kind))
