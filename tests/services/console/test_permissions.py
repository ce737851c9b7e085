"""What a person may do with an item now: every state, every kind of person, every step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gatepost.domain.decisions import Verdict
from gatepost.domain.errors import NotEntitled
from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State, Step, allowed
from gatepost.domain.people import Company, CompanySettings, ErpTool, Person
from gatepost.domain.permissions import (
    by_state,
    may_operate,
    must_see,
    permissions,
    sees_money,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)

APPROVER = Person("ann@x", "Ann", ErpTool.STANDARD, can_push_to_accounting=True)
NARROWED = replace(APPROVER, email="kim@x", name="Kim", kinds=frozenset({Kind.INVOICE}))
UNPRIVILEGED = Person("pat@x", "Pat", ErpTool.STANDARD)
ADMIN = Person("ada@x", "Ada", ErpTool.ADMIN)
READER = Person("rita@x", "Rita", ErpTool.READ_ONLY, can_push_to_accounting=True)
OPERATOR = Person("omar@x", "Omar", ErpTool.NONE, operator=True)
SENDER = Person("uma@x", "Uma", tools={"commitments": "admin"})
SENDER_TOO = Person("carla@x", "Carla", tools={"commitments": "admin"})
SENDING_APPROVER = replace(APPROVER, email="uma@x", name="Uma", tools={"commitments": "admin"})

COMPANY = Company("x", "X", people={SENDER_TOO.email: SENDER_TOO})
TRUSTING = Company("x", "X", settings=CompanySettings(self_acceptance=True))


def _item(state: State = State.SENT, *, tries: int = 0) -> Item:
    accepted = state in (State.EXPORTING, State.SYNCED, State.FAILED)
    verdict = Verdict.ACCEPT if accepted else Verdict.REJECT if state is State.REJECTED else None
    return Item(
        id="1", company="x", kind=Kind.COMMITMENT, external_id="c-1", revision=2, state=state,
        status="approved", number="SC-1", title="", project=None, parent=None, parent_id=None,
        created_by="cy@x", created_by_name="Cy", sent_by="uma@x", sent_by_name="Uma", url="",
        source="", digest="", total="1", currency="USD", created_at=NOW, updated_at=NOW,
        decision=verdict, decided_by="bo@x" if verdict else "", decided_at=NOW if verdict else None,
        attempts=tries, origin=Origin("PO-1") if state is State.SYNCED else None,
    )  # fmt: skip


def _may(item: Item, person: Person, company: Company = COMPANY) -> set[str]:
    return {each.step for each in permissions(item, person, company) if each.allowed}


@pytest.mark.parametrize(
    ("person", "state", "tries", "may"),
    [
        # An accounting approver decides on what was sent, and on what failed.
        (APPROVER, State.SENT, 0, {"accept", "reject"}),
        (APPROVER, State.EXPORTING, 0, {"take_back"}),
        (APPROVER, State.EXPORTING, 1, set()),  # the ERP was called
        (APPROVER, State.SYNCED, 1, {"unlink"}),
        (APPROVER, State.FAILED, 1, {"retry", "reject"}),
        (APPROVER, State.REJECTED, 0, {"archive"}),
        (APPROVER, State.RETRIEVED, 0, set()),
        (APPROVER, State.UNLINKED, 0, {"archive"}),
        (APPROVER, State.ARCHIVED, 0, {"unarchive"}),
        # Rights by kind narrow an approver.
        (NARROWED, State.SENT, 0, set()),
        (NARROWED, State.FAILED, 1, set()),
        # The level without the privilege, the privilege without the level.
        (UNPRIVILEGED, State.SENT, 0, set()),
        (UNPRIVILEGED, State.SYNCED, 0, set()),
        (UNPRIVILEGED, State.REJECTED, 0, {"archive"}),  # putting away asks for the level alone
        (ADMIN, State.SENT, 0, set()),
        (READER, State.SENT, 0, set()),
        # An operator retries and decides nothing.
        (OPERATOR, State.SENT, 0, set()),
        (OPERATOR, State.EXPORTING, 0, set()),
        (OPERATOR, State.FAILED, 1, {"retry"}),
        # Senders take back what they sent, or could have sent, until it is decided on.
        (SENDER, State.SENT, 0, {"retrieve"}),
        (SENDER, State.EXPORTING, 0, set()),
        (SENDER, State.REJECTED, 0, set()),
        (SENDER_TOO, State.SENT, 0, {"retrieve"}),
        # Who sent it does not accept it too, but may reject it.
        (SENDING_APPROVER, State.SENT, 0, {"reject", "retrieve"}),
    ],
)
def test_who_may_do_what(person: Person, state: State, tries: int, may: set[str]) -> None:
    assert _may(_item(state, tries=tries), person) == may


def test_a_company_may_trust_its_senders() -> None:
    assert _may(_item(), SENDING_APPROVER, TRUSTING) == {"accept", "reject", "retrieve"}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("person", [APPROVER, UNPRIVILEGED, OPERATOR, SENDER])
def test_what_may_not_be_done_says_why_and_who_can_change_it(state: State, person: Person) -> None:
    item = _item(state)
    before = replace(item)
    for answer in permissions(item, person, COMPANY):
        assert answer.allowed != bool(answer.why_not)
        assert answer.allowed != bool(answer.who_can_fix)
    assert item == before  # only copies were tried


@pytest.mark.parametrize(
    ("person", "missing"),
    [
        (UNPRIVILEGED, 'Pat lacks the privilege "can push to accounting"'),
        (READER, "Rita lacks the level Standard or Admin on the ERP tool"),
        (NARROWED, "Kim lacks the right to decide on commitments"),
    ],
)
def test_the_missing_right_is_named(person: Person, missing: str) -> None:
    accept = next(p for p in permissions(_item(), person, COMPANY) if p.step is Step.ACCEPT)
    assert accept.why_not == missing
    assert "can grant it" in accept.who_can_fix


@pytest.mark.parametrize("state", State)
def test_for_nobody_in_particular_it_is_the_life_cycle(state: State) -> None:
    answers = by_state(_item(state))
    asked = {each.step for each in answers}
    steps = asked & set(allowed(state)) - ({Step.UNLINK} if state is not State.SYNCED else set())
    assert {each.step for each in answers if each.allowed} == steps  # only that one is linked


@pytest.mark.parametrize(
    "state", [State.SENT, State.FAILED, State.REJECTED, State.RETRIEVED, State.SYNCED]
)
def test_what_is_linked_may_be_unlinked_wherever_no_call_is_under_way(state: State) -> None:
    linked = replace(_item(state), origin=Origin("PO-1"))
    assert "unlink" in _may(linked, APPROVER)
    assert "unlink" not in _may(linked, OPERATOR)
    assert "unlink" not in _may(replace(linked, state=State.EXPORTING), APPROVER)


@pytest.mark.parametrize(
    ("person", "sees", "money", "operates"),
    [
        (APPROVER, True, True, False),
        (ADMIN, True, True, True),
        (READER, True, True, False),
        (OPERATOR, True, False, True),
        (SENDER, True, True, False),  # it is her own
        (SENDER_TOO, False, False, False),
    ],
)
def test_who_sees_what_and_who_operates(
    person: Person, sees: bool, money: bool, operates: bool
) -> None:
    item = _item()
    assert sees_money(person, item) == money
    _holds(lambda: must_see(person, item), sees)
    _holds(lambda: may_operate(person), operates)


def _holds(rule: Callable[[], None], it_does: bool) -> None:
    with nullcontext() if it_does else pytest.raises(NotEntitled):
        rule()
