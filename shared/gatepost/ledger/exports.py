"""Asking for an export: of all requests for an item, the last one asked is the one that counts."""

from collections.abc import Sequence

from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.ledger.tables import items
from gatepost.ledger.work import Work
from gatepost.messages.requests import Export


def ask_for_export(item: Item, work: Work, *, after: float = 0.0) -> None:
    """Leave a request for the exporter, in the lane of the company's connection."""
    entry = work.directory.connection_of(item.company)
    lane = entry.lane if entry else ""
    request = Export(item_id=item.id, revision=item.revision, lane=lane)
    item.export_id = work.send(request, after=after)


def waiting_children(parents: Sequence[str], work: Work) -> list[Item]:
    """The accepted items that wait for one of these to be in the ERP, locked."""
    if not parents:
        return []
    waiting = items.c.parent_id.in_(parents) & (items.c.waits_for != "")
    ids = [row["id"] for row in work.rows(items, waiting)]
    work.load(ids)
    found = [work.item(item_id) for item_id in ids]
    return [item for item in found if item.state is State.EXPORTING and item.attempts == 0]


def release_children(parents: Sequence[str], work: Work) -> None:
    """What waited for these to be in the ERP goes on its way now."""
    for child in waiting_children(parents, work):
        child.waits_for = ""
        ask_for_export(child, work)
