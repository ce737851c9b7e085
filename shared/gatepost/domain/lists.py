"""The six lists people work from, as predicates over items."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gatepost.domain.lifecycle import State


class WorkList(StrEnum):
    """A list of the ERP tool. Ready To Import holds ERP records, the others hold items."""

    READY_TO_IMPORT = "ready_to_import"
    READY_TO_EXPORT = "ready_to_export"
    READY_TO_UPDATE = "ready_to_update"
    FAILED_TO_EXPORT = "failed_to_export"
    SYNCED = "synced"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Membership:
    """Which items stand on a list. ``linked`` None means: whether or not the ERP has a record."""

    states: tuple[State, ...]
    linked: bool | None = None


# What is being exported stays in sight, and is counted, on the list it was accepted from: it is not in
# the ERP before the ERP has answered. What it waits for is told beside it (``waits_for``).
MEMBERSHIP: Final[dict[WorkList, Membership]] = {
    WorkList.READY_TO_IMPORT: Membership(()),
    WorkList.READY_TO_EXPORT: Membership((State.SENT, State.EXPORTING), linked=False),
    WorkList.READY_TO_UPDATE: Membership((State.SENT, State.EXPORTING), linked=True),
    WorkList.FAILED_TO_EXPORT: Membership((State.FAILED,)),
    WorkList.SYNCED: Membership((State.SYNCED,)),
    WorkList.ARCHIVED: Membership((State.ARCHIVED,)),
}


def list_of(state: State, *, linked: bool) -> WorkList | None:
    """The list an item stands on; None for those that are findable but on no list."""
    for name, membership in MEMBERSHIP.items():
        if state in membership.states and membership.linked in (None, linked):
            return name
    return None
