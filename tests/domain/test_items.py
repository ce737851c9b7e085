"""Each verb of an item: what it changes, what it passes over, what it refuses."""

from copy import deepcopy
from dataclasses import replace

import pytest

from gatepost.domain.decisions import AUTO_ACCEPT, Verdict
from gatepost.domain.errors import Conflict, NotAllowed, NotEntitled, StaleRevision
from gatepost.domain.items import Item, Party
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Person
from tests.domain.making import (
    ACME,
    ANN,
    AT,
    BO,
    CAUSE,
    LATER,
    OMAR,
    ORIGIN,
    RITA,
    accepts,
    item,
    rejects,
    sending,
)

EDITABLE = (State.REJECTED, State.RETRIEVED, State.UNLINKED)

# --- sending -------------------------------------------------------------------------------------


def test_an_item_is_sent_as_its_source_says() -> None:
    made = Item.new(sending(), AT)
    assert (made.state, made.revision, made.created_at) == (State.SENT, 1, AT)
    assert (made.created_by, made.sent_by) == ("carla@acme.example", "uma@acme.example")
    assert made.id == ItemRef("acme", Kind.COMMITMENT, "pm-558").item_id
    assert made.parent_id == ItemRef("acme", Kind.PROJECT, "pm-12").item_id
    assert made.label == "commitment SC-1001"
    assert not made.is_linked


@pytest.mark.parametrize("state", [State.SENT, State.SYNCED, *EDITABLE])
def test_a_higher_revision_is_taken(state: State) -> None:
    known = item(state=state, cause=CAUSE, attempts=3, waits_for="something")
    changed = known.send(
        sending(revision=2, title="Tower C", sent_by=Party(ANN.email, ANN.name)), LATER
    )
    assert changed
    assert (known.state, known.revision, known.title) == (State.SENT, 2, "Tower C")
    assert (known.sent_by, known.created_by) == (ANN.email, "carla@acme.example")
    assert (known.updated_at, known.created_at) == (LATER, AT)
    assert (known.cause, known.attempts, known.waits_for) == (None, 0, "")


def test_a_synced_item_that_is_sent_again_stays_linked() -> None:
    known = item(state=State.SYNCED, origin=ORIGIN, synced_revision=1)
    known.send(sending(revision=2), LATER)
    assert known.is_linked
    assert known.synced_revision == 1


@pytest.mark.parametrize("state", [s for s in State if s not in EDITABLE])
def test_the_same_revision_with_the_same_content_is_passed_over(state: State) -> None:
    known = item(state=state)
    assert not known.send(sending(), LATER)
    assert known == item(state=state)


@pytest.mark.parametrize("state", EDITABLE)
def test_what_may_be_edited_may_be_sent_again_unchanged(state: State) -> None:
    known = item(state=state)
    assert known.send(sending(), LATER)
    assert known.state is State.SENT


@pytest.mark.parametrize("state", State)
def test_the_same_revision_with_other_content_is_a_conflict(state: State) -> None:
    known = item(state=state)
    with pytest.raises(Conflict, match="revision 1 came before with other content"):
        known.send(sending(digest="another"), LATER)
    assert known == item(state=state)


@pytest.mark.parametrize("state", State)
def test_a_lower_revision_is_stale_and_said_so(state: State) -> None:
    known = item(state=state, revision=3)
    with pytest.raises(StaleRevision, match="revision 2 comes after revision 3; it is ignored"):
        known.send(sending(revision=2), LATER)
    assert known == item(state=state, revision=3)


@pytest.mark.parametrize("state", [State.EXPORTING, State.FAILED, State.ARCHIVED])
def test_nothing_is_sent_over_an_item_that_is_with_accounting(state: State) -> None:
    known = item(state=state)
    with pytest.raises(NotAllowed, match=f"an? {state} item cannot be sent"):
        known.send(sending(revision=2), LATER)
    assert known == item(state=state)


# --- retrieving ----------------------------------------------------------------------------------


def test_a_sender_takes_back_what_nobody_decided() -> None:
    known = item()
    assert known.retrieve(LATER)
    assert known.state is State.RETRIEVED
    assert known.badge.editable


def test_retrieving_twice_is_once() -> None:
    known = item(state=State.RETRIEVED)
    assert not known.retrieve(LATER)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.SENT, State.RETRIEVED)])
def test_after_a_decision_nothing_is_retrieved(state: State) -> None:
    with pytest.raises(NotAllowed):
        item(state=state).retrieve(LATER)


# --- accepting and rejecting ---------------------------------------------------------------------


def test_an_acceptance_says_who_when_and_for_which_revision() -> None:
    known = item()
    assert known.accept(accepts(), ACME, LATER)
    assert (known.state, known.decision) == (State.EXPORTING, Verdict.ACCEPT)
    assert (known.decided_by, known.decided_by_name) == (ANN.email, ANN.name)
    assert (known.decided_at, known.decided_revision) == (LATER, 1)


def test_a_rejection_keeps_its_comment_and_code() -> None:
    known = item()
    assert known.reject(replace(rejects(), reason_code="cost_code"), ACME, LATER)
    assert (known.state, known.decision) == (State.REJECTED, Verdict.REJECT)
    assert (known.comment, known.reason_code) == ("wrong cost code", "cost_code")
    assert known.badge.editable


