"""Decisions: what people want done with items. Each is the message ``Decide``, whoever sends it.

The console decides nothing: it leaves the request in the ledger and tells what the approval service
made of it. Where nobody answers in time the request stands, and the outcome is ``pending``.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from gatepost.domain.errors import NotFound, Refusal
from gatepost.domain.items import Item
from gatepost.ledger import item_documents, reading
from gatepost.ledger.asking import PENDING, Outcome
from gatepost.ledger.previewing import must_be_as_shown
from gatepost.ledger.tokens import Scope
from gatepost.messages.requests import Action, Decide
from gatepost_console import problems
from gatepost_console.api_routes import ApiRoute
from gatepost_console.decision_bodies import (
    SCOPES,
    Acceptance,
    Decisions,
    OneOfMany,
    Rejection,
    Retry,
)
from gatepost_console.describing import answers
from gatepost_console.item_shapes import Outcome as ToldOutcome
from gatepost_console.item_shapes import Outcomes
from gatepost_console.items import ItemId, seen
from gatepost_console.signin import Caller, must_reach, reaching
from gatepost_console.texts import Json
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import House, TheHouse

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=ApiRoute)

Accepting = Annotated[Caller, Depends(reaching(*SCOPES[Action.ACCEPT]))]
Rejecting = Annotated[Caller, Depends(reaching(*SCOPES[Action.REJECT]))]
TakingBack = Annotated[Caller, Depends(reaching(*SCOPES[Action.TAKE_BACK]))]
Retrying = Annotated[Caller, Depends(reaching(*SCOPES[Action.RETRY]))]
Retrieving = Annotated[Caller, Depends(reaching(*SCOPES[Action.RETRIEVE], vouching=True))]
Unlinking = Annotated[Caller, Depends(reaching(*SCOPES[Action.UNLINK]))]
Archiving = Annotated[Caller, Depends(reaching(*SCOPES[Action.ARCHIVE]))]
AnyCaller = Annotated[Caller, Depends(reaching(*Scope, vouching=True))]


@router.post(
    "/items/{item_id}/accept", operation_id="accept_item", responses=answers(ToldOutcome, 200, 202)
)
def accept(item_id: ItemId, body: Acceptance, caller: Accepting, house: TheHouse) -> Json:
    """Let an item pass to the ERP."""
    if body.preview_hash:
        with house.ledger.work() as work:
            item = seen(item_id, caller, house.ledger)
            must_be_as_shown(item, body.entries, body.preview_hash, work)
    return _decide(item_id, Action.ACCEPT, caller, house, **dict(body))


@router.post(
    "/items/{item_id}/reject", operation_id="reject_item", responses=answers(ToldOutcome, 200, 202)
)
def reject(item_id: ItemId, body: Rejection, caller: Rejecting, house: TheHouse) -> Json:
    """Send an item back to its source."""
    return _decide(item_id, Action.REJECT, caller, house, **dict(body))


@router.post(
    "/items/{item_id}/retrieve",
    operation_id="retrieve_item",
    responses=answers(ToldOutcome, 200, 202),
)
def retrieve(item_id: ItemId, caller: Retrieving, house: TheHouse) -> Json:
    """Take an item back for its sender, before a decision."""
    return _decide(item_id, Action.RETRIEVE, caller, house)


@router.post(
    "/items/{item_id}/retry", operation_id="retry_item", responses=answers(ToldOutcome, 200, 202)
)
def retry(item_id: ItemId, caller: Retrying, house: TheHouse, body: Retry | None = None) -> Json:
    """Export an item again that failed."""
    return _decide(item_id, Action.RETRY, caller, house, **dict(body or Retry()))


@router.post(
    "/items/{item_id}/take-back",
    operation_id="take_item_back",
    responses=answers(ToldOutcome, 200, 202),
)
def take_back(item_id: ItemId, caller: TakingBack, house: TheHouse) -> Json:
    """Undo an acceptance, before any call to the ERP."""
    return _decide(item_id, Action.TAKE_BACK, caller, house)


@router.post(
    "/items/{item_id}/unlink", operation_id="unlink_item", responses=answers(ToldOutcome, 200, 202)
)
def unlink(item_id: ItemId, caller: Unlinking, house: TheHouse) -> Json:
    """Let go of a record that the ERP no longer has; the ERP is asked first."""
    return _decide(item_id, Action.UNLINK, caller, house)


@router.post(
    "/items/{item_id}/archive",
    operation_id="archive_item",
    responses=answers(ToldOutcome, 200, 202),
)
def archive(item_id: ItemId, caller: Archiving, house: TheHouse) -> Json:
    """Put a rejected or unlinked item away."""
    return _decide(item_id, Action.ARCHIVE, caller, house)


@router.post(
    "/items/{item_id}/unarchive",
    operation_id="unarchive_item",
    responses=answers(ToldOutcome, 200, 202),
)
def unarchive(item_id: ItemId, caller: Archiving, house: TheHouse) -> Json:
    """Bring an item back to where it was put away from."""
    return _decide(item_id, Action.UNARCHIVE, caller, house)


@router.post(
    "/decisions", status_code=207, operation_id="decide_many", responses=answers(Outcomes, 207)
)
def decide_many(body: Decisions, caller: AnyCaller, house: TheHouse) -> Json:
    """Many decisions; what passes is done, the rest stays, each with its reasons."""
    by = caller.must_be_a_person()
    for action in {each.action for each in body.decisions}:
        must_reach(caller.token, *SCOPES[action])
    known = reading.items_of(house.ledger, [each.item_id for each in body.decisions])
    found = [found_in(known, each.item_id, caller) for each in body.decisions]
    outcomes = house.ask(
        [
            Decide(**{**dict(wanted), "item_id": item.id}, by=by.email, channel="api")
            for wanted, item in zip(body.decisions, found, strict=True)
            if isinstance(item, Item)
        ]
    )
    now = reading.items_of(house.ledger, [outcome.item_id for outcome in outcomes])
    answers = iter(outcomes)
    told = [
        told_of(answer := next(answers), now[answer.item_id], caller)
        if isinstance(item, Item)
        else _not_there(wanted, item)
        for wanted, item in zip(body.decisions, found, strict=True)
    ]
    return Json({"outcomes": told}, 207)


def _decide(item_id: str, action: Action, caller: Caller, house: House, **more: Any) -> Json:
    """Ask for one thing and tell what came of it.

    Raises:
        Problem: it was refused.

    """
    by = caller.must_be_a_person()
    item = seen(item_id, caller, house.ledger)
    request = Decide(item_id=item.id, action=action, by=by.email, channel="api", **more)
    outcome = house.ask([request])[0]
    if outcome.is_refused:
        now = reading.item_of(house.ledger, item.id)
        raise replace(problems.of_outcome(outcome), current=item_documents.standing(now))
    told = told_of(outcome, reading.item_of(house.ledger, item.id), caller)
    return Json(told, told["status"])


def found_in(known: Mapping[str, Item], item_id: str, viewer: Viewer) -> Item | Refusal:
    """The item, or why it is not there for whoever looks."""
    try:
        if item := known.get(item_id.lower()):
            viewer.must_see(item)
            return item
        raise NotFound.because(
            f"there is no item {item_id}", field="item_id", who_can_fix="the caller: check the id"
        )
    except Refusal as refusal:
        return refusal


def _not_there(wanted: OneOfMany, refusal: Refusal) -> dict[str, Any]:
    problem = problems.of_refusal(refusal)
    return {
        "item_id": wanted.item_id,
        "status": problem.status,
        "outcome": problem.code,
        "errors": list(problem.errors),
        "item": None,
    }


def told_of(outcome: Outcome, item: Item, caller: Caller) -> dict[str, Any]:
    """An outcome with the item as it stands now."""
    status = 202 if outcome.outcome == PENDING else 200
    if outcome.is_refused:
        status = problems.of_outcome(outcome).status
    return {
        "item_id": item.id,
        "status": status,
        "outcome": outcome.outcome,
        "errors": list(outcome.problems),
        "item": item_documents.summary(item, with_money=caller.sees_money(item)),
    }
