"""Webhooks: who is told of the company's events, what was posted, and trying it out."""

from datetime import timedelta
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.errors import NotFound, NotSubscribable
from gatepost.ledger import webhooks
from gatepost.ledger.webhooks import Webhook
from gatepost.messages.facts import Fact
from gatepost_console.pages.forms import READER, Form, TheForm
from gatepost_console.pages.settings.frame import (
    Admin,
    Answer,
    Did,
    done,
    refused,
    settings_page,
)
from gatepost_console.pages.visiting import Visitor
from gatepost_console.problems import single
from gatepost_console.wiring import House, TheHouse

log = structlog.get_logger()
router = APIRouter(prefix="/settings")

PAGE: Final = "/settings/webhooks"
DELIVERIES: Final = 50  # the newest are shown
SINCE: Final = {
    "1h": ("the last hour", timedelta(hours=1)),
    "6h": ("the last 6 hours", timedelta(hours=6)),
    "1d": ("the last day", timedelta(days=1)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}


@router.get("/webhooks")
def listed(request: Request, visitor: Admin, house: TheHouse, did: Did = "") -> Response:
    """The company's webhooks."""
    return _list(request, visitor, house, Answer(did=did))


@router.post("/webhooks")
def add(request: Request, visitor: Admin, form: TheForm, house: TheHouse) -> Response:
    """Tell an endpoint of the company's events. Its secret is on this page and on no other."""
    url, events = form.text("url", 4000), form.texts("events")
    try:
        made, secret = webhooks.create(
            house.ledger,
            visitor.company.key,
            url,
            events,
            secret_key=house.secret_key,
            networks=house.program.settings.webhook_allowance,
        )
    except NotSubscribable as error:
        typed = {"url": url, "events": events}
        return _list(request, visitor, house, refused(error), typed=typed)
    _log("added", made.id, visitor)
    return _one(request, visitor, house, made, Answer(did="added"), secret=secret.text)


@router.get("/webhooks/{webhook_id}")
def webhook(
    request: Request, visitor: Admin, webhook_id: str, house: TheHouse, did: Did = ""
) -> Response:
    """One webhook, with what was posted to it."""
    found = _webhook(webhook_id, visitor, house)
    return _one(request, visitor, house, found, Answer(did=did))


@router.post("/webhooks/{webhook_id}/{action}")
def act(
    request: Request,
    visitor: Admin,
    webhook_id: str,
    action: str,
    form: TheForm,
    house: TheHouse,
) -> Response:
    """Try it out, pause or enable it, renew its secret, replay, or end it."""
    found, key = _webhook(webhook_id, visitor, house), visitor.company.key
    path, did = f"{PAGE}/{found.id}", action
    match action:
        case "test":
            webhooks.try_out(house.ledger, found.id, key)
        case "pause":
            because = f"paused by {visitor.person.name}"
            webhooks.pause(house.ledger, found.id, key, because=because)
        case "enable":
            webhooks.enable(house.ledger, found.id, key)
        case "replay":
            did = f"replayed-{_replay(found, form, visitor, house)}"
        case "renew":
            secret = webhooks.renew(house.ledger, found.id, key, secret_key=house.secret_key)
            _log("given a new secret", found.id, visitor)
            answer = Answer(did="renewed")
            return _one(request, visitor, house, found, answer, secret=secret.text)
        case "remove":
            webhooks.remove(house.ledger, found.id, key)
            path, did = PAGE, "removed"
        case _:
            raise single(404, "not_found", "there is nothing at this address", READER)
    _log(action, found.id, visitor)
    return done(path, did)


def _replay(webhook: Webhook, form: Form, visitor: Visitor, house: House) -> int:
    """Post once more: one event, or those of a time; gives how many."""
    event_id, since = form.text("event") or None, form.text("since", 10)
    if event_id is None and since not in SINCE:
        raise single(422, "invalid", "the form does not say which events", READER)
    begin = None if event_id else visitor.session.now - SINCE[since][1]
    return webhooks.replay(
        house.ledger, webhook.id, visitor.company.key, event_id=event_id, since=begin
    )


def _list(
    request: Request,
    visitor: Visitor,
    house: House,
    answer: Answer,
    *,
    typed: dict[str, Any] | None = None,
) -> Response:
    return settings_page(
        request,
        "webhooks.html",
        visitor,
        answer,
        webhooks=webhooks.listed(house.ledger, visitor.company.key),
        facts=[fact.value for fact in Fact],
        typed=typed or {"url": "", "events": []},
        event_words=_event_words,
    )


def _one(
    request: Request,
    visitor: Visitor,
    house: House,
    webhook: Webhook,
    answer: Answer,
    *,
    secret: str = "",
) -> Response:
    posted = webhooks.deliveries(house.ledger, webhook.id, visitor.company.key, limit=DELIVERIES)
    return settings_page(
        request,
        "webhook.html",
        visitor,
        answer,
        webhook=webhook,
        deliveries=posted,
        since=SINCE,
        secret=secret,
        event_words=_event_words,
    )


def _webhook(webhook_id: str, visitor: Visitor, house: House) -> Webhook:
    for each in webhooks.listed(house.ledger, visitor.company.key):
        if each.id == webhook_id.lower():
            return each
    raise NotFound.because(
        "the company has no such webhook", field="webhook", who_can_fix="you: look at the list"
    )


def _event_words(kind: str) -> str:
    """``gatepost.item.synced.v1`` in a word."""
    return kind.removesuffix(".v1").rpartition(".")[2]


def _log(what: str, webhook_id: str, visitor: Visitor) -> None:
    key, by = visitor.company.key, visitor.person.email
    log.info(f"webhook {what}", company=key, webhook_id=webhook_id, by=by)
