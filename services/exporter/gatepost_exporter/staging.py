"""Staging: a page of the ERP's records is written down, each with the item it belongs to, if any."""

from collections.abc import Sequence

import sqlalchemy as sa

from gatepost.connectors.port import ErpRecord
from gatepost.domain.erp_records import (
    LinkedItem,
    RecordKind,
    RecordState,
    StagedRecord,
    item_marked,
    state_of,
)
from gatepost.domain.lifecycle import State
from gatepost.ledger import erp_records as staged
from gatepost.ledger.erp_readings import Reading
from gatepost.ledger.options import note_read
from gatepost.ledger.tables import erp_records, items
from gatepost.ledger.work import Work
from gatepost.messages.requests import Purpose

_SETTLED = (State.EXPORTING, State.SYNCED)
_READ_ANEW = ("origin", "name", "parent", "mark", "data", "state", "item_id", "generation", "gone",
              "last_seen_at")  # fmt: skip


def stage(
    work: Work, reading: Reading, kind: RecordKind, records: Sequence[ErpRecord]
) -> dict[str, ErpRecord]:
    """Write a page down; gives the records items are linked to, by the items' ids.

    A sync writes only those: what is not linked, a refresh stages.
    """
    if not records:
        return {}
    by_id = {
        staged.record_id(reading.company, reading.connection, kind, each.origin.id): each
        for each in records
    }
    known = {
        row.id: staged.from_row(row) for row in work.rows_by_ids(erp_records, by_id, lock=True)
    }
    owners = _items_of(work, reading.company, kind, records)
    linked: dict[str, ErpRecord] = {}
    for record_id, record in by_id.items():
        before = known.get(record_id)
        mark, origin_id = record.mark, record.origin.id
        state, item_id = state_of(kind, origin_id, mark, owners, before.state if before else None)
        if item_id is not None:
            linked[item_id] = record
        elif reading.purpose == Purpose.SYNC:
            continue
        found = _as_read(work, reading, kind, record, record_id, state, item_id)
        _write(work, found, is_new=before is None)
    return linked


def mark_gone(work: Work, reading: Reading, kind: RecordKind) -> None:
    """The list was read to its end: what this reading did not find is no longer in the ERP."""
    note_read(work, reading.company, reading.connection, kind)
    unseen = sa.and_(
        erp_records.c.company == reading.company,
        erp_records.c.connection == reading.connection,
        erp_records.c.kind == kind,
        erp_records.c.generation < reading.generation,
        ~erp_records.c.gone,
    )
    work.connection.execute(sa.update(erp_records).where(unseen).values(gone=True))


def unseen_items(work: Work, reading: Reading, kind: RecordKind) -> list[str]:
    """The synced items of a kind whose records this reading did not come across."""
    seen = sa.and_(
        erp_records.c.company == items.c.company,
        erp_records.c.kind == items.c.kind,
        erp_records.c.origin_id == items.c.origin_id,
        erp_records.c.connection == reading.connection,
        erp_records.c.generation >= reading.generation,
    )
    missing = sa.select(items.c.id).where(
        items.c.company == reading.company,
        items.c.kind == kind,
        items.c.state == State.SYNCED,
        items.c.updated_at < reading.started_at,  # what came later may be on a page behind us
        ~sa.exists().where(seen),
    )
    return list(work.connection.execute(missing.order_by(items.c.id)).scalars())


def _items_of(
    work: Work, company: str, kind: RecordKind, records: Sequence[ErpRecord]
) -> dict[str, LinkedItem]:
    """The items records may belong to, by their origin's id and by their own."""
    if kind.item_kind is None:
        return {}
    origins = [record.origin.id for record in records]
    marked = [id for record in records if (id := item_marked(record.mark))]
    statement = sa.select(items.c.id, items.c.kind, items.c.origin_id, items.c.state).where(
        items.c.company == company,
        items.c.kind == kind,
        sa.or_(items.c.origin_id.in_(origins), items.c.id.in_(marked)),
    )
    found: dict[str, LinkedItem] = {}
    for row in work.connection.execute(statement):
        item = LinkedItem(row.id, row.kind, row.origin_id, row.state in _SETTLED)
        found[row.id] = item
        if row.origin_id is not None:
            found[row.origin_id] = item
    return found


def _as_read(
    work: Work,
    reading: Reading,
    kind: RecordKind,
    record: ErpRecord,
    record_id: str,
    state: RecordState,
    item_id: str | None,
) -> StagedRecord:
    return StagedRecord(
        id=record_id,
        company=reading.company,
        connection=reading.connection,
        kind=kind,
        origin_id=record.origin.id,
        origin=record.origin,
        name=record.name,
        parent=record.parent,
        mark=record.mark,
        data=record.data,
        state=state,
        item_id=item_id,
        generation=reading.generation,
        gone=False,
        first_seen_at=work.now,
        last_seen_at=work.now,
    )


def _write(work: Work, record: StagedRecord, *, is_new: bool) -> None:
    row = staged.to_row(record)
    if is_new:
        work.add(erp_records, **row)
    else:
        work.change(erp_records, record.id, **{name: row[name] for name in _READ_ANEW})
