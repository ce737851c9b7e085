"""Decisions: stale, contrary, repeated, by the sender; and when a rejection must explain itself."""

from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.domain.decisions import Decision, Verdict, is_news, must_explain
from gatepost.domain.errors import (
    AlreadyDecided,
    Incomplete,
    NotAllowed,
    NotEntitled,
    StaleDecision,
)
from gatepost.domain.items import Item, Party
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Person, RejectComment
from tests.domain.making import (
    ACME,
    ANN,
    AT,
    BO,
    LATER,
    PIA,
    RITA,
    UMA,
    accepts,
    company,
    item,
    rejects,
    sending,
)

ACCEPTED: Final[dict[str, Any]] = {
    "decision": Verdict.ACCEPT,
    "decided_by": ANN.email,
    "decided_by_name": ANN.name,
    "decided_at": AT,
}
REJECTED: Final[dict[str, Any]] = {**ACCEPTED, "decision": Verdict.REJECT}

# --- the revision it was made for ----------------------------------------------------------------


@pytest.mark.parametrize("revision", [1, 3])
def test_a_decision_for_another_revision_is_refused_with_both_numbers(revision: int) -> None:
    known = item(revision=2)
    for verb, decision in (
        (Item.accept, accepts(revision=revision)),
        (Item.reject, rejects(revision=revision)),
    ):
        with pytest.raises(StaleDecision) as refused:
            verb(known, decision, ACME, LATER)
        (problem,) = refused.value.problems
        assert f"made for revision {revision}" in problem.message
        assert "at revision 2 now" in problem.message
        assert (problem.field, problem.rule) == ("revision", "stale_decision")
    assert known == item(revision=2)


def test_a_decision_without_a_revision_is_for_the_current_one() -> None:
    known = item(revision=7)
    assert known.accept(accepts(revision=None), ACME, LATER)
    assert known.decided_revision == 7


# --- repeated and contrary -----------------------------------------------------------------------

# what stands, where the item is, what is said now: news, passed over, or contrary
AGAIN: Final = [
    (ACCEPTED, State.EXPORTING, Verdict.ACCEPT, False),  # a button pressed twice
    (ACCEPTED, State.SYNCED, Verdict.ACCEPT, False),  # the mail of yesterday
    (ACCEPTED, State.FAILED, Verdict.ACCEPT, False),  # retrying is another step
    (ACCEPTED, State.FAILED, Verdict.REJECT, True),  # the remedy for what failed
    (REJECTED, State.REJECTED, Verdict.REJECT, False),
    (REJECTED, State.SENT, Verdict.ACCEPT, True),  # resent: a new question
    (REJECTED, State.SENT, Verdict.REJECT, True),
    (ACCEPTED, State.SENT, Verdict.REJECT, True),  # an update of what was synced
]


@pytest.mark.parametrize(("stands", "state", "said", "news"), AGAIN)
def test_a_repeated_decision_is_no_news(
    stands: dict[str, Any], state: State, said: Verdict, news: bool
) -> None:
    decided = item(state=state, **stands)
    assert is_news(Decision(said, BO, 1, channel="page"), decided) is news


@pytest.mark.parametrize(
    ("stands", "state", "said", "sentence"),
    [
        (ACCEPTED, State.EXPORTING, Verdict.REJECT, "Ann Ode accepted it first"),
        (ACCEPTED, State.SYNCED, Verdict.REJECT, "Ann Ode accepted it first"),
        (REJECTED, State.REJECTED, Verdict.ACCEPT, "Ann Ode rejected it first"),
    ],
)
def test_a_contrary_decision_is_told_who_was_first(
    stands: dict[str, Any], state: State, said: Verdict, sentence: str
) -> None:
    decided = item(state=state, **stands)
    before = replace(decided)
    verb = Item.accept if said is Verdict.ACCEPT else Item.reject
    with pytest.raises(AlreadyDecided) as refused:
        verb(decided, Decision(said, BO, 1, channel="page", comment="no"), ACME, LATER)
    (problem,) = refused.value.problems
    assert problem.message == f"{sentence}, at 2026-11-20 14:02 UTC"
    assert problem.who_can_fix == "nobody: the first decision stands"
    assert decided == before


