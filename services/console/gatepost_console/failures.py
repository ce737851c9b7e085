"""What failed to export, grouped by its cause: one wrong account fails a hundred items alike."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from gatepost.domain.errors import FieldProblem, NotEntitled, NotFound, Refusal
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import Step
from gatepost.domain.permissions import Permission, permissions
from gatepost.ledger import item_documents, reading
from gatepost.messages.requests import Action, Decide
from gatepost_console.api_routes import ApiRoute
from gatepost_console.decision_bodies import SCOPES
from gatepost_console.describing import answers
from gatepost_console.shapes import Causes, Retried
from gatepost_console.signin import Caller, Reader, reaching
from gatepost_console.texts import WHOLE, Json, Line
from gatepost_console.wiring import TheHouse, TheLedger

router = APIRouter(prefix="/v1", tags=["failures"], route_class=ApiRoute)

Retrying = Annotated[Caller, Depends(reaching(*SCOPES[Action.RETRY]))]
MINUTE: Final = 60.0


class Spread(BaseModel):
    """How fast a group is retried; without a rate, all of it at once."""

    model_config = ConfigDict(extra="forbid")

    rate: Annotated[int, Field(ge=1, le=6000, strict=True), WHOLE] | None = Field(
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
    by = caller.must_be_a_person()
    ids = reading.failed_ids(house.ledger, cause, caller.company.key)
    if not ids:
        raise NotFound.because(
            f"nothing failed for the cause {cause}",
            field="cause",
            who_can_fix="the caller: GET /v1/failed names the causes there are",
        )
    found = reading.items_of(house.ledger, ids)
    answers = {item_id: _may_retry(found[item_id], caller) for item_id in ids if item_id in found}
    asked = [item_id for item_id, answer in answers.items() if answer.allowed]
    if not asked:
        _must_have_a_right(found.values(), caller)
    rate = spread.rate if spread else None
    pause = MINUTE / rate if rate else 0.0
    with house.ledger.work() as work:
        for place, item_id in enumerate(asked):
            request = Decide(item_id=item_id, action=Action.RETRY, by=by.email, channel="api")
            work.send(request, after=place * pause)
    left = [_left(found[each], answer) for each, answer in answers.items() if not answer.allowed]
    seconds = pause * max(0, len(asked) - 1)
    return Json({"cause": cause, "asked": len(asked), "seconds": seconds, "left": left}, 202)


def _may_retry(item: Item, caller: Caller) -> Permission:
    found = permissions(item, caller.must_be_a_person(), caller.company)
    return next(permission for permission in found if permission.step is Step.RETRY)


def _must_have_a_right(failed: Iterable[Item], caller: Caller) -> None:
    """Pass, or refuse somebody of whom nothing is taken, for they lack the right to any of it.

    Raises:
        NotEntitled: which rights are missing, and who can grant them.

    """
    by, missing = caller.must_be_a_person(), dict[FieldProblem, None]()
    for item in failed:
        try:
            replace(item).retry(by, {}, item.updated_at)  # on a copy: refuses
        except NotEntitled as refusal:
            missing |= dict.fromkeys(refusal.problems)
        except Refusal:  # it moved on meanwhile
            continue
    if missing:
        raise NotEntitled(list(missing))


def _left(item: Item, permission: Permission) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "why_not": permission.why_not,
        "who_can_fix": permission.who_can_fix,
    }
