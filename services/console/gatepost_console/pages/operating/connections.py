"""The connections to the ERPs: how each does, and stopping, resuming, checking and reading one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.connectors.errors import ConnectorError
from gatepost.domain.errors import Refusal
from gatepost.domain.permissions import may_operate
from gatepost.ledger import gates
from gatepost.ledger.ids import lowest_at
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import export_attempts, items, messages
from gatepost.messages.requests import Export, Purpose
from gatepost_console import readings
from gatepost_console.connections import documents, row_of
from gatepost_console.flow import CALLED, CALM, MOST, NEWEST_CALLS
from gatepost_console.pages.forms import TheForm
from gatepost_console.pages.operating.operators import Connecting, Said, back, operations_page
from gatepost_console.pages.visiting import Visitor
from gatepost_console.wiring import TheLedger

log = structlog.get_logger()

router = APIRouter()

PAGE: Final = "/connections"
LOOKED_AT: Final = 2_000  # of the newest calls, for the last that went wrong
CHANNEL: Final = "page"


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last call that did not do what it should, in the ERP's own words."""

    at: datetime
    outcome: str
    erp_code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A refresh or a sync, the latest: ``is_running`` while pages are still read."""

    name: str
    does: str
    found: dict[str, Any] | None

    @property
    def is_running(self) -> bool:
        return bool(self.found and not self.found["finished_at"])


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection on the page. ``waiting`` exports stand before it."""

    facts: dict[str, Any]
    calls: int
    waiting: int
    trouble: Trouble | None
    readings: tuple[Reading, ...]


def _readings(facts: dict[str, Any]) -> tuple[Reading, ...]:
    """Its latest readings; an ERP that gives no lists has nothing to refresh."""
    sync = Reading("sync", "reads again what is linked, and notes differences", facts["sync"])
    if not facts["lists"]:
        return (sync,)
    return (Reading("refresh", "stages what is in the ERP and not linked", facts["refresh"]), sync)


@router.get("/operations/connections")
def connections(request: Request, visitor: Connecting, ledger: TheLedger) -> Response:
    """Every connection of the company."""
    key = visitor.company.key
    calls, trouble = _calls(ledger, key)
    entry = ledger.directory().connection_of(key)
    waiting = _waiting(ledger, key)
    shown = [
        Shown(
            facts=each,
            calls=calls.get(each["key"], 0),
            waiting=waiting if entry and entry.key == each["key"] else 0,
            trouble=trouble.get(each["key"]),
            readings=_readings(each),
        )
        for each in documents(ledger, key)
    ]
    return operations_page(
        request,
        "connections.html",
        visitor,
        connections=shown,
        why_not_read=_why_not(visitor.person.must_be_approver_for),
        why_not_operated=_why_not(partial(may_operate, visitor.person)),
        most=MOST,
    )


@router.post("/operations/connections/{key}/{act}")
def do(
    request: Request, key: str, act: str, form: TheForm, visitor: Connecting, ledger: TheLedger
) -> Response:
    """Do one thing with a connection, as the API does it."""
    try:
        said = _done(key, act, form.text("because"), visitor, ledger)
    except Refusal as refusal:
        problem = refusal.problems[0]
        said = Said(f"{problem.message}. Who can change that: {problem.who_can_fix}.", ok=False)
    log.info("connection", act=act, company=visitor.company.key, connection=key, ok=said.ok)
    return back(request, PAGE, said.text, ok=said.ok)


def _done(key: str, act: str, because: str, visitor: Visitor, ledger: Ledger) -> Said:
    by, company = visitor.person.email, visitor.company.key
    if act in ("refresh", "sync"):
        begun = readings.begin(key, Purpose(act), visitor, ledger, by=by)
        name = act.capitalize()
        return Said(f"{name} of {key} " + ("has begun." if begun else "is under way already."))
    may_operate(visitor.person)
    with ledger.work() as work:
        row = row_of(key, visitor, work)
        if act == "pause":
            gates.pause(work, company, key, because or f"by {by}")
            return Said(f"{key} is paused. What is accepted waits, and nothing is lost.")
        if act == "resume":
            due = gates.resume(work, company, key)
            return Said(f"{key} goes on. Exports that waited for it and are due now: {due:,}.")
    if act == "check":
        return _checked(key, row)
    return Said("A connection can be paused, resumed, checked, refreshed and synced.", ok=False)


def _checked(key: str, row: sa.RowMapping) -> Said:
    try:
        return Said(f"{key} answers: {gates.ask(row)}")
    except ConnectorError as error:
        fix = f" Who can fix it: {error.who_can_fix}." if error.who_can_fix else ""
        return Said(f"{key} does not do: {error.message}.{fix}", ok=False)


def _why_not(asked: Callable[[], None]) -> str:
    """What somebody lacks for it, if anything, and who can grant it."""
    try:
        asked()
    except Refusal as refusal:
        return f"{refusal.problems[0].message}: {refusal.problems[0].who_can_fix}"
    return ""


def _calls(ledger: Ledger, company: str) -> tuple[dict[str, int], dict[str, Trouble]]:
    """Calls under way, and the last that went wrong, by connection."""
    with ledger.database.reading() as connection:
        now = connection.execute(ledger.statements.now).one().now
        values = {"company": company, "since": lowest_at(now - CALLED)}
        under_way = {row.connection: row.calls for row in connection.execute(_UNDER_WAY, values)}
        wrong: dict[str, Trouble] = {}
        for row in connection.execute(_WRONG, {"company": company}):
            told = Trouble(row.finished_at, row.outcome, row.erp_code or "", row.message or "")
            wrong.setdefault(row.connection, told)
    return under_way, wrong


def _waiting(ledger: Ledger, company: str) -> int:
    """Exports of the company's items that stand in the ledger; counted up to a limit."""
    with ledger.database.reading() as connection:
        return int(connection.execute(_WAITING, {"company": company}).scalar_one())


_company: Final = sa.bindparam("company", type_=sa.Text)
_UNDER_WAY: Final = (
    sa.select(NEWEST_CALLS.c.connection, sa.func.count().label("calls"))
    .join(items, items.c.id == NEWEST_CALLS.c.item_id)
    .where(NEWEST_CALLS.c.outcome.is_(None), items.c.company == _company)
    .group_by(NEWEST_CALLS.c.connection)
)
_newest: Final = (
    sa.select(export_attempts).order_by(export_attempts.c.id.desc()).limit(LOOKED_AT).subquery()
)
_WRONG: Final = (
    sa.select(_newest)
    .join(items, items.c.id == _newest.c.item_id)
    .where(
        items.c.company == _company,
        _newest.c.message.is_not(None),
        _newest.c.message != "",
        _newest.c.outcome.not_in(CALM),
    )
    .order_by(_newest.c.id.desc())
    .limit(100)
)
_exports: Final = (
    sa.select(messages.c.id)
    .join(items, items.c.id == messages.c.item_id)
    .where(
        messages.c.type == Export.TYPE,
        messages.c.due_at.is_not(None),
        items.c.company == _company,
    )
    .limit(MOST)
    .subquery()
)
_WAITING: Final = sa.select(sa.func.count()).select_from(_exports)
