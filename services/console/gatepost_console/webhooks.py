"""Webhooks: who is told of the company's events, and what became of each that was posted."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

import structlog
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from gatepost.ledger import webhooks
from gatepost.ledger.webhooks import Webhook
from gatepost_console.api_routes import ApiRoute
from gatepost_console.describing import answers
from gatepost_console.signin import Administrator, Caller
from gatepost_console.texts import Json, Line
from gatepost_console.webhook_shapes import (
    Deliveries,
    WebhookMade,
    WebhookReplayed,
    Webhooks,
    WebhookSecret,
    WebhookState,
    WebhookTried,
)
from gatepost_console.wiring import TheHouse, TheLedger

log = structlog.get_logger()

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=ApiRoute)

Status = Literal["waiting", "delivered", "failed", "dropped"]


class NewWebhook(BaseModel):
    """Where to, and which events: ``synced`` or in full; none means all."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=4000)]
    events: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)


_SAYS_WHICH: Final[JsonDict] = {
    "anyOf": [
        {"required": [name], "properties": {name: {"type": "string"}}}
        for name in ("event_id", "since")
    ]
}


class Replay(BaseModel):
    """Which events are posted once more: one, or all since a moment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_SAYS_WHICH)

    event_id: Line | None = None
    since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if self.event_id is None and self.since is None:
            raise ValueError("name event_id or since")
        return self


@router.post(
    "", status_code=201, operation_id="create_webhook", responses=answers(WebhookMade, 201)
)
def add_webhook(body: NewWebhook, caller: Administrator, house: TheHouse) -> Json:
    """Tell an endpoint of the company's events. Its secret is in this answer and in no other."""
    _may_configure(caller)
    made, secret = webhooks.create(
        house.ledger,
        caller.company.key,
        body.url,
        body.events,
        secret_key=house.secret_key,
        networks=house.program.settings.webhook_allowance,
    )
    _log("added", made.id, caller)
    return Json({**_document(made), "secret": secret.text}, 201)


@router.get("", operation_id="list_webhooks", responses=answers(Webhooks))
def webhooks_of(caller: Administrator, ledger: TheLedger) -> Json:
    """The company's webhooks, without their secrets."""
    _may_configure(caller)
    found = webhooks.listed(ledger, caller.company.key)
    return Json({"items": [_document(each) for each in found], "next_cursor": None})


@router.delete("/{webhook_id}", status_code=204, operation_id="delete_webhook")
def remove_webhook(webhook_id: Line, caller: Administrator, ledger: TheLedger) -> Response:
    """End a webhook; what still waits for it is not posted any more."""
    _may_configure(caller)
    webhooks.remove(ledger, webhook_id, caller.company.key)
    _log("removed", webhook_id, caller)
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/renew", operation_id="renew_webhook_secret", responses=answers(WebhookSecret)
)
def renew_secret(webhook_id: Line, caller: Administrator, house: TheHouse) -> Json:
    """A new secret. For a day the old one signs besides."""
    _may_configure(caller)
    secret = webhooks.renew(
        house.ledger, webhook_id, caller.company.key, secret_key=house.secret_key
    )
    _log("given a new secret", webhook_id, caller)
    return Json({"webhook_id": webhook_id, "secret": secret.text})


@router.post("/{webhook_id}/enable", operation_id="enable_webhook", responses=answers(WebhookState))
def enable_webhook(webhook_id: Line, caller: Administrator, ledger: TheLedger) -> Json:
    """Post to it again: after it answered 410, or at once though it is thought not to answer."""
    _may_configure(caller)
    webhooks.enable(ledger, webhook_id, caller.company.key)
    _log("enabled", webhook_id, caller)
    return Json({"webhook_id": webhook_id, "state": "ok"})


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    operation_id="test_webhook",
    responses=answers(WebhookTried, 202),
)
def try_out(webhook_id: Line, caller: Administrator, ledger: TheLedger) -> Json:
    """Post an event that means nothing; the deliveries tell what became of it."""
    _may_configure(caller)
    delivery_id = webhooks.try_out(ledger, webhook_id, caller.company.key)
    return Json({"webhook_id": webhook_id, "delivery_id": delivery_id}, 202)


@router.post(
    "/{webhook_id}/replay",
    status_code=202,
    operation_id="replay_webhook",
    responses=answers(WebhookReplayed, 202),
)
def replay(webhook_id: Line, body: Replay, caller: Administrator, ledger: TheLedger) -> Json:
    """Post events once more, as they were and under the same ids."""
    _may_configure(caller)
    count = webhooks.replay(
        ledger, webhook_id, caller.company.key, event_id=body.event_id, since=body.since
    )
    _log("replayed", webhook_id, caller, count=count)
    return Json({"webhook_id": webhook_id, "count": count}, 202)


@router.get(
    "/{webhook_id}/deliveries", operation_id="list_deliveries", responses=answers(Deliveries)
)
def deliveries_of(
    webhook_id: Line,
    caller: Administrator,
    ledger: TheLedger,
    status: Annotated[Status | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Json:
    """What was posted to it or is to be, newest first."""
    _may_configure(caller)
    found = webhooks.deliveries(ledger, webhook_id, caller.company.key, status=status, limit=limit)
    return Json({"items": found, "next_cursor": None})


def _may_configure(caller: Caller) -> None:
    """Pass, or refuse a person who may not change settings; a token alone has its scope."""
    if caller.person is not None:
        caller.person.must_be_admin()


def _log(what: str, webhook_id: str, caller: Caller, **more: Any) -> None:
    by = caller.person.email if caller.person else f"the token {caller.token.label}"
    log.info(f"webhook {what}", company=caller.company.key, webhook_id=webhook_id, by=by, **more)


def _document(webhook: Webhook) -> dict[str, str | int | list[str] | datetime | None]:
    return {"webhook_id" if name == "id" else name: each for name, each in asdict(webhook).items()}
