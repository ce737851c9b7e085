"""The accepted items that wait for their parent to be in the ERP, and what they are told of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from gatepost.domain import waiting
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.ledger import item_rows
from gatepost.ledger.tables import items

if TYPE_CHECKING:
    from gatepost.ledger.work import Work

_STATE: Final = item_rows.COLUMNS.index("state")


def waiting_children(parents: Sequence[str], work: "Work") -> list[Item]:
    """The accepted items that wait for one of these to be in the ERP, locked."""
    if not parents:
        return []
    are_theirs = items.c.parent_id.in_(parents) & (items.c.waits_for != "")
    ids = [row["id"] for row in work.rows(items, are_theirs)]
    work.load(ids)
    found = [work.item(item_id) for item_id in ids]
    return [item for item in found if item.state is State.EXPORTING and item.attempts == 0]


def tell_children(
    before: Mapping[str, item_rows.Snapshot], now: Mapping[str, Item], work: "Work"
) -> None:
    """Tell those who wait for an item that it stands still now, or that it moves on again.

    Args:
        before: items that were read, as they were.
        now: all of them, as they are.
        work: the transaction, at its end: whatever has moved the items, it is seen here.

    """
    moved = {id for id, was in before.items() if waiting.has_news(now[id], was[_STATE])}
    for child in waiting_children(sorted(moved), work):
        parent = now[child.parent_id or ""]
        said = waiting.waits_for(parent)
        if child.waits_for == said:
            continue
        child.waits_for = said
        what = f"parent {parent.state}" if waiting.stands_still(parent.state) else "parent moves on"
        work.record(child, what, by="gatepost", channel="gatepost", comment=said)
