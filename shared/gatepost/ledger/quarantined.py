"""What is in quarantine: events that could not be taken; looked at, and taken once more."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import orjson
import sqlalchemy as sa

from gatepost.domain.errors import FieldProblem, NotAllowed, NotFound
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.statements import as_ids
from gatepost.ledger.tables import Id, quarantine
from gatepost.ledger.work import Work
from gatepost.messages.cloud_events import Unintelligible, read
from gatepost.messages.requests import Receive

CHANNEL: Final = "replay"


def kept(
    ledger: Ledger,
    *,
    where: sa.ColumnElement[bool] | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """What is kept, newest first, without its bytes.

    Args:
        ledger: where.
        where: which of it; all when not given.
        before: the id of the last one that was seen.
        limit: so many, at the most.

    """
    columns = [column for column in quarantine.c if column.name not in _LONG]
    statement = sa.select(*columns).order_by(quarantine.c.id.desc()).limit(limit)
    if where is not None:
        statement = statement.where(where)
    if before is not None:
        statement = statement.where(quarantine.c.id < sa.literal(before, Id))
    with ledger.database.reading() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def of_company(key: str, *, alone: bool) -> sa.ColumnElement[bool]:
    """What names a company and was not replayed yet.

    Args:
        key: whose.
        alone: whether there is no other company: then what names none is its own as well.

    """
    named = quarantine.c.company == key
    own = named | quarantine.c.company.is_(None) if alone else named
    return own & quarantine.c.replayed_at.is_(None)


def event_of(ledger: Ledger, event_id: str) -> dict[str, Any]:
    """One event with everything that is kept of it.

    Raises:
        NotFound: nothing has that id.

    """
    with ledger.database.reading() as connection:
        chosen = sa.select(quarantine).where(quarantine.c.id == _uuid(event_id))
        row = connection.execute(chosen).mappings().first()
    if row is None:
        raise not_there(event_id)
    return dict(row)


def events_of(ledger: Ledger, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Events with everything that is kept of them, in one query; what is not there is left out."""
    statement = ledger.statements.by_ids(quarantine)
    with ledger.database.reading() as connection:
        rows = connection.execute(statement, {"ids": as_ids(ids)}).mappings() if ids else ()
        return [dict(row) for row in rows]


def body_of(row: dict[str, Any]) -> str:
    """The event as it came, as far as it is text."""
    return base64.b64decode(row["body"]).decode("utf-8", "replace")


def replay(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Hand events to the intake once more, as they came; what is refused again stays the same row.

    Raises:
        NotAllowed: one of them is no text, so that it can be taken in no way.

    """
    for row in rows:
        body = _as_document(row)
        work.send(
            Receive(
                item_id="",
                body=body,
                publisher=row["publisher"],
                channel=CHANNEL,
                kept_as=row["id"],
            )
        )
        work.change(quarantine, row["id"], replayed_at=work.now)


def keep_again(work: Work, event_id: str, reason: str, problems: Sequence[FieldProblem]) -> None:
    """Put an event back that was replayed and is refused again, with what stands against it now.

    Where its source sent it again meanwhile, the row of that is the one that is kept.
    """
    came_again = quarantine.alias()
    stands = sa.exists().where(
        came_again.c.fingerprint == quarantine.c.fingerprint,
        came_again.c.replayed_at.is_(None),
        came_again.c.id != quarantine.c.id,
    )
    its = (quarantine.c.id == sa.literal(event_id, Id)) & ~stands
    now = {"reason": reason, "problems": [*map(asdict, problems)], "replayed_at": None}
    work.connection.execute(sa.update(quarantine).where(its).values(**now))


def _as_document(row: dict[str, Any]) -> str:
    """The event as one JSON document, in whichever mode it came; what is none stays what it is."""
    raw = base64.b64decode(row["body"])
    try:
        envelope = read(raw, row["content_type"], row["headers"])
    except Unintelligible as error:
        return _as_text(raw, error)
    document = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "data": envelope.data,
        "traceparent": envelope.traceparent,
    }
    return orjson.dumps({name: value for name, value in document.items() if value != ""}).decode()


def _as_text(raw: bytes, error: Unintelligible) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise NotAllowed.because(
            f"it cannot be replayed: {error}",
            field="event_id",
            who_can_fix="its source: send it again, as a CloudEvent",
        ) from None


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise not_there(text) from None


def not_there(event_id: str) -> NotFound:
    return NotFound.because(
        f"nothing in quarantine has the id {event_id}",
        field="event_id",
        who_can_fix="an operator: gatepost quarantine list names what is there",
    )


_LONG: Final = ("body", "headers", "fingerprint")
