"""Random walks over the life cycle: no verb, in any order, by anyone, leaves the table."""

from collections.abc import Callable
from copy import deepcopy
from typing import Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatepost.domain import linking
from gatepost.domain.decisions import Decision, Verdict
from gatepost.domain.errors import Refusal
from gatepost.domain.items import Item, Party
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import LIFECYCLE, Step
from gatepost.domain.people import Person
from gatepost.domain.permissions import permissions
from gatepost.domain.policies import deserves_alert
from tests.domain.making import AT, CAUSE, ORIGIN, PEOPLE, company, sending

Act = tuple[Step, Callable[[Item], object]]
HOUSES: Final = (company(), company(self_acceptance=True))

people = st.sampled_from(PEOPLE)
revisions = st.integers(1, 3)


@st.composite
def acts(draw: st.DrawFn) -> Act:
    """A step, and the verb that takes it with anybody's words."""
    by, revision, house = draw(people), draw(revisions), draw(st.sampled_from(HOUSES))
    comment = draw(st.sampled_from(["", "why"]))
    digest = draw(st.sampled_from(["a", "b"]))
    entries = draw(st.sampled_from([{}, {"customer": "C-1"}]))
    sent = sending(revision=revision, digest=digest, sent_by=Party(by.email, by.name))
    said = {
        verdict: Decision(verdict, by, draw(st.sampled_from([None, revision])), "page", comment)
        for verdict in Verdict
    }
    verbs: dict[Step, Callable[[Item], object]] = {
        Step.SEND: lambda known: known.send(sent, AT),
        Step.RETRIEVE: lambda known: known.retrieve(AT),
        Step.ACCEPT: lambda known: known.accept(said[Verdict.ACCEPT], house, AT),
        Step.REJECT: lambda known: known.reject(said[Verdict.REJECT], house, AT),
        Step.EXPORTED: lambda known: known.exported(ORIGIN, AT),
        Step.EXPORT_FAILED: lambda known: known.export_failed(CAUSE, AT),
        Step.RETRY: lambda known: known.retry(by, entries, AT),
        Step.TAKE_BACK: lambda known: known.take_back(by, AT),
        Step.LINK: lambda known: linking.link(known, ORIGIN, by, AT),
        Step.UNLINK: lambda known: linking.unlink(known, by, AT),
        Step.ARCHIVE: lambda known: linking.archive(known, by, AT),
        Step.UNARCHIVE: lambda known: linking.unarchive(known, by, AT),
    }
    step = draw(st.sampled_from(list(verbs)))
    return step, verbs[step]


def attempt(act: Callable[[Item], object], known: Item) -> tuple[object, Refusal | None]:
    """What the verb gave, or how it refused."""
    try:
        return act(known), None
    except Refusal as refusal:
        return None, refusal


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(Kind), st.lists(acts(), max_size=25))
@example(Kind.COMMITMENT, [])
def test_no_walk_leaves_the_table(kind: Kind, walk: list[Act]) -> None:
    known = Item.new(sending(kind), AT)
    highest = known.revision
    for step, act in walk:
        before = deepcopy(known)
        changed, refusal = attempt(act, known)
        if refusal:
            assert known == before, "what is refused changes nothing"
            assert all(each.message and each.who_can_fix for each in refusal.problems)
            continue
        if changed is False:
            assert known == before, "what is passed over changes nothing"
            continue
        if step is Step.UNARCHIVE:
            assert known.state is before.archived_from, "back to where it was archived from"
        else:
            assert LIFECYCLE[before.state][step] is known.state
        assert known.revision >= highest, "revisions only rise"
        highest = known.revision
        in_the_erp = step in (Step.EXPORTED, Step.LINK)
        if deserves_alert(before) and not in_the_erp and step not in (Step.ACCEPT, Step.REJECT):
            assert deserves_alert(known), "only a decision ends the silence after a reject"


@settings(max_examples=60, deadline=None)
@given(st.lists(acts(), max_size=12), people)
def test_what_is_said_to_be_allowed_is(walk: list[Act], who: Person) -> None:
    # Given an item anywhere on its way
    known, house = Item.new(sending(), AT), HOUSES[0]
    for _, act in walk:
        attempt(act, known)
    # When a person asks what they may do
    before = deepcopy(known)
    answers = {each.step: each.allowed for each in permissions(known, who, house)}
    # Then asking changes nothing, and no step outside the table is offered
    assert known == before
    assert all(step in LIFECYCLE[known.state] for step, may in answers.items() if may)
