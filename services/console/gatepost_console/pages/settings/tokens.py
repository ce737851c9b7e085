"""API tokens: who speaks for the company, how far, and ending it."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.errors import FieldProblem, NotFound
from gatepost.ledger import tokens
from gatepost.ledger.tokens import Scope, Token
from gatepost_console.pages.forms import READER, TheForm
from gatepost_console.pages.settings.frame import (
    CHANNEL,
    Admin,
    Answer,
    Did,
    done,
    settings_page,
)
from gatepost_console.pages.visiting import Visitor
from gatepost_console.wiring import House, TheHouse

router = APIRouter(prefix="/settings")

PAGE: Final = "/settings/tokens"
SCOPES: Final[dict[Scope, str]] = {
    Scope.ITEMS_SEND: "Send and retrieve items",
    Scope.ITEMS_READ: "Read lists, items, badges and previews",
    Scope.ITEMS_DECIDE: "Accept and reject, for a person who may",
    Scope.EXPORTS_OPERATE: "Retry what failed; check, pause and resume connections",
    Scope.ADMIN: "All of it, and the directory and webhooks",
}
LONGEST_NAME: Final = 100


@router.get("/tokens")
def listed(request: Request, visitor: Admin, house: TheHouse, did: Did = "") -> Response:
    """The company's tokens, without their secrets."""
    return _page(request, visitor, house, Answer(did=did))


@router.post("/tokens")
def create(request: Request, visitor: Admin, form: TheForm, house: TheHouse) -> Response:
    """Make a token. Its secret is on this page and on no other."""
    name, chosen = form.text("name"), [each for each in form.texts("scopes") if each in set(Scope)]
    reasons = []
    if not name:
        reasons.append(_reason("name", "say what the token is for: its name is all that tells"))
    if len(name) > LONGEST_NAME:
        reasons.append(_reason("name", f"the name has more than {LONGEST_NAME} characters"))
    if not chosen:
        reasons.append(_reason("scopes", "tick what the token may do"))
    if reasons:
        answer = Answer(422, reasons)
        return _page(request, visitor, house, answer, typed={"name": name, "scopes": chosen})
    scopes = [Scope(each) for each in chosen]
    key, by = visitor.company.key, visitor.person.email
    secret = tokens.create(house.ledger, key, name, scopes, by=by, channel=CHANNEL)
    return _page(request, visitor, house, Answer(), secret=secret, made=name)


@router.get("/tokens/{token_id}/revoke")
def ask_to_revoke(request: Request, visitor: Admin, token_id: str, house: TheHouse) -> Response:
    """Whether it is meant: whoever uses the token is out at once."""
    token = _token(token_id, visitor, house)
    return settings_page(request, "token_revoked.html", visitor, token=token)


@router.post("/tokens/{token_id}/revoke")
def revoke(visitor: Admin, token_id: str, house: TheHouse) -> Response:
    """End a token."""
    token, by = _token(token_id, visitor, house), visitor.person.email
    tokens.revoke(house.ledger, token.id, visitor.company.key, by=by, channel=CHANNEL)
    return done(PAGE, "revoked")


def _page(
    request: Request,
    visitor: Visitor,
    house: House,
    answer: Answer,
    *,
    typed: dict[str, Any] | None = None,
    secret: str = "",
    made: str = "",
) -> Response:
    key = visitor.company.key
    found = tokens.listed(house.ledger, key)
    return settings_page(
        request,
        "tokens.html",
        visitor,
        answer,
        tokens=sorted(found, key=lambda each: (each.revoked_at is not None, each.id)),
        makers=tokens.makers(house.ledger, key),
        scopes=SCOPES,
        typed=typed or {"name": "", "scopes": []},
        secret=secret,
        made=made,
    )


def _token(token_id: str, visitor: Visitor, house: House) -> Token:
    for each in tokens.listed(house.ledger, visitor.company.key):
        if each.id == token_id.lower():
            return each
    raise NotFound.because(
        "the company has no such token", field="token", who_can_fix="you: look at the list"
    )


def _reason(field: str, message: str) -> FieldProblem:
    return FieldProblem(field, "required", message, READER)
