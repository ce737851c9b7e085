"""One decision for everything a filter matches: as many as were seen, or none at all."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AliasChoices, Field

from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import reading
from gatepost.ledger.listing import ItemFilter
from gatepost.ledger.selecting import matching, must_be_as_many
from gatepost.messages.requests import Action, Decide
from gatepost_console.api_routes import ApiRoute
from gatepost_console.decision_bodies import SCOPES, Entered
from gatepost_console.decisions import AnyCaller, told_of
from gatepost_console.describing import answers
from gatepost_console.item_shapes import MatchedOutcomes
from gatepost_console.signin import must_reach
from gatepost_console.texts import WHOLE, Comment, Json, Line
from gatepost_console.wiring import TheHouse

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=ApiRoute)


class Filter(Entered):
    """Which items, and what is decided. ``expected`` is how many the approver saw it match."""

    action: Annotated[Action, Field(validation_alias=AliasChoices("action", "decision"))]
    expected: Annotated[int, Field(ge=0, strict=True), WHOLE]
    list: WorkList | None = None
    kind: Kind | None = None
    project: Line | None = None
    state: State | None = None
    q: Line = ""
    comment: Comment = ""
    reason_code: Line = ""


@router.post(
    "/decisions/matching",
    status_code=207,
    operation_id="decide_matching",
    responses=answers(MatchedOutcomes, 207),
)
def decide_all(body: Filter, caller: AnyCaller, house: TheHouse) -> Json:
    """The same decision for all that a filter matches; what passes is done, the rest stays."""
    by = caller.must_be_a_person()
    must_reach(caller.token, *SCOPES[body.action])
    caller.must_see()
    wanted = ItemFilter(
        company=caller.company.key,
        list=body.list,
        kind=body.kind,
        project=body.project,
        state=body.state,
        q=body.q,
    )
    found = matching(house.ledger, wanted)
    must_be_as_many(found, body.expected)
    outcomes = house.ask(
        [
            Decide(
                item_id=item.id,
                action=body.action,
                by=by.email,
                channel="api",
                revision=item.revision,
                comment=body.comment,
                reason_code=body.reason_code,
                entries=body.entries,
            )
            for item in found
        ]
    )
    now = reading.items_of(house.ledger, [outcome.item_id for outcome in outcomes])
    told = [told_of(outcome, now[outcome.item_id], caller) for outcome in outcomes]
    return Json({"matched": len(found), "outcomes": told}, 207)
