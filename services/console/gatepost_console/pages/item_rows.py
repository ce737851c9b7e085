"""The rows of a list: what somebody decides by, on one line each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.ledger import reading
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import revisions
from gatepost_console.pages.visiting import Visitor

_OF_A_COMMITMENT = (Kind.CHANGE_ORDER, Kind.INVOICE)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in a list. ``total`` is None for those who read no books."""

    item: Item
    vendor: str
    project: str
    total: str | None
    currency: str | None
    sent_at: datetime
    waits_for: str


def rows_of(ledger: Ledger, items: Sequence[Item], visitor: Visitor) -> list[ItemRow]:
    """What a list shows of items; their commitments and contents are read at once."""
    above = [item.parent_id for item in items if item.kind in _OF_A_COMMITMENT and item.parent_id]
    parents = reading.items_of(ledger, above)
    sent = _sent(ledger, [*items, *parents.values()])
    return [_row(item, parents.get(item.parent_id or ""), sent, visitor) for item in items]


def _row(
    item: Item,
    parent: Item | None,
    sent: Mapping[str, tuple[datetime, str | None]],
    visitor: Visitor,
) -> ItemRow:
    company = visitor.company
    at, vendor_id = sent.get(item.id, (item.created_at, None))
    if parent is not None and item.kind in _OF_A_COMMITMENT:
        vendor_id = sent.get(parent.id, (at, None))[1]
    vendor = company.vendors.get(vendor_id or "")
    project = company.projects.get(item.project or "")
    return ItemRow(
        item=item,
        vendor=vendor.name if vendor else vendor_id or "",
        project=project.name if project else item.project or "",
        total=item.total if visitor.sees_money(item) else None,
        currency=item.currency or (parent.currency if parent else None),
        sent_at=at,
        waits_for=waits_for(item),
    )


def waits_for(item: Item) -> str:
    """What an item waits for now, why it stands still, or what sets it apart."""
    match item.state:
        case State.SENT if item.first_approval:
            return f"a second approver; {item.first_approval.by_name} accepted it"
        case State.SENT if item.rejection:
            return f"resent after {item.rejection.by_name or item.rejection.by} rejected it"
        case State.SENT:
            return "a decision"
        case State.EXPORTING:
            return item.waits_for or "its turn"
        case State.FAILED if item.cause:
            return item.cause.message
        case State.REJECTED:
            return item.comment or "a correction at its source"
        case State.SYNCED if item.drift is not None:
            return "differs from the ERP's record"
    return ""


def _sent(ledger: Ledger, items: Sequence[Item]) -> dict[str, tuple[datetime, str | None]]:
    """When the current revision of each item came, and the vendor it names."""
    current = {item.id: item.revision for item in items}
    vendor = revisions.c.content["vendor"].as_string().label("vendor")
    columns = (revisions.c.item_id, revisions.c.revision, revisions.c.at, vendor)
    statement = sa.select(*columns).where(revisions.c.item_id.in_(list(current)))
    with ledger.database.reading() as connection:
        rows = connection.execute(statement).all() if current else ()
    return {
        row.item_id: (row.at, row.vendor) for row in rows if current[row.item_id] == row.revision
    }
