"""Choosing: what an entry may be chosen from, out of the ERP's records as they were read last."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import NotFound
from gatepost.ledger import options
from gatepost.ledger.listing import LARGEST_PAGE
from gatepost.ledger.tokens import Scope
from gatepost_console.api_routes import ApiRoute
from gatepost_console.describing import answers
from gatepost_console.shapes import OptionsOfConnection
from gatepost_console.signin import Caller, reaching
from gatepost_console.texts import Json, Line
from gatepost_console.wiring import TheLedger

router = APIRouter(prefix="/v1/connections", tags=["connections"], route_class=ApiRoute)

Chooser = Annotated[Caller, Depends(reaching(Scope.ITEMS_DECIDE, Scope.ITEMS_READ))]


@router.get("/{key}/options", operation_id="list_options", responses=answers(OptionsOfConnection))
def options_of(
    key: Line,
    kind: RecordKind,
    caller: Chooser,
    ledger: TheLedger,
    q: Line = "",
    cursor: Line | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = options.PAGE_SIZE,
) -> Json:
    """A page of them by name; ``read_at`` is null until the list was read to its end."""
    caller.must_see()
    entry = ledger.directory().connection_of(caller.company.key)
    if entry is None or entry.key != key:
        raise NotFound.because(
            f"{caller.company.name} exports over no connection {key}",
            field="key",
            who_can_fix="the caller: GET /v1/connections names them",
        )
    found = options.offered(ledger, entry.company, key, kind, q=q, cursor=cursor, limit=limit)
    return Json({"key": key, "kind": kind, **asdict(found)})
