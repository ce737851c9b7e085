"""Connections: how each ERP of the company does, and pausing, resuming and checking one."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from gatepost.connectors.discovery import load_connector
from gatepost.connectors.errors import ConfigurationError, ConnectorError
from gatepost.domain.errors import NotFound
from gatepost.domain.permissions import may_operate
from gatepost.ledger import gates
from gatepost.ledger.erp_readings import Reading, readings_of
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import connections
from gatepost.ledger.work import Work
from gatepost.messages.requests import Purpose
from gatepost_console.api_routes import ApiRoute
from gatepost_console.describing import answers
from gatepost_console.shapes import Connection, ConnectionChecked, Connections, Resumed
from gatepost_console.signin import Caller, Operator, Reader
from gatepost_console.texts import Json, Line
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import TheLedger

log = structlog.get_logger()

router = APIRouter(prefix="/v1/connections", tags=["connections"], route_class=ApiRoute)


class Pause(BaseModel):
    """Why nothing is to be exported for now."""

    model_config = ConfigDict(extra="forbid")

    because: Line = ""


@router.get("", operation_id="list_connections", responses=answers(Connections))
def connections_of(caller: Reader, ledger: TheLedger, company: Line | None = None) -> Json:
    """The company's connections, without their options: those may hold credentials."""
    caller.must_mean_its_company(company)
    caller.must_see()
    return Json({"connections": documents(ledger, caller.company.key)})


@router.post("/{key}/pause", operation_id="pause_connection", responses=answers(Connection))
def pause(key: Line, caller: Operator, ledger: TheLedger, body: Pause | None = None) -> Json:
    """Stop exporting over a connection until somebody resumes it; what comes waits."""
    because = (body.because if body else "") or f"by {_who(caller)}"
    _may_operate(caller)
    with ledger.work() as work:
        row_of(key, caller, work)
        gates.pause(work, caller.company.key, key, because)
        return _told(key, caller, work, "paused")


@router.post("/{key}/resume", operation_id="resume_connection", responses=answers(Resumed))
def resume(key: Line, caller: Operator, ledger: TheLedger) -> Json:
    """Export again, at once: the pause and the breaker are forgotten, what they held back is due."""
    _may_operate(caller)
    with ledger.work() as work:
        row_of(key, caller, work)
        due = gates.resume(work, caller.company.key, key)
        return _told(key, caller, work, "resumed", due=due)


@router.post("/{key}/check", operation_id="check_connection", responses=answers(ConnectionChecked))
def check(key: Line, caller: Operator, ledger: TheLedger) -> Json:
    """Whether the ERP can be reached with these credentials. Nothing is read from it or written."""
    _may_operate(caller)
    with ledger.work() as work:
        options = row_of(key, caller, work)
    try:
        said = gates.ask(options)
    except ConnectorError as error:
        document = {"message": error.message, "who_can_fix": error.who_can_fix}
        return Json({"key": key, "ok": False, **document})
    return Json({"key": key, "ok": True, "message": said, "who_can_fix": None})


def documents(ledger: Ledger, company: str) -> list[dict[str, Any]]:
    """A company's connections as they are shown: how each does, and what is read over it."""
    of_company = sa.select(connections).where(connections.c.company == company)
    with ledger.database.reading() as connection:
        now = connection.execute(ledger.statements.now).one().now
        rows = connection.execute(of_company.order_by(connections.c.key)).mappings()
        read = readings_of(connection, company)
        return [{**_document(row, now, connection), **_readings(row, read)} for row in rows]


def _told(key: str, caller: Caller, work: Work, what: str, **more: Any) -> Json:
    log.info(f"connection {what}", company=caller.company.key, connection=key, by=_who(caller))
    document = _document(row_of(key, caller, work), work.now, work.connection)
    return Json({**document, **more})


def row_of(key: str, viewer: Viewer, work: Work) -> sa.RowMapping:
    """A connection of the company somebody looks at, as it stands in its table.

    Raises:
        NotFound: it has none of that key.

    """
    is_it = (connections.c.company == viewer.company.key) & (connections.c.key == key)
    rows = work.rows(connections, is_it)
    if rows:
        return rows[0]
    raise NotFound.because(
        f"{viewer.company.name} has no connection {key}",
        field="key",
        who_can_fix="the caller: GET /v1/connections names them",
    )


def _may_operate(caller: Caller) -> None:
    if caller.person is not None:
        may_operate(caller.person)


def _who(caller: Caller) -> str:
    return caller.person.email if caller.person else f"the token {caller.token.label}"


def _readings(row: sa.RowMapping, read: dict[tuple[str, str], Reading]) -> dict[str, Any]:
    """Its latest refresh and sync, and when it is synced by itself."""
    latest = {each.value: read.get((row["key"], each)) for each in Purpose}
    documents = {name: each.document() if each else None for name, each in latest.items()}
    return {**documents, "sync_schedule": row["sync"]}


def _document(row: sa.RowMapping, now: datetime, connection: sa.Connection) -> dict[str, Any]:
    until = row["open_until"]
    is_open = until is not None and until > now
    return {
        "key": row["key"],
        "connector": row["connector"],
        "profile": row["profile"] or row["connector"],
        "lane": row["lane"],
        "state": "paused" if row["paused"] else "open" if is_open else "ok",
        "breaker": {"open": is_open, "open_until": until, "failures": row["failures"]},
        "paused": row["paused"],
        "paused_because": gates.paused_because(row),
        "limits": {"in_flight": row["in_flight"], "per_minute": row["per_minute"]},
        "last_contact_at": row["last_contact_at"],
        "waits": gates.waiting_for_call(connection, row, now),
        "lists": _lists(row["connector"]),
    }


def _lists(connector: str) -> list[str]:
    """The kinds of records a connector can list; none where it is not installed."""
    try:
        return [kind.value for kind in load_connector(connector).profile.listable]
    except ConfigurationError:
        return []
