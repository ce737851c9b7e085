"""How much one person may let pass, and when it takes two."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gatepost.domain.amounts import must_be_within_limit, takes_two
from gatepost.domain.errors import NotEntitled
from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, CompanySettings, Person
from gatepost.domain.policies import accepts_by_itself
from tests.domain.making import ANN, AT, BO, LATER, accepts, company, item, rejects, sending


def careful(**settings: object) -> Company:
    """A company where more than 10,000 takes two approvers."""
    return company(second_approval_above=Decimal("10000.00"), **settings)


def large() -> Item:
    return item(total="12400.00")


@pytest.mark.parametrize(
    ("total", "above", "two"),
    [
        ("10000.00", "10000.00", False),  # the limit itself is not above it
        ("10000.01", "10000.00", True),  # a cent is
        ("-10000.01", "10000.00", True),  # a credit moves as much money
        ("0.01", "0", True),  # a limit of nothing: always
        (None, "0", False),  # a project has no amount
        ("99999999.00", None, False),  # a company without the setting
    ],
)
def test_from_which_amount_on_it_takes_two(total: str | None, above: str | None, two: bool) -> None:
    settings = CompanySettings(second_approval_above=Decimal(above) if above else None)
    assert takes_two(total, settings) is two


@pytest.mark.parametrize(
    ("total", "limit", "passes"),
    [
        ("500.00", None, True),  # a person without a limit
        ("500.00", "500", True),  # up to it
        ("500.01", "500", False),  # not above it
        ("-500.01", "500", False),  # nor a credit above it
        (None, "0", True),  # what has no amount is under any limit
    ],
)
def test_how_much_a_person_may_let_pass(total: str | None, limit: str | None, passes: bool) -> None:
    person = replace(ANN, amount_limit=Decimal(limit) if limit else None)
    if passes:
        must_be_within_limit(person, total)
        return
    with pytest.raises(NotEntitled) as refused:
        must_be_within_limit(person, total)
    (problem,) = refused.value.problems
    assert problem.message == f"Ann Ode may accept up to 500; this is {total}"
    assert "higher limit" in problem.who_can_fix


def test_the_first_of_two_leaves_it_where_it_is() -> None:
    known = large()
    assert known.accept(accepts(ANN), careful(), LATER)
    assert known.state is State.SENT
    assert known.decision is None
    assert known.first_approval
    assert (known.first_approval.by, known.first_approval.by_name) == (ANN.email, ANN.name)
    assert known.waits_for == "a second approver: Ann Ode has accepted it"


def test_the_same_person_twice_is_not_two() -> None:
    known = large()
    known.accept(accepts(ANN), careful(), LATER)
    assert not known.accept(accepts(ANN), careful(), LATER)
    assert known.state is State.SENT


def test_the_second_lets_it_pass() -> None:
    known = large()
    known.accept(accepts(ANN), careful(), AT)
    assert known.accept(accepts(BO), careful(), LATER)
    assert (known.state, known.decided_by, known.waits_for) == (State.EXPORTING, BO.email, "")
    assert known.first_approval is None


def test_anything_else_that_happens_asks_for_both_again() -> None:
    # a rejection by either
    known = large()
    known.accept(accepts(ANN), careful(), AT)
    known.reject(rejects(BO), careful(), LATER)
    assert (known.state, known.first_approval) == (State.REJECTED, None)

    # a newer revision
    known = large()
    known.accept(accepts(ANN), careful(), AT)
    known.send(sending(revision=2), LATER)
    assert (known.state, known.first_approval, known.waits_for) == (State.SENT, None, "")

    # its sender takes it back
    known = large()
    known.accept(accepts(ANN), careful(), AT)
    known.retrieve(LATER)
    assert (known.state, known.first_approval) == (State.RETRIEVED, None)


def test_what_takes_two_is_never_let_pass_by_nobody() -> None:
    settings = careful(auto_accept=frozenset(Kind)).settings
    assert accepts_by_itself(settings, item(total="9000.00"))
    assert not accepts_by_itself(settings, large())


def test_a_first_approval_counts_only_while_its_giver_may_still_give_it() -> None:
    # Given a first approver who lost the privilege meanwhile
    known = large()
    known.accept(accepts(ANN), careful(), AT)
    later = careful_with(replace(ANN, can_push_to_accounting=False), BO)

    # When another accepts, then that is the first of two
    assert known.accept(accepts(BO), later, LATER)
    assert known.state is State.SENT
    assert known.first_approval
    assert known.first_approval.by == BO.email


def careful_with(*people: Person) -> Company:
    return company(*people, second_approval_above=Decimal("10000.00"))
