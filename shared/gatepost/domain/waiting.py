"""What an accepted item waits for while its project or its commitment is not in the ERP."""

from typing import Final

from gatepost.domain.items import Item
from gatepost.domain.kinds import PARENT_KIND
from gatepost.domain.lifecycle import State

_STANDSTILL: Final[dict[State, str]] = {
    State.FAILED: "failed to export",
    State.REJECTED: "was rejected",
    State.RETRIEVED: "was taken back by its sender",
    State.UNLINKED: "is in the ERP no more",
    State.ARCHIVED: "was put away",
}
"""The states a parent does not leave by itself: whoever waits for it should know."""


def waits_for(parent: Item) -> str:
    """What a child waits for, in plain words."""
    why = _STANDSTILL.get(parent.state)
    said = f"{parent.label} {why}; it" if why else parent.label
    return f"{said} must be in the ERP first"


def stands_still(state: State) -> bool:
    """Whether somebody must act before an item in this state moves on."""
    return state in _STANDSTILL


def has_news(item: Item, before: State) -> bool:
    """Whether those who wait for it wait for something else than before."""
    may_have_children = item.kind in PARENT_KIND.values() and not item.is_linked
    return may_have_children and _STANDSTILL.get(before) != _STANDSTILL.get(item.state)
