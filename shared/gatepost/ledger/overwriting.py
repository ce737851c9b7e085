"""Overwriting: what the first revision its source sends would change in a record that was imported.

The record is the ERP's own, in the words of its connector; so it is compared with the record that
would be written, not with what the source says.
"""

from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.changes import Change
from gatepost.domain.drift import differences
from gatepost.domain.erp_records import RECORD_REVISION
from gatepost.domain.items import Item
from gatepost.ledger import tables
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.previewing import preview


def is_overwritten(item: Item) -> bool:
    """Whether the ERP's record is still the one that was imported, and a revision of it has come."""
    return item.is_linked and item.synced_revision == RECORD_REVISION != item.revision


def overwritten(item: Item, ledger: Ledger) -> list[Change] | None:
    """The fields both have that differ, as the record was read when it was imported.

    None where that is not known, or the connection cannot be used.
    """
    of_import = (tables.revisions.c.item_id == item.id) & (
        tables.revisions.c.revision == RECORD_REVISION
    )
    with ledger.work() as work:
        rows = work.rows(tables.revisions, of_import)
        try:
            written = preview(item, {}, work)["record"] if rows else None
        except ConfigurationError:
            return None
    if written is None:
        return None
    found = differences(written, rows[0]["content"])
    return [Change(each.field, before=each.theirs, after=each.ours) for each in found]
