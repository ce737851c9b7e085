"""From an item to what a connector gets, and a hash of the record it would write.

The exporter writes with it and the console shows with it, so what is shown is what will be written.
"""

import hashlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson

from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost.ledger.work import Work


def export_item(item: Item, content: dict[str, Any], work: Work) -> ExportItem:
    """The item as its connector sees it, with the ERP's ids of all it refers to."""
    company = work.directory.company(item.company)
    vendor = company.vendors.get(content.get("vendor", ""))
    return ExportItem(
        mark=item.id,
        key=f"{item.id}:{item.revision}",
        kind=item.kind,
        external_id=item.external_id,
        revision=item.revision,
        number=item.number,
        title=item.title,
        content=_whole(item.kind, content),
        entries=item.entries,
        project=item.project,
        project_origin=_origin(_project_id(item), work),
        parent_origin=_origin(item.parent_id, work),
        vendor_origin=vendor.origin if vendor else None,
        origin=item.origin,
    )


def preview_hash(connector: Connector, exported: ExportItem) -> str:
    """A hash of what is shown before it is accepted, to hold the export to it.

    The ERP's ids of its parents are left out: they may come to be between the two.
    """
    shown = replace(exported, project_origin=None, parent_origin=None)
    return request_hash(connector.preview(shown))


def request_hash(record: dict[str, Any]) -> str:
    """A hash of the very record that is written, the same for the same record."""
    document = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(document, digest_size=16).hexdigest()


def _whole(kind: Kind, content: dict[str, Any]) -> dict[str, Any]:
    """The content with an invoice's retainage: what its lines keep back, where it says none itself."""
    if kind is not Kind.INVOICE or content.get("retainage") is not None:
        return content
    kept = [line["retainage"] for line in content.get("lines", ()) if line.get("retainage")]
    return {**content, "retainage": str(sum(map(Decimal, kept)))} if kept else content


def _project_id(item: Item) -> str | None:
    if PARENT_KIND.get(item.kind) is Kind.PROJECT:
        return item.parent_id
    return ItemRef(item.company, Kind.PROJECT, item.project).item_id if item.project else None


def _origin(item_id: str | None, work: Work) -> Origin | None:
    found = work.find(item_id, lock=False) if item_id else None
    return found.origin if found else None
