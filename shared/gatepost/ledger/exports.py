"""Asking for an export: of all requests for an item, the last one asked is the one that counts."""

from collections.abc import Sequence

from gatepost.domain.items import Item
from gatepost.ledger.waiting import waiting_children
from gatepost.ledger.work import Work
from gatepost.messages.requests import Export


def ask_for_export(item: Item, work: Work, *, after: float = 0.0) -> None:
    """Leave a request for the exporter, in the lane of the company's connection."""
    entry = work.directory.connection_of(item.company)
    lane = entry.lane if entry else ""
    request = Export(item_id=item.id, revision=item.revision, lane=lane)
    item.export_id = work.send(request, after=after)


def ask_for_accepted(item: Item, work: Work) -> None:
    """The same once the company's time to take an acceptance back has passed."""
    ask_for_export(item, work, after=work.directory.company(item.company).settings.grace_seconds)


def release_children(parents: Sequence[str], work: Work) -> None:
    """What waited for these to be in the ERP goes on its way now.

    It may be taken back for as long as it could be if it had been accepted just now.
    """
    for child in waiting_children(parents, work):
        child.waits_for = ""
        ask_for_accepted(child, work)
