"""Asking for an export: of all requests for an item, the last one asked is the one that counts."""

from gatepost.domain.items import Item
from gatepost.ledger.work import Work
from gatepost.messages.requests import Export


def ask_for_export(item: Item, work: Work, *, after: float = 0.0) -> None:
    """Leave a request for the exporter, in the lane of the company's connection."""
    entry = work.directory.connection_of(item.company)
    lane = entry.lane if entry else ""
    request = Export(item_id=item.id, revision=item.revision, lane=lane)
    item.export_id = work.send(request, after=after)
