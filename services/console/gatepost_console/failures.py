"""What failed to export, grouped by its cause: one wrong account fails a hundred items alike."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from gatepost.domain.items import Item
from gatepost.domain.permissions import Permission
from gatepost.ledger import item_documents, reading
from gatepost.messages.requests import Action
from gatepost_console import retrying
from gatepost_console.api_routes import ApiRoute
from gatepost_console.decision_bodies import SCOPES
from gatepost_console.describing import answers
from gatepost_console.retrying import GroupRetry
from gatepost_console.shapes import Causes, Retried, Retries, StoppedRetry
from gatepost_console.signin import Caller, Reader, reaching
from gatepost_console.texts import WHOLE, Json, Line
from gatepost_console.wiring import TheHouse, TheLedger

router = APIRouter(prefix="/v1", tags=["failures"], route_class=ApiRoute)

Retrying = Annotated[Caller, Depends(reaching(*SCOPES[Action.RETRY]))]
RetryId = Annotated[str, Path(max_length=64)]
FASTEST: Final = 6000  # items a minute


class Spread(BaseModel):
    """How fast a group is retried; without a rate, all of it at once."""

    model_config = ConfigDict(extra="forbid")

    rate: Annotated[int, Field(ge=1, le=FASTEST, strict=True), WHOLE] | None = Field(
        default=None, description="items a minute"
    )


@router.get("/failed", operation_id="list_failures", responses=answers(Causes))
def failed(
    caller: Reader,
    ledger: TheLedger,
    by: Literal["cause"] = "cause",
    company: Line | None = None,
) -> Json:
    """What failed, by cause; the largest group first."""
    caller.must_mean_its_company(company)
    caller.must_see()
    groups = reading.failed_by_cause(ledger, caller.company.key)
    return Json({"causes": [item_documents.cause_group(group) for group in groups]})


@router.post(
    "/failed/{cause:path}/retry",
    status_code=202,
    operation_id="retry_failures",
    responses=answers(Retried, 202),
)
def retry_group(
    cause: Line, caller: Retrying, house: TheHouse, spread: Spread | None = None
) -> Json:
    """Ask for every item that failed for one cause to be exported again, spread over time."""
    begun = retrying.begin(
        house.ledger,
        caller.company,
        caller.must_be_a_person(),
        channel="api",
        cause=cause,
        rate=spread.rate if spread else None,
    )
    left = [_left(item, permission) for item, permission in begun.left]
    told = {"cause": cause, "asked": begun.asked, "seconds": begun.seconds, "left": left}
    return Json({**told, "retry_id": begun.retry_id or None}, 202)


@router.get("/retries", operation_id="list_retries", responses=answers(Retries))
def retries(caller: Reader, ledger: TheLedger, company: Line | None = None) -> Json:
    """What is retried together just now, and what was lately; the newest first."""
    caller.must_mean_its_company(company)
    caller.must_see()
    found = retrying.retries_of(ledger, caller.company.key)
    return Json({"retries": [_document(each) for each in found]})


@router.post("/retries/{retry_id}/stop", operation_id="stop_retry", responses=answers(StoppedRetry))
def stop_retry(retry_id: RetryId, caller: Retrying, ledger: TheLedger) -> Json:
    """Take back the retries whose turn has not come. What had its turn goes on."""
    by = caller.must_be_a_person()
    taken = retrying.stop(ledger, caller.company.key, retry_id, by)
    return Json({"retry_id": retry_id, "taken_back": taken})


def _document(retry: GroupRetry) -> dict[str, Any]:
    document = {**asdict(retry), "done": retry.done, "running": retry.is_running}
    return {"retry_id": document.pop("id"), "cause": document.pop("cause_key"), **document}


def _left(item: Item, permission: Permission) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "why_not": permission.why_not,
        "who_can_fix": permission.who_can_fix,
    }
