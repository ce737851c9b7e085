"""The ERP's records as they were last read: which stand on a list, and one of them to work on.

Whether a record is a candidate is asked when a list is read: an item may have been tied to it, or its
parent may have come into the ERP, since it was staged.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
import sqlalchemy as sa

from gatepost.domain.erp_records import (
    RecordKind,
    RecordState,
    StagedRecord,
    Suggestion,
)
from gatepost.domain.errors import NotFound
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import LIFECYCLE, Step
from gatepost.domain.lists import WorkList, list_of
from gatepost.domain.matching import Matching
from gatepost.ledger import item_rows
from gatepost.ledger.erp_record_lists import above, stands_on
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import LARGEST_PAGE, PAGE_SIZE
from gatepost.ledger.paging import WrongCursor
from gatepost.ledger.statements import as_ids
from gatepost.ledger.tables import Id, erp_records, items
from gatepost.ledger.work import Work

CANDIDATES: Final = 1000  # items of a company that a page of records is compared with, the newest
_COLUMNS: Final = [str(name) for name in erp_records.c.keys()]  # noqa: SIM118 - no mapping
_LINKABLE: Final = [state for state, steps in LIFECYCLE.items() if Step.LINK in steps]

OFFERED: Final = [each for each in RecordState if each is not RecordState.ARCHIVED]
"""The states of records that an entry may be chosen from."""

_PLACES: Final = [list_of(state, linked=False) or state for state in _LINKABLE]


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are wanted; what is None does not matter. What is gone is on no list."""

    company: str | None = None
    list: WorkList | None = None
    kind: RecordKind | None = None
    q: str = ""
    connection: str | None = None
    offered: bool = False  # only what an entry may be chosen from

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        yield ~erp_records.c.gone
        if self.company is not None:
            yield erp_records.c.company == self.company
        if self.list is not None:
            yield stands_on(self.list)
        if self.kind is not None:
            yield erp_records.c.kind == self.kind
        if self.connection is not None:
            yield erp_records.c.connection == self.connection
        if self.offered:
            yield erp_records.c.state.in_(OFFERED)
        if self.q:
            code = erp_records.c.origin["code"].as_string()
            fields = (erp_records.c.name, code, erp_records.c.origin_id)
            yield sa.or_(*(field.icontains(self.q, autoescape=True) for field in fields))


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A part of a list by name, and for each record the items that may be the same thing."""

    records: list[StagedRecord]
    suggestions: dict[str, Sequence[Suggestion]]
    next_cursor: str | None


def record_id(company: str, connection: str, kind: RecordKind, origin_id: str) -> str:
    """A staged record's id: the same however often it is read."""
    return str(uuid5(NAMESPACE_URL, f"gatepost:erp:{company}/{connection}/{kind}/{origin_id}"))


def from_row(row: Any) -> StagedRecord:  # noqa: ANN401 - a row, by whichever driver
    """The record in a row that has all columns."""
    values = dict(row._mapping)
    values["kind"] = RecordKind(values["kind"])
    values["state"] = RecordState(values["state"])
    values["origin"] = item_rows.origin_of(values["origin"])
    values["gone"] = bool(values["gone"])
    return StagedRecord(**values)


def to_row(record: StagedRecord) -> dict[str, Any]:
    """A record as a row of the table ``erp_records``."""
    row = {name: getattr(record, name) for name in _COLUMNS}
    return {**row, "origin": item_rows.origin_document(record.origin)}


