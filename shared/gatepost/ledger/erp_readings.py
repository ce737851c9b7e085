"""Reading an ERP: beginning a refresh or a sync, and how far it has come.

A reading is a chain of messages, a page each. Its row names the one that may go on with it, so a
reading that was begun twice is one, and a link of an abandoned chain changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from gatepost.connectors.discovery import load_connector
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import NotAllowed, NotFound
from gatepost.domain.kinds import Kind
from gatepost.domain.schedules import SyncSchedule
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.tables import connections, erp_readings, messages
from gatepost.ledger.work import Work
from gatepost.messages.requests import Purpose, ReadErp, SyncByItself

BY_ITSELF: Final = "the company's sync schedule"


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a refresh or a sync has come. ``tries`` counts the silences since the last answer."""

    company: str
    connection: str
    purpose: str
    generation: int
    message_id: str | None
    started_by: str
    kind: str
    pages: int
    records: int
    tries: int
    error: str
    started_at: datetime
    finished_at: datetime | None

    def document(self) -> dict[str, Any]:
        """What people are shown of it."""
        return {
            "kind": self.kind or None,
            "pages": self.pages,
            "records": self.records,
            "started_by": self.started_by,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "error": self.error,
        }


def begin(
    work: Work,
    company: str,
    connection: str,
    purpose: Purpose,
    *,
    by: str,
    kinds: Sequence[RecordKind] = (),
) -> bool:
    """Have a connection's ERP read. False when that is under way already.

    Args:
        work: the transaction.
        company: whose.
        connection: over which connection.
        purpose: to stage what is not linked, or to compare what is.
        by: who asked, as it is shown.
        kinds: what to read; all the connector lists, or all that may be linked, when none is named.

    Raises:
        NotFound, NotAllowed: there is nothing that could be read over this connection.

    """
    listed = _kinds_to_read(_exporting(work, company, connection), purpose, kinds)
    rows = [reading_of(row) for row in work.connection.execute(_of(company, connection, lock=True))]
    before = next((each for each in rows if each.purpose == purpose), None)
    if before and is_under_way(work, before):
        return False
    generation = 1 + max((each.generation for each in rows), default=0)
    request = ReadErp(
        company=company, connection=connection, purpose=purpose, generation=generation, kinds=listed
    )
    fresh: dict[str, Any] = {
        "generation": generation,
        "message_id": work.send(request),
        "started_by": by,
        "kind": listed[0],
        "pages": 0,
        "records": 0,
        "tries": 0,
        "error": "",
        "started_at": work.now,
        "finished_at": None,
    }
    if before:
        change(work, before, **fresh)
    else:
        work.add(erp_readings, company=company, connection=connection, purpose=purpose, **fresh)
    return True


def current(work: Work, request: ReadErp, message_id: str) -> Reading | None:
    """The reading a message may go on with, locked; None when the message is outdated."""
    rows = work.connection.execute(_of(request.company, request.connection, lock=True))
    found = (reading_of(row) for row in rows)
    return next(
        (
            each
            for each in found
            if each.purpose == request.purpose
            and each.message_id == message_id
            and each.finished_at is None
        ),
        None,
    )


def readings_of(
    connection: sa.Connection, company: str, key: str | None = None
) -> dict[tuple[str, str], Reading]:
    """The latest readings of a company's connections, by connection and purpose."""
    rows = connection.execute(_of(company, key))
    return {(each.connection, each.purpose): each for each in map(reading_of, rows)}


def reading_of(row: Any) -> Reading:  # noqa: ANN401 - a row of erp_readings
    return Reading(**row._mapping)


def change(work: Work, reading: Reading, **values: Any) -> None:
    is_it = (
        (erp_readings.c.company == reading.company)
        & (erp_readings.c.connection == reading.connection)
        & (erp_readings.c.purpose == reading.purpose)
    )
    work.connection.execute(sa.update(erp_readings).where(is_it).values(**values))


def is_under_way(work: Work, reading: Reading) -> bool:
    """Whether a message will go on with it: a parked one will not, by itself."""
    if reading.finished_at is not None or reading.message_id is None:
        return False
    alive = (messages.c.id == reading.message_id) & messages.c.due_at.is_not(None)
    return bool(work.connection.execute(sa.select(messages.c.id).where(alive)).first())


def arrange(work: Work, company: str, connection: str, setting: dict[str, Any] | None) -> None:
    """Arrange the next sync by schedule; an earlier arrangement is forgotten."""
    message_id = None
    if setting:
        seconds = (SyncSchedule(**setting).next_after(work.now) - work.now).total_seconds()
        request = SyncByItself(company=company, connection=connection)
        message_id = work.send(request, after=max(1.0, seconds))
    is_it = (connections.c.company == company) & (connections.c.key == connection)
    work.connection.execute(
        sa.update(connections).where(is_it).values(sync_message_id=message_id, sync=setting)
    )


def _exporting(work: Work, company: str, connection: str) -> ConnectionEntry:
    """The entry of the connection over which the company exports: items are linked to its ERP."""
    entry = work.directory.connection_of(company)
    if entry and entry.key == connection:
        return entry
    is_it = (connections.c.company == company) & (connections.c.key == connection)
    if entry is None or not work.rows(connections, is_it):
        raise NotFound.because(
            f"{company} has no connection {connection}",
            field="key",
            who_can_fix="the caller: gatepost connection list names them",
        )
    raise NotAllowed.because(
        f"{company} exports over {entry.key}; only that ERP is read",
        field="key",
        who_can_fix="the caller: name that connection",
    )


def _kinds_to_read(
    entry: ConnectionEntry, purpose: Purpose, wanted: Sequence[RecordKind]
) -> tuple[str, ...]:
    profile = load_connector(entry.connector).profile
    listable = profile.listable
    if purpose is Purpose.SYNC:  # what cannot be listed is looked up item by item
        ordered = [kind for kind in listable if kind.item_kind]
        ordered += [kind for kind in map(RecordKind, Kind) if kind not in ordered]
    else:
        ordered = list(listable)
    if not ordered:
        raise NotAllowed.because(
            f"{profile.title} cannot be asked for lists, so there is nothing to refresh or to import",
            field="key",
            who_can_fix="nobody: records are linked by their ids, and a sync looks at what is linked",
        )
    if unknown := [kind.words for kind in wanted if kind not in ordered]:
        raise NotAllowed.because(
            f"the connector {entry.connector} does not list {', '.join(unknown)}s",
            field="kind",
            who_can_fix=f"the caller: it lists {', '.join(ordered)}",
        )
    return tuple(kind.value for kind in ordered if not wanted or kind in wanted)


def _of(company: str, connection: str | None, *, lock: bool = False) -> sa.Select[Any]:
    statement = sa.select(erp_readings).where(erp_readings.c.company == company)
    if connection is not None:
        statement = statement.where(erp_readings.c.connection == connection)
    return statement.with_for_update() if lock else statement