def test_a_repeated_rejection_needs_no_second_comment() -> None:
    decided = item(state=State.REJECTED, **REJECTED)
    assert not decided.reject(rejects(BO, comment=""), ACME, LATER)
    assert decided.decided_by == ANN.email


@pytest.mark.parametrize("state", [State.RETRIEVED, State.UNLINKED, State.ARCHIVED])
def test_nothing_is_decided_that_is_not_waiting(state: State) -> None:
    for verb, words in ((Item.accept, "accepted"), (Item.reject, "rejected")):
        with pytest.raises(NotAllowed, match=f"an? {state} item cannot be {words}"):
            verb(item(state=state), rejects(BO), ACME, LATER)


# --- the sender ----------------------------------------------------------------------------------


def test_who_sent_an_item_may_not_accept_it() -> None:
    known = item(sent_by=ANN.email)
    with pytest.raises(NotEntitled) as refused:
        known.accept(accepts(ANN), ACME, LATER)
    assert str(refused.value) == "Ann Ode sent this commitment and may not accept it too"
    assert "another accounting approver" in refused.value.problems[0].who_can_fix
    assert known.state is State.SENT


def test_who_sent_an_item_may_accept_it_where_the_company_allows_it() -> None:
    known = item(sent_by=ANN.email)
    assert known.accept(accepts(ANN), company(self_acceptance=True), LATER)


def test_who_sent_an_item_may_reject_it() -> None:
    assert item(sent_by=ANN.email).reject(rejects(ANN), ACME, LATER)


def test_who_made_an_item_that_another_sent_may_accept_it() -> None:
    assert item(created_by=ANN.email).accept(accepts(ANN), ACME, LATER)


# --- comments ------------------------------------------------------------------------------------

EXCEPT, ALWAYS, NEVER = (
    RejectComment.REQUIRED_EXCEPT_PROJECTS,
    RejectComment.REQUIRED,
    RejectComment.OPTIONAL,
)


@pytest.mark.parametrize(
    ("setting", "kind", "must"),
    [
        (EXCEPT, Kind.PROJECT, False),  # "Enter a Comment (Optional)"
        (EXCEPT, Kind.SUB_JOB, True),  # "a short explanation"
        (EXCEPT, Kind.COMMITMENT, True),
        (EXCEPT, Kind.CHANGE_ORDER, True),
        (EXCEPT, Kind.INVOICE, True),
        *((ALWAYS, kind, True) for kind in Kind),
        *((NEVER, kind, False) for kind in Kind),
    ],
)
@pytest.mark.parametrize("comment", ["", "  \n\t"])
def test_a_rejection_explains_itself_where_it_must(
    setting: RejectComment, kind: Kind, must: bool, comment: str
) -> None:
    known, house = item(kind), company(reject_comment=setting)
    if must:
        with pytest.raises(Incomplete) as refused:
            known.reject(rejects(comment=comment), house, LATER)
        (problem,) = refused.value.problems
        one = "an invoice" if kind is Kind.INVOICE else f"a {kind.words}"
        assert problem.message == f"{one} cannot be rejected without a short explanation"
        assert problem.field == "comment"
        assert known == item(kind)
    else:
        assert known.reject(rejects(comment=comment), house, LATER)


def test_a_comment_is_never_asked_of_an_acceptance() -> None:
    assert item().accept(accepts(), company(reject_comment=ALWAYS), LATER)
    must_explain(rejects(comment="why"), item(), company(reject_comment=ALWAYS))


# --- in which order ------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [RITA, UMA, PIA])  # looks; sends; approves invoices only
def test_who_has_no_right_learns_nothing_else(by: Person) -> None:
    decided = item(state=State.REJECTED, revision=2, **REJECTED)
    with pytest.raises(NotEntitled):
        decided.accept(accepts(by), ACME, LATER)


def test_the_sender_is_the_last_who_sent_it() -> None:
    # Given a commitment that Uma sent, and that Bo sent again
    known = item(state=State.REJECTED, **REJECTED)
    known.send(sending(revision=2, sent_by=Party(BO.email, BO.name)), LATER)
    # Then it is Bo who may not accept it
    with pytest.raises(NotEntitled):
        known.accept(accepts(BO, revision=2), ACME, LATER)
    assert known.accept(accepts(ANN, revision=2), ACME, LATER)
