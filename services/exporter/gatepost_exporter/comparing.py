"""Comparing: where the ERP's record differs from what Gatepost wrote, the item says so."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from gatepost.connectors.port import Connector, ErpRecord
from gatepost.domain.drift import Difference, differences
from gatepost.domain.erp_records import RECORD_REVISION
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.ledger.mapping import export_item
from gatepost.ledger.work import Work
from gatepost_exporter.written import drift_of

BY: Final = "exporter"


def compare(work: Work, connector: Connector, found: Mapping[str, ErpRecord]) -> None:
    """Note the drift of items whose records were read; both by the items' ids."""
    if not found:
        return
    work.load(found)
    contents, hashes = _contents(work, list(found)), _hashes(work, list(found))
    for item_id, record in found.items():
        item = work.item(item_id)
        if not _is_of(item, record) or item_id not in contents:
            continue
        content = contents[item_id]
        imported = item.synced_revision == RECORD_REVISION  # then it is the ERP's own record
        if imported:
            drift = differences(content, record.data)
        else:
            exported = export_item(item, content, work)
            drift = drift_of(exported, hashes.get(item_id, ()), connector, record.data)
        note(work, item, drift)


def note(work: Work, item: Item, found: Sequence[Difference], *, gone: bool = False) -> None:
    """Keep what differs with the item; its history tells when that changes."""
    known = {"gone": gone, "fields": [asdict(each) for each in found]} if found or gone else None
    before = {name: item.drift[name] for name in ("gone", "fields")} if item.drift else None
    if known == before:
        return
    item.drift = {**known, "since": work.now.isoformat()} if known else None
    what = "gone from the ERP" if gone else "differs in the ERP"
    fields = ", ".join(each.field for each in found)
    work.record(
        item, what if known else "agrees with the ERP again", by=BY, channel="erp", comment=fields
    )


def _is_of(item: Item, record: ErpRecord) -> bool:
    """Whether the item is still tied to this record, and nothing newer is on its way."""
    origin = item.origin
    return item.state is State.SYNCED and origin is not None and origin.id == record.origin.id


def _contents(work: Work, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What was written of each item: the content of the revision that was synced."""
    rows = work.rows_by_ids(tables.revisions, ids, column="item_id")
    wanted = {each: item.synced_revision for each in ids if (item := work.find(each))}
    return {row.item_id: row.content for row in rows if row.revision == wanted.get(row.item_id)}


def _hashes(work: Work, ids: Sequence[str]) -> dict[str, set[str]]:
    """What was asked of the ERP for each item in the revision that was synced, by its hashes."""
    found: dict[str, set[str]] = {}
    for row in work.rows_by_ids(tables.export_attempts, ids, column="item_id"):
        if row.revision == work.item(row.item_id).synced_revision:
            found.setdefault(row.item_id, set()).add(row.request_hash)
    return found
