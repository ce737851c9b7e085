"""Having an ERP read: Refresh stages what is not linked, Sync compares what is."""

from collections.abc import Sequence
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from gatepost.domain.erp_records import RecordKind
from gatepost.ledger import erp_readings
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tokens import Scope
from gatepost.messages.requests import Purpose
from gatepost_console.api_routes import ApiRoute
from gatepost_console.describing import answers
from gatepost_console.shapes import ReadingBegun
from gatepost_console.signin import Caller, reaching
from gatepost_console.texts import Json, Line
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import House, TheHouse

log = structlog.get_logger()

router = APIRouter(prefix="/v1/connections", tags=["connections"], route_class=ApiRoute)

Reading = Annotated[Caller, Depends(reaching(Scope.ITEMS_DECIDE, Scope.EXPORTS_OPERATE))]


class Kinds(BaseModel):
    """What is to be read; all there is when none is named."""

    model_config = ConfigDict(extra="forbid")

    kinds: Annotated[list[RecordKind], Field(max_length=len(RecordKind))] = Field(
        default_factory=list
    )


@router.post(
    "/{key}/refresh",
    status_code=202,
    operation_id="refresh_connection",
    responses=answers(ReadingBegun, 202),
)
def refresh(key: Line, caller: Reading, house: TheHouse, body: Kinds | None = None) -> Json:
    """Read the ERP's records and stage what is not linked. One that is under way is joined."""
    return _begin(key, Purpose.REFRESH, caller, house, body or Kinds())


@router.post(
    "/{key}/sync",
    status_code=202,
    operation_id="sync_connection",
    responses=answers(ReadingBegun, 202),
)
def sync(key: Line, caller: Reading, house: TheHouse, body: Kinds | None = None) -> Json:
    """Read again what is linked, and note where it differs. One that is under way is joined."""
    return _begin(key, Purpose.SYNC, caller, house, body or Kinds())


def begin(
    key: str,
    purpose: Purpose,
    viewer: Viewer,
    ledger: Ledger,
    *,
    by: str,
    kinds: Sequence[RecordKind] = (),
) -> bool:
    """Have the ERP of a connection read. False when that is under way already.

    Raises:
        NotEntitled: a person who is no accounting approver asks.
        NotFound, NotAllowed: there is nothing that could be read over this connection.

    """
    if viewer.person is not None:
        viewer.person.must_be_approver_for()
    with ledger.work() as work:
        begun = erp_readings.begin(work, viewer.company.key, key, purpose, by=by, kinds=kinds)
    log.info("reading the ERP", purpose=purpose, connection=key, by=by, begun=begun)
    return begun


def _begin(key: str, purpose: Purpose, caller: Caller, house: House, body: Kinds) -> Json:
    by = caller.person.email if caller.person else f"the token {caller.token.label}"
    begun = begin(key, purpose, caller, house.ledger, by=by, kinds=body.kinds)
    place = (caller.company.key, key)
    with house.ledger.database.reading() as connection:
        found = erp_readings.readings_of(connection, *place)[key, purpose]
    return Json({"key": key, "begun": begun, purpose.value: found.document()}, 202)
