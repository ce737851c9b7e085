"""Whom the operators' pages let in, and what they are told after they did something."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.errors import NotEntitled
from gatepost_console.pages.cookies import is_secure
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn, Visitor

HOME: Final = "/operations"
#: All that is there for those who are no operators.
CONNECTIONS: Final = ((f"{HOME}/connections", "Connections"),)
PLACES: Final = (
    (HOME, "Route"),
    (f"{HOME}/failures", "Failures"),
    *CONNECTIONS,
    (f"{HOME}/messages", "Set aside"),
    (f"{HOME}/workers", "Workers"),
    (f"{HOME}/mails", "Mails"),
)
_SAID: Final = "gatepost_said"
_LONGEST: Final = 600


@dataclass(frozen=True, slots=True)
class Said:
    """What came of the last thing that was done."""

    text: str
    ok: bool = True


def _operator(visitor: SignedIn) -> Visitor:
    if visitor.person.operator:
        return visitor
    raise NotEntitled.because(
        f"{visitor.person.name} is no operator of {visitor.company.name}",
        field="by",
        who_can_fix="whoever keeps the company's directory can make them one",
    )


Operating = Annotated[Visitor, Depends(_operator)]


def _near_the_erp(visitor: SignedIn) -> Visitor:
    return visitor if visitor.reads_the_erp else _operator(visitor)


#: Operators, Admins, and approvers: they have the ERP read.
Connecting = Annotated[Visitor, Depends(_near_the_erp)]


def operations_page(request: Request, template: str, visitor: Visitor, **facts: Any) -> Response:
    """A page with the operators' places beside it, and once what the last action came to."""
    said = _said(request)
    places = PLACES if visitor.person.operator else CONNECTIONS
    frame: dict[str, Any] = {"operations": places, "said": said}
    answer = page(request, f"operating/{template}", visitor, **frame, **facts)
    if said:
        answer.delete_cookie(_SAID, path=HOME)
    return answer


def back(request: Request, to: str, text: str, *, ok: bool = True) -> Response:
    """To a page, which will tell what came of it: the sentence waits in the browser, not in the address."""
    answer = RedirectResponse(f"{HOME}{to}", 303)
    document = orjson.dumps([text[:_LONGEST], ok])
    answer.set_cookie(
        _SAID,
        base64.urlsafe_b64encode(document).decode(),
        max_age=60,
        path=HOME,
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )
    return answer


def _said(request: Request) -> Said | None:
    try:
        text, ok = orjson.loads(base64.urlsafe_b64decode(request.cookies.get(_SAID, "")))
    except (ValueError, TypeError, binascii.Error):
        return None
    return Said(str(text)[:_LONGEST], bool(ok))
