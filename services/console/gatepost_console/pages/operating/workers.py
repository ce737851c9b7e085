"""The workers: which processes show life, and which have gone silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost import __version__
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import heartbeats
from gatepost.runtime.services import service_names
from gatepost.runtime.sweeping import SILENT_SECONDS
from gatepost_console.pages.operating.operators import Operating, operations_page
from gatepost_console.pages.operating.spans import span
from gatepost_console.wiring import TheLedger

router = APIRouter()

MOST = 500  # a worker that ended properly has left; there are never so many


@dataclass(frozen=True, slots=True)
class Worker:
    """A process, as one of the services in it."""

    service: str
    host: str
    pid: str
    version: str
    started_at: datetime
    beat_at: datetime
    silent_for: str  # empty while it shows life
    is_other_release: bool


@router.get("/operations/workers")
def workers(request: Request, visitor: Operating, ledger: TheLedger) -> Response:
    """Every worker there is; those that have gone silent first."""
    found = _workers(ledger)
    alive = {each.service for each in found if not each.silent_for}
    missing = [name for name in service_names() if name not in alive and name != "sandbox"]
    return operations_page(request, "workers.html", visitor, workers=found, missing=missing)


def _workers(ledger: Ledger) -> list[Worker]:
    statement = (
        sa.select(heartbeats).order_by(heartbeats.c.service, heartbeats.c.worker).limit(MOST)
    )
    with ledger.database.reading() as connection:
        now: datetime = connection.execute(ledger.statements.now).one().now
        found = [_worker(row, now) for row in connection.execute(statement).mappings()]
    return sorted(found, key=lambda each: not each.silent_for)


def _worker(row: sa.RowMapping, now: datetime) -> Worker:
    place = row["worker"].partition("@")[2]
    host, _, pid = place.rpartition(":")
    silent = now - row["beat_at"]
    return Worker(
        service=row["service"],
        host=host,
        pid=pid,
        version=row["version"],
        started_at=row["started_at"],
        beat_at=row["beat_at"],
        silent_for=span(silent) if silent > timedelta(seconds=SILENT_SECONDS) else "",
        is_other_release=row["version"] != __version__,
    )
