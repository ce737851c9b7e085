"""On which list an item stands."""

import pytest

from gatepost.domain.lifecycle import State
from gatepost.domain.lists import MEMBERSHIP, WorkList, list_of


@pytest.mark.parametrize(
    ("state", "new", "linked"),
    [
        (State.SENT, WorkList.READY_TO_EXPORT, WorkList.READY_TO_UPDATE),
        (State.EXPORTING, WorkList.READY_TO_EXPORT, WorkList.READY_TO_UPDATE),  # stays in sight
        (State.SYNCED, WorkList.SYNCED, WorkList.SYNCED),
        (State.FAILED, WorkList.FAILED_TO_EXPORT, WorkList.FAILED_TO_EXPORT),
        (State.REJECTED, None, None),  # gone from the lists; findable
        (State.RETRIEVED, None, None),
        (State.UNLINKED, None, None),
        (State.ARCHIVED, WorkList.ARCHIVED, WorkList.ARCHIVED),
    ],
)
def test_a_state_has_its_list(state: State, new: WorkList | None, linked: WorkList | None) -> None:
    assert list_of(state, linked=False) is new
    assert list_of(state, linked=True) is linked


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("state", State)
def test_no_item_stands_on_two_lists(state: State, linked: bool) -> None:
    on = [
        name
        for name, membership in MEMBERSHIP.items()
        if state in membership.states and membership.linked in (None, linked)
    ]
    assert len(on) <= 1


def test_there_are_six_lists_in_the_order_people_know() -> None:
    assert list(MEMBERSHIP) == list(WorkList)
    assert [name.value for name in WorkList] == [
        "ready_to_import",
        "ready_to_export",
        "ready_to_update",
        "failed_to_export",
        "synced",
        "archived",
    ]


def test_ready_to_import_holds_no_items() -> None:
    assert MEMBERSHIP[WorkList.READY_TO_IMPORT].states == ()
