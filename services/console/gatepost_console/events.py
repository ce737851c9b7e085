"""Events from sources, over HTTP: the twin of the exchange ``gatepost.items``.

An event is checked while its sender waits, so every reason against it is in the answer; what passes
is handed to the intake through the ledger.
"""

from typing import Annotated, Any, Final
from urllib.parse import unquote

import orjson
from fastapi import APIRouter, Depends, Request

from gatepost.domain.errors import FieldProblem, NotEntitled, Refusal
from gatepost.domain.kinds import ItemRef
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tokens import Scope
from gatepost.messages.cloud_events import (
    SIZE_LIMIT,
    STRUCTURED,
    Envelope,
    Unintelligible,
    not_too_deep,
    read,
)
from gatepost.messages.item_events import DIRECTORY_CHANGED, ITEM_DECIDED, ItemData
from gatepost.messages.requests import Receive
from gatepost_console.admitting import admit, as_document, must_speak_for, register
from gatepost_console.api_routes import ApiRoute
from gatepost_console.body_limit import too_large
from gatepost_console.describing import answers
from gatepost_console.problems import CALLER, single
from gatepost_console.shapes import Checked, Taken
from gatepost_console.signin import Caller, must_reach, reaching
from gatepost_console.texts import Json
from gatepost_console.wiring import TheLedger

router = APIRouter(prefix="/v1", tags=["events"], route_class=ApiRoute)

#: Sending asks for one scope, deciding for another, and changing who may decide for the widest.
SCOPES: Final = {ITEM_DECIDED: Scope.ITEMS_DECIDE, DIRECTORY_CHANGED: Scope.ADMIN}
_BINARY_PREFIX: Final = "ce-"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "a CloudEvent: structured, or its data with the attributes in ce- headers",
        "content": {
            STRUCTURED: {"schema": {"$ref": "#/components/schemas/CloudEvent"}},
            "application/json": {
                "schema": {
                    "anyOf": [{"$ref": "#/components/schemas/CloudEvent"}, {"type": "object"}]
                }
            },
        },
    }
}


async def _envelope(request: Request) -> Envelope:
    """The event in the request.

    Raises:
        Problem: 400 when it is no JSON, 413 when it is too large.
        Unintelligible: it is no CloudEvent.

    """
    body = await request.body()
    if len(body) > SIZE_LIMIT:
        raise too_large(SIZE_LIMIT)
    not_too_deep(body)
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise single(400, "not_json", f"the body is not JSON in UTF-8: {error}") from None
    # In HTTP's binary mode attributes are percent-encoded (CloudEvents HTTP binding, 3.1.3.2).
    attributes = {
        name: unquote(value)
        for name, value in request.headers.items()
        if name.startswith(_BINARY_PREFIX)
    }
    envelope = read(body, request.headers.get("content-type", ""), attributes)
    if any("\0" in text for text in (envelope.id, envelope.source, envelope.subject)):
        raise Unintelligible("an attribute holds a NUL character, which no database keeps as text")
    return envelope


async def _envelope_or_why(request: Request) -> Envelope | Unintelligible:
    """The same, with the reason where it is no CloudEvent."""
    try:
        return await _envelope(request)
    except Unintelligible as error:
        return error


AnEvent = Annotated[Envelope, Depends(_envelope)]
WhatMayBeAnEvent = Annotated[Envelope | Unintelligible, Depends(_envelope_or_why)]
Source = Annotated[Caller, Depends(reaching(Scope.ITEMS_SEND, Scope.ITEMS_DECIDE, vouching=True))]


@router.post(
    "/events",
    status_code=202,
    openapi_extra=_BODY,
    operation_id="send_event",
    responses=answers(Taken, 202, 200),
)
def receive(envelope: AnEvent, caller: Source, ledger: TheLedger) -> Json:
    """Take an event. 202: it is in the ledger; 200: the same event was taken before."""
    _must_reach(caller, envelope)
    must_speak_for(envelope, caller)
    ref, is_new = ledger.database.again_on_deadlock(lambda: _take(envelope, caller, ledger))
    item_id = ref.item_id if ref else None
    document = {"item_id": item_id, "event_id": envelope.id, "repeated": not is_new}
    headers = {"Location": f"/v1/items/{item_id}"} if item_id else {}
    return Json(document, 202 if is_new else 200, headers)


@router.post(
    "/events/check", openapi_extra=_BODY, operation_id="check_event", responses=answers(Checked)
)
def check(envelope: WhatMayBeAnEvent, caller: Source, ledger: TheLedger) -> Json:
    """Whether an event would be taken, and everything against it. Nothing is stored."""
    if isinstance(envelope, Unintelligible):
        return _checked([FieldProblem("", "unintelligible", str(envelope), CALLER)])
    _must_reach(caller, envelope)
    must_speak_for(envelope, caller)
    errors: list[FieldProblem] = []
    with ledger.work() as work:
        try:
            admit(envelope, caller, work)
        except Refusal as refusal:
            if isinstance(refusal, NotEntitled) and envelope.type == DIRECTORY_CHANGED:
                raise  # it is another company's
            errors += refusal.problems
        except Unintelligible as error:
            errors.append(FieldProblem("", "unintelligible", str(error), CALLER))
    return _checked(errors, _ref(envelope))


def _checked(errors: list[FieldProblem], ref: ItemRef | None = None) -> Json:
    item_id = ref.item_id if ref else None
    return Json({"item_id": item_id, "may_send": not errors, "errors": errors})


def _take(envelope: Envelope, caller: Caller, ledger: Ledger) -> tuple[ItemRef | None, bool]:
    """One transaction: what is refused leaves nothing behind, so it may be corrected and sent again."""
    with ledger.work() as work:
        ref = _ref(envelope)
        if not register(envelope, ref, work):
            return ref, False
        ref = admit(envelope, caller, work)
        work.send(
            Receive(
                item_id=ref.item_id if ref else "",
                body=orjson.dumps(as_document(envelope)).decode(),
                channel="api",
                publisher=caller.token.name or caller.token.id,
                companies=(caller.company.key,),
                registered=True,
            )
        )
    return ref, True


def _must_reach(caller: Caller, envelope: Envelope) -> None:
    """Each type of event asks for its scope, whichever door it comes through."""
    must_reach(caller.token, SCOPES.get(envelope.type, Scope.ITEMS_SEND))


def _ref(envelope: Envelope) -> ItemRef | None:
    try:
        return ItemData.model_validate(envelope.data).ref
    except ValueError:
        return None
