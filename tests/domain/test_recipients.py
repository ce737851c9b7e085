"""Who gets which mail, kind by kind, each person once."""

from dataclasses import replace

import pytest

from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Person
from gatepost.domain.policies import failure_addressees, rejection_addressees, synced_addressees
from tests.domain.making import ACME, ANN, BO, CARLA, OMAR, PIA, UMA, company, item

CREATOR, SENDER = CARLA.email, UMA.email


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Kind.PROJECT, [CREATOR, SENDER, BO.email]),  # and the project's accounting approvers
        (Kind.SUB_JOB, [CREATOR, SENDER]),
        (Kind.COMMITMENT, [CREATOR, SENDER]),
        (Kind.CHANGE_ORDER, [CREATOR, SENDER]),
        (Kind.INVOICE, [CREATOR, SENDER]),
    ],
)
def test_a_rejection_is_told_to_creator_and_sender(kind: Kind, told: list[str]) -> None:
    rejected = item(kind, State.REJECTED, decided_by=ANN.email)
    assert [each.email for each in rejection_addressees(rejected, ACME)] == told


@pytest.mark.parametrize("kind", Kind)
def test_who_made_it_and_sent_it_gets_one_mail(kind: Kind) -> None:
    rejected = item(kind, State.REJECTED, sent_by="Carla@Acme.Example")
    told = [each.email for each in rejection_addressees(rejected, ACME)]
    assert told == [CREATOR, BO.email] if kind is Kind.PROJECT else told == [CREATOR]


def test_a_projects_approver_who_sent_it_gets_one_mail() -> None:
    rejected = item(Kind.PROJECT, State.REJECTED, sent_by=BO.email)
    told = [each.email for each in rejection_addressees(rejected, ACME)]
    assert told == [CREATOR, BO.email]


def test_a_project_nobody_announced_has_the_companys_approvers() -> None:
    rejected = item(Kind.PROJECT, State.REJECTED, external_id="pm-99")
    told = {each.email for each in rejection_addressees(rejected, ACME)}
    assert told == {CREATOR, SENDER, ANN.email, BO.email, PIA.email}


def test_a_failure_is_told_to_who_accepted_it_and_to_the_operators() -> None:
    gone_wrong = item(state=State.FAILED, decided_by=ANN.email, decided_by_name=ANN.name)
    told = [each.email for each in failure_addressees(gone_wrong, ACME)]
    assert told == [ANN.email, OMAR.email]


def test_a_failure_of_what_nobody_accepted_is_told_to_the_operators_alone() -> None:
    gone_wrong = item(state=State.FAILED, decided_by="auto-accept")
    assert [each.email for each in failure_addressees(gone_wrong, ACME)] == [OMAR.email]


def test_an_operator_who_accepted_it_gets_one_mail() -> None:
    both = replace(BO, operator=True)
    gone_wrong = item(state=State.FAILED, decided_by=BO.email)
    told = failure_addressees(gone_wrong, company(both, OMAR))
    assert [each.email for each in told] == [BO.email, OMAR.email]


@pytest.mark.parametrize(
    ("opted_in", "told"),
    [
        ((), []),  # nobody asked for it
        ((CARLA,), [CREATOR]),
        ((UMA,), [SENDER]),
        ((CARLA, UMA), [CREATOR, SENDER]),
        ((ANN,), []),  # an approver is neither creator nor sender
    ],
    ids=["nobody", "creator", "sender", "both", "approver"],
)
def test_the_news_that_it_is_in_the_erp_is_for_those_who_want_it(
    opted_in: tuple[Person, ...], told: list[str]
) -> None:
    people = [
        replace(person, synced_mail=person in opted_in) for person in (ANN, BO, CARLA, UMA, OMAR)
    ]
    synced = item(state=State.SYNCED)
    assert [each.email for each in synced_addressees(synced, company(*people))] == told


def test_people_the_directory_does_not_list_are_told_of_a_rejection_only() -> None:
    house = company(ANN, BO)
    assert [each.email for each in rejection_addressees(item(), house)] == [CREATOR, SENDER]
    assert synced_addressees(item(state=State.SYNCED), house) == []
