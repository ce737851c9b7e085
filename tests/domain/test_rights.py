"""Who may do what: the product's table, row by row, and what a person is told who may not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.domain.decisions import Verdict
from gatepost.domain.errors import NotEntitled
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State, Step
from gatepost.domain.people import ErpTool, Person
from gatepost.domain.permissions import (
    may_operate,
    must_be_sender_for,
    must_see,
    permissions,
    sees_money,
)
from tests.domain.making import ACME, ANN, BO, CARLA, OMAR, PIA, RITA, UMA, company, item


def person(tool: ErpTool, *, pushes: bool) -> Person:
    return Person("x@acme.example", "Xi Wu", tool, can_push_to_accounting=pushes)


LEVEL = "Xi Wu lacks the level Standard or Admin on the ERP tool"
PRIVILEGE = 'Xi Wu lacks the privilege "can push to accounting"'


@pytest.mark.parametrize(
    ("tool", "pushes", "missing"),
    [
        (ErpTool.NONE, False, LEVEL),
        (ErpTool.NONE, True, LEVEL),  # the privilege alone is not enough
        (ErpTool.READ_ONLY, False, LEVEL),
        (ErpTool.READ_ONLY, True, LEVEL),
        (ErpTool.STANDARD, False, PRIVILEGE),  # they see why Accept and Reject are not theirs
        (ErpTool.ADMIN, False, PRIVILEGE),  # an admin decides nothing without the privilege
        (ErpTool.STANDARD, True, ""),
        (ErpTool.ADMIN, True, ""),
    ],
)
def test_an_accounting_approver_has_the_level_and_the_privilege(
    tool: ErpTool, pushes: bool, missing: str
) -> None:
    someone = person(tool, pushes=pushes)
    assert someone.is_accounting_approver is not bool(missing)
    for kind in Kind:
        assert someone.may_decide(kind) is not bool(missing)
        if missing:
            with pytest.raises(NotEntitled) as refused:
                someone.must_be_approver_for(kind)
            assert str(refused.value) == missing
            assert "can grant it" in refused.value.problems[0].who_can_fix
        else:
            someone.must_be_approver_for(kind)


@pytest.mark.parametrize("kind", Kind)
def test_rights_by_kind_narrow_an_approver(kind: Kind) -> None:
    assert PIA.may_decide(kind) is (kind is Kind.INVOICE)
    if kind is not Kind.INVOICE:
        words = kind.value.replace("_", " ")
        with pytest.raises(NotEntitled, match=f"lacks the right to decide on {words}s"):
            PIA.must_be_approver_for(kind)


@pytest.mark.parametrize(
    ("tools", "sends"),
    [
        ({}, set()),
        ({"admin": "admin"}, {Kind.PROJECT, Kind.SUB_JOB}),
        ({"commitments": "admin"}, {Kind.COMMITMENT, Kind.CHANGE_ORDER, Kind.INVOICE}),
        ({"admin": "standard", "commitments": "read_only"}, set()),  # Admin, nothing less
        ({"invoices": "admin"}, set()),  # not the tool that owns them
    ],
)
def test_a_sender_is_admin_on_the_tool_that_owns_the_kind(
    tools: dict[str, str], sends: set[Kind]
) -> None:
    someone = replace(RITA, tools=tools)
    assert {kind for kind in Kind if someone.may_send(kind)} == sends


def test_an_address_is_the_same_in_any_case() -> None:
    assert ACME.person("Ann@Acme.Example") is ANN
    assert ACME.person("nobody@acme.example") is None


# --- the steps, person by person -----------------------------------------------------------------

ACCEPTED: Final[dict[str, Any]] = {"decision": Verdict.ACCEPT, "decided_by": BO.email}
DECIDES: Final = {Step.ACCEPT, Step.REJECT}

# person, state, what they may ask for now
MAY: Final[list[tuple[Person, State, set[Step]]]] = [
    (ANN, State.SENT, DECIDES | {Step.RETRIEVE}),  # she is a sender too
    (BO, State.SENT, DECIDES),
    (PIA, State.SENT, set()),  # not for commitments
    (UMA, State.SENT, {Step.RETRIEVE}),  # she sent it
    (CARLA, State.SENT, {Step.RETRIEVE}),  # she could have sent it
    (OMAR, State.SENT, set()),  # an operator decides nothing
    (RITA, State.SENT, set()),
    (BO, State.EXPORTING, {Step.TAKE_BACK}),
    (UMA, State.EXPORTING, set()),
    (OMAR, State.EXPORTING, set()),
    (BO, State.SYNCED, {Step.UNLINK}),
    (PIA, State.SYNCED, set()),  # not for commitments
    (OMAR, State.SYNCED, set()),
    (BO, State.FAILED, {Step.RETRY, Step.REJECT}),
    (OMAR, State.FAILED, {Step.RETRY}),
    (UMA, State.FAILED, set()),
    (BO, State.REJECTED, {Step.ARCHIVE}),
    (PIA, State.REJECTED, {Step.ARCHIVE}),  # putting away asks for the level alone
    (RITA, State.REJECTED, set()),
    (UMA, State.REJECTED, set()),  # she resends it at its source
    (BO, State.RETRIEVED, set()),
    (BO, State.UNLINKED, {Step.ARCHIVE}),
    (BO, State.ARCHIVED, {Step.UNARCHIVE}),
    (UMA, State.ARCHIVED, set()),
]


@pytest.mark.parametrize(
    ("who", "state", "may"), MAY, ids=[f"{who.name}-{state}" for who, state, _ in MAY]
)
def test_everybody_is_told_what_they_may_do_and_why_not(
    who: Person, state: State, may: set[Step]
) -> None:
    decided: dict[str, Any] = {} if state is State.SENT else dict(ACCEPTED)
    if state is State.REJECTED:
        decided["decision"] = Verdict.REJECT
    if state is State.SYNCED:
        decided["origin"] = Origin("PO-1")
    known = item(state=state, **decided)
    before = replace(known)
    found = permissions(known, who, ACME)
    assert {each.step for each in found if each.allowed} == may
    assert all(each.why_not and each.who_can_fix for each in found if not each.allowed)
    assert known == before, "asking changes nothing"


def test_the_sender_is_told_why_accept_is_not_theirs() -> None:
    answers = {each.step: each for each in permissions(item(sent_by=ANN.email), ANN, ACME)}
    assert not answers[Step.ACCEPT].allowed
    assert "may not accept it too" in answers[Step.ACCEPT].why_not
    assert answers[Step.REJECT].allowed
    allowing = company(self_acceptance=True)
    answers = {each.step: each for each in permissions(item(sent_by=ANN.email), ANN, allowing)}
    assert answers[Step.ACCEPT].allowed


def test_what_was_done_before_is_not_offered_again() -> None:
    known = item(state=State.EXPORTING, **ACCEPTED)
    answers = {each.step: each for each in permissions(known, ANN, ACME)}
    assert answers[Step.ACCEPT].why_not == "it was accepted already"
    assert answers[Step.RETRY].why_not == "an exporting item cannot be retried"


# --- seeing and operating ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "others", "own", "money", "operates"),
    [
        (ANN, True, True, True, False),
        (BO, True, True, True, True),  # Admin of the ERP tool
        (RITA, True, True, True, False),  # read only: look
        (CARLA, False, True, False, False),  # none: only what is her own
        (OMAR, True, True, True, True),  # an operator who may look as well
        (replace(OMAR, erp_tool=ErpTool.NONE), True, True, False, True),  # all that is not money
    ],
    ids=lambda value: value.name if isinstance(value, Person) else None,
)
def test_who_sees_what(who: Person, others: bool, own: bool, money: bool, operates: bool) -> None:
    foreign, mine = item(created_by="", sent_by=""), item(created_by="", sent_by=who.email)
    assert _passes(lambda: must_see(who, foreign)) is others
    assert _passes(lambda: must_see(who, mine)) is own
    assert sees_money(who, foreign) is money
    assert sees_money(who, mine)
    assert _passes(lambda: may_operate(who)) is operates


def test_only_a_sender_takes_an_item_back() -> None:
    strangers = item(sent_by="sam@elsewhere.example", created_by="kit@elsewhere.example")
    must_be_sender_for("Sam@elsewhere.example", strangers, ACME)  # who sent it: in no directory
    must_be_sender_for("kit@elsewhere.example", strangers, ACME)  # and who made it
    must_be_sender_for(UMA.email, strangers, ACME)  # could have sent it
    must_be_sender_for(RITA.email, item(sent_by=RITA.email), ACME)  # sent it, right or no right
    with pytest.raises(NotEntitled, match="may not send commitments"):
        must_be_sender_for(RITA.email, strangers, ACME)
    with pytest.raises(NotEntitled, match="is not in the directory of Acme"):
        must_be_sender_for("sue@elsewhere.example", strangers, ACME)


def test_a_project_without_approvers_of_its_own_has_the_companys() -> None:
    assert ACME.approvers_of_project("pm-12") == [BO]
    assert ACME.approvers_of_project("pm-99") == [ANN, BO, PIA]
    assert ACME.approvers_of_project(None) == [ANN, BO, PIA]


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except NotEntitled:
        return False
    return True