def page(
    ledger: Ledger, wanted: RecordFilter, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> RecordPage:
    """A part of a list.

    Raises:
        WrongCursor: it was not given by ``next_cursor``.

    """
    size = max(1, min(limit, LARGEST_PAGE))
    place = (erp_records.c.name, erp_records.c.id)
    statement = sa.select(erp_records).where(*wanted.conditions()).order_by(*place).limit(size + 1)
    if cursor:
        statement = statement.where(sa.tuple_(*place) > _beyond(cursor))
    with ledger.database.reading() as connection:
        found = [from_row(row) for row in connection.execute(statement)]
        shown = found[:size]
        free = [record for record in shown if record.state is RecordState.READY_TO_IMPORT]
        matching = Matching(_candidates(connection, free))
    suggestions = {record.id: matching.suggestions(record) for record in free}
    return RecordPage(shown, suggestions, _cursor(shown[-1]) if len(found) > size else None)


def record_of(ledger: Ledger, known: str) -> StagedRecord:
    """A record by its id.

    Raises:
        NotFound: there is none.

    """
    with ledger.database.reading() as connection:
        return _one(connection, known, lock=False)


def records_of(ledger: Ledger, wanted: Sequence[str]) -> dict[str, StagedRecord]:
    """Records by their ids, in one query; those that are not there are left out."""
    ids = [found for found in map(_uuid, wanted) if found]
    statement = ledger.statements.by_ids(erp_records)
    with ledger.database.reading() as connection:
        rows = connection.execute(statement, {"ids": as_ids(ids)}).all() if ids else ()
    return {row.id: from_row(row) for row in rows}


def suggestions_for(ledger: Ledger, record: StagedRecord) -> Sequence[Suggestion]:
    """The items that a record may be, the likeliest first."""
    if record.state is not RecordState.READY_TO_IMPORT:
        return ()
    with ledger.database.reading() as connection:
        return Matching(_candidates(connection, [record])).suggestions(record)


def locked(work: Work, known: str) -> StagedRecord:
    """A record to work on; nobody else changes it until the transaction ends.

    Raises:
        NotFound: there is none.

    """
    return _one(work.connection, known, lock=True)


def keep(work: Work, record: StagedRecord) -> None:
    """Write down what a person made of a record."""
    work.change(erp_records, record.id, state=record.state, item_id=record.item_id)


def forget(work: Work, company: str, kind: str, origin_id: str) -> None:
    """The ERP no longer has this record."""
    is_it = sa.and_(
        erp_records.c.company == company,
        erp_records.c.kind == kind,
        erp_records.c.origin_id == origin_id,
    )
    work.connection.execute(sa.update(erp_records).where(is_it).values(gone=True, item_id=None))


def parent_item_id(connection: sa.Connection, record: StagedRecord) -> str | None:
    """The item tied to the record that this one hangs under; None while there is none."""
    if record.parent is None:
        return None
    is_above = above(sa.literal(record.company), sa.literal(record.parent))
    return connection.execute(sa.select(items.c.id).where(is_above).limit(1)).scalar()


def _one(connection: sa.Connection, known: str, *, lock: bool) -> StagedRecord:
    is_it = erp_records.c.id == key if (key := _uuid(known)) else sa.false()
    statement = sa.select(erp_records).where(is_it)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotFound.because(
            f"there is no record {known} of an ERP here",
            field="record_id",
            who_can_fix="the caller: check the id",
        )
    return from_row(row)


def _candidates(connection: sa.Connection, records: Iterable[StagedRecord]) -> list[Item]:
    """Items of the records' companies and kinds that are not linked and could be."""
    wanted = {(record.company, record.kind) for record in records}
    if not wanted:
        return []
    columns = (items.c[name] for name in item_rows.COLUMNS)
    statement = (
        sa.select(*columns)
        .where(
            items.c.company.in_({company for company, _ in wanted}),
            items.c.kind.in_({kind for _, kind in wanted}),
            items.c.place.in_(_PLACES),
            items.c.state.in_(_LINKABLE),
            items.c.origin_id.is_(None),
        )
        .order_by(items.c.created_at.desc(), items.c.id.desc())
        .limit(CANDIDATES)
    )
    return [item_rows.from_row(row) for row in connection.execute(statement)]


def _cursor(last: StagedRecord) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([last.name, last.id])).rstrip(b"=").decode()


def _beyond(cursor: str) -> sa.ColumnElement[Any]:
    """The place at which a page ended."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        name, key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        place = (sa.literal(str(name)), sa.literal(str(UUID(key)), Id))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise WrongCursor("the cursor is none that a list of Gatepost gave") from None
    return sa.tuple_(*place)


def _uuid(text: str) -> str | None:
    """An id as both databases write it; None where it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return None
