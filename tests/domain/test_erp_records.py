"""Records of the ERP: whose they are, and what may be done with them by whom."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from gatepost.domain import linking
from gatepost.domain.erp_records import (
    RECORD_REVISION,
    LinkedItem,
    RecordKind,
    RecordState,
    StagedRecord,
    state_of,
)
from gatepost.domain.errors import NotAllowed, NotEntitled, Refusal
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Person
from tests.domain.making import ANN, AT, LATER, OMAR, ORIGIN, PIA, RITA, UMA, item
from tests.domain.test_matching import record

READY, LINKED, ARCHIVED, REFERENCE = (
    RecordState.READY_TO_IMPORT,
    RecordState.LINKED,
    RecordState.ARCHIVED,
    RecordState.REFERENCE,
)
TIED: Final = {"PO-1": LinkedItem("i-1", "commitment", "PO-1", is_settled=True)}


def marked(origin_id: str | None, *, settled: bool) -> dict[str, LinkedItem]:
    return {"i-1": LinkedItem("i-1", "commitment", origin_id, is_settled=settled)}


@pytest.mark.parametrize(
    ("kind", "items", "before", "state"),
    [
        (RecordKind.COMMITMENT, {}, None, READY),
        (RecordKind.VENDOR, {}, None, REFERENCE),  # to choose from
        (RecordKind.COMMITMENT, TIED, None, LINKED),
        (
            RecordKind.COMMITMENT,
            TIED,
            ARCHIVED,
            LINKED,
        ),  # it was exported since: the item says more
        (RecordKind.COMMITMENT, {}, ARCHIVED, ARCHIVED),  # a refresh brings nothing back
        (RecordKind.COMMITMENT, {}, LINKED, READY),  # its item was unlinked
        # an item whose mark it bears: being exported, exported, failed, exported as another record
        (RecordKind.COMMITMENT, marked(None, settled=True), None, LINKED),
        (RecordKind.COMMITMENT, marked("PO-1", settled=True), None, LINKED),
        (RecordKind.COMMITMENT, marked(None, settled=False), None, READY),
        (RecordKind.COMMITMENT, marked("PO-9", settled=True), None, READY),
    ],
)
def test_a_record_that_was_read_stands_where_its_item_says(
    kind: RecordKind,
    items: dict[str, LinkedItem],
    before: RecordState | None,
    state: RecordState,
) -> None:
    found, item_id = state_of(kind, "PO-1", "i-1", items, before)
    assert found is state
    assert (item_id == "i-1") is (state is LINKED)


@pytest.mark.parametrize(
    ("by", "changes", "why"),
    [
        (ANN, {}, ""),
        (PIA, {}, "lacks the right to decide on commitments"),
        (RITA, {}, "lacks the level Standard or Admin"),
        (OMAR, {}, "lacks the level"),  # an operator decides nothing
        (ANN, {"state": LINKED}, "is linked to an item already"),
        (ANN, {"state": ARCHIVED}, "is archived"),
        (ANN, {"gone": True}, "no longer has commitment PO-1"),
        (ANN, {"kind": RecordKind.VENDOR, "state": REFERENCE}, "a vendor is no item"),
    ],
)
def test_a_free_record_is_imported_or_linked_by_an_approver(
    by: Person, changes: dict[str, Any], why: str
) -> None:
    known = record(**changes)
    if not why:
        known.must_be_free(by)
        return
    with pytest.raises(Refusal, match=why) as refused:
        known.must_be_free(by)
    assert all(each.who_can_fix for each in refused.value.problems)


@pytest.mark.parametrize(
    ("state", "verb", "after"),
    [
        (READY, StagedRecord.archive, ARCHIVED),
        (ARCHIVED, StagedRecord.archive, ARCHIVED),  # unchanged
        (LINKED, StagedRecord.archive, None),  # only what is not linked
        (REFERENCE, StagedRecord.archive, None),
        (ARCHIVED, StagedRecord.unarchive, READY),
        (READY, StagedRecord.unarchive, READY),  # unchanged
        (LINKED, StagedRecord.unarchive, None),
    ],
)
def test_only_what_is_not_linked_is_put_away(
    state: RecordState, verb: Callable[[StagedRecord], bool], after: RecordState | None
) -> None:
    known = record(state=state)
    if after is None:
        with pytest.raises(NotAllowed):
            verb(known)
        assert known.state is state
    else:
        assert verb(known) is (state is not after)
        assert known.state is after


def test_an_imported_item_stands_below_any_revision_its_source_can_send() -> None:
    above = item(Kind.PROJECT, State.SYNCED, origin=ORIGIN)
    made = linking.imported(record("SC-1", "Piles"), "pm-7", above, ANN, AT)
    assert (made.state, made.revision, made.synced_revision) == (State.SYNCED, 0, RECORD_REVISION)
    assert (made.number, made.title, made.parent, made.project) == (
        "SC-1",
        "Piles",
        "pm-12",
        "pm-12",
    )
    assert made.origin == Origin("PO-1", "SC-1")


@pytest.mark.parametrize(
    "state", [State.SENT, State.FAILED, State.REJECTED, State.RETRIEVED, State.UNLINKED]
)
def test_linking_makes_an_item_synced_without_a_word_to_the_erp(state: State) -> None:
    known = item(state=state, attempts=3, unsettled=True, waits_for="the ERP", export_id="m-1")
    assert linking.link(known, ORIGIN, ANN, LATER)
    assert (known.state, known.origin, known.synced_revision) == (State.SYNCED, ORIGIN, 1)
    assert (known.attempts, known.unsettled, known.waits_for, known.export_id) == (
        0,
        False,
        "",
        None,
    )
    assert not linking.link(known, ORIGIN, ANN, LATER), "once is enough"
    with pytest.raises(NotAllowed, match="is linked to PO-1 already"):
        linking.link(known, Origin("PO-2"), ANN, LATER)


@pytest.mark.parametrize("state", [State.SENT, State.FAILED, State.REJECTED, State.RETRIEVED])
def test_linking_a_change_to_the_record_it_has_already_settles_it(state: State) -> None:
    # Given a change of what was written, and the lines of it by the source's ids
    ours = Origin("PO-1", "SC-1", "1", (("l-1", "B"),))
    known = item(state=state, origin=ours, revision=2, synced_revision=1, attempts=3)

    # When somebody has made it in the ERP and links it, then it is done, and the lines are known still
    assert linking.link(known, Origin("PO-1", "SC-1b", "2", (("B", "B"),)), ANN, LATER)
    assert (known.state, known.synced_revision, known.attempts) == (State.SYNCED, 2, 0)
    assert known.origin == Origin("PO-1", "SC-1b", "2", (("l-1", "B"),))


def test_what_is_on_its_way_into_the_erp_is_not_linked() -> None:
    with pytest.raises(NotAllowed, match="an exporting item cannot be linked"):
        linking.link(item(state=State.EXPORTING), ORIGIN, ANN, AT)
    with pytest.raises(NotEntitled):
        linking.link(item(), ORIGIN, UMA, AT)


def test_unlinking_lets_go_of_the_record() -> None:
    known = item(state=State.SYNCED, origin=ORIGIN, synced_revision=1, drift={"gone": True})
    assert linking.unlink(known, ANN, LATER)
    assert (known.state, known.origin, known.drift) == (State.UNLINKED, None, None)
    assert not linking.unlink(known, ANN, LATER)


@pytest.mark.parametrize("state", [State.REJECTED, State.UNLINKED])
def test_an_archived_item_goes_back_to_where_it_was_archived_from(state: State) -> None:
    known = item(state=state)
    assert linking.archive(known, ANN, LATER)
    assert not linking.archive(known, ANN, LATER)
    assert linking.unarchive(known, ANN, LATER)
    assert (known.state, known.archived_from) == (state, None)