def test_rejecting_what_failed_is_a_remedy() -> None:
    known = item(state=State.FAILED, decision=Verdict.ACCEPT, cause=CAUSE)
    assert known.reject(rejects(BO), ACME, LATER)
    assert known.state is State.REJECTED
    assert known.cause is None


def test_who_may_not_decide_changes_nothing() -> None:
    for decide in (Item.accept, Item.reject):
        known = item()
        with pytest.raises(NotEntitled):
            decide(known, accepts(RITA), ACME, LATER)
        assert known == item()


# --- exporting -----------------------------------------------------------------------------------


def test_what_the_erp_took_is_linked_line_by_line() -> None:
    known = item(state=State.EXPORTING, revision=2, waits_for="the ERP's answer")
    known.exported(ORIGIN, LATER)
    assert (known.state, known.origin, known.synced_revision) == (State.SYNCED, ORIGIN, 2)
    assert known.waits_for == ""


def test_what_failed_says_why() -> None:
    known = item(state=State.EXPORTING)
    known.export_failed(CAUSE, LATER)
    assert (known.state, known.cause) == (State.FAILED, CAUSE)


@pytest.mark.parametrize("state", [s for s in State if s is not State.EXPORTING])
def test_an_outcome_without_an_export_is_refused(state: State) -> None:
    known = item(state=state)
    with pytest.raises(NotAllowed):
        known.exported(ORIGIN, LATER)
    with pytest.raises(NotAllowed):
        known.export_failed(CAUSE, LATER)
    assert known == item(state=state)


# --- retrying ------------------------------------------------------------------------------------


def failed() -> Item:
    return item(
        state=State.FAILED,
        decision=Verdict.ACCEPT,
        cause=CAUSE,
        attempts=6,
        entries={"customer": "C-1", "date": "2026-11-20"},
    )


@pytest.mark.parametrize("by", [ANN, OMAR])  # an approver, or an operator
def test_what_failed_is_tried_again_from_the_first_attempt(by: Person) -> None:
    known = failed()
    assert known.retry(by, {}, LATER)
    assert (known.state, known.attempts, known.cause) == (State.EXPORTING, 0, None)
    assert known.entries == {"customer": "C-1", "date": "2026-11-20"}


def test_an_approver_corrects_one_entry_and_keeps_the_others() -> None:
    known = failed()
    known.retry(ANN, {"customer": "C-2"}, LATER)
    assert known.entries == {"customer": "C-2", "date": "2026-11-20"}


def test_an_operator_may_not_change_what_is_written() -> None:
    known = failed()
    with pytest.raises(NotEntitled):
        known.retry(OMAR, {"customer": "C-2"}, LATER)
    assert known == failed()


def test_others_may_not_retry() -> None:
    with pytest.raises(NotEntitled):
        failed().retry(RITA, {}, LATER)


def test_retrying_what_is_under_way_is_passed_over() -> None:
    known = item(state=State.EXPORTING)
    assert not known.retry(ANN, {"customer": "C-2"}, LATER)
    assert known == item(state=State.EXPORTING)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.FAILED, State.EXPORTING)])
def test_only_what_failed_is_retried(state: State) -> None:
    with pytest.raises(NotAllowed, match="cannot be retried"):
        item(state=state).retry(ANN, {}, LATER)


# --- taking back ---------------------------------------------------------------------------------


def test_an_acceptance_is_taken_back_before_the_erp_is_called() -> None:
    known = item()
    known.accept(accepts(), ACME, AT)
    known.take_back(BO, LATER)
    assert (known.state, known.decision) == (State.SENT, None)


def test_what_was_taken_back_can_be_decided_anew() -> None:
    for verb, state in ((Item.reject, State.REJECTED), (Item.accept, State.EXPORTING)):
        known = item()
        known.accept(accepts(), ACME, AT)
        known.take_back(ANN, LATER)
        verb(known, rejects(BO) if verb is Item.reject else accepts(BO), ACME, LATER)
        assert known.state is state


def test_nothing_is_taken_back_once_the_erp_was_called() -> None:
    known = item(state=State.EXPORTING, attempts=1)
    before = deepcopy(known)
    with pytest.raises(NotAllowed, match="the ERP was called already"):
        known.take_back(ANN, LATER)
    assert known == before


def test_nothing_is_taken_back_that_may_be_in_the_erp() -> None:
    # Given an export that failed with its outcome unknown, and that is tried again
    known = failed()
    known.unsettled = True
    known.retry(ANN, {}, AT)
    before = deepcopy(known)
    # When it is taken back before the next call
    with pytest.raises(NotAllowed, match="the ERP was called already"):
        known.take_back(ANN, LATER)
    # Then it stays where it is: the earlier call may have written it
    assert known == before


@pytest.mark.parametrize("state", [s for s in State if s is not State.EXPORTING])
def test_only_an_acceptance_under_way_is_taken_back(state: State) -> None:
    with pytest.raises(NotAllowed, match="cannot be taken back"):
        item(state=state).take_back(ANN, LATER)


def test_only_an_approver_takes_back() -> None:
    with pytest.raises(NotEntitled):
        item(state=State.EXPORTING).take_back(OMAR, LATER)


# --- the company's setting -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_the_setting_decides_for_nobody_in_particular(kind: Kind) -> None:
    known = item(kind)
    assert known.accept(replace(accepts(), by=AUTO_ACCEPT, channel="setting"), ACME, LATER)
    assert known.decided_by == "auto-accept"
