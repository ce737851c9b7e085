"""Signing in with one click, as one of the demo's people. There is no such page but in a demo."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost_console.pages.forms import TheForm
from gatepost_console.pages.signing_in import enter, sign_in_page
from gatepost_console.pages.visiting import local
from gatepost_console.problems import single
from gatepost_console.settings import is_loopback
from gatepost_console.wiring import TheHouse

router = APIRouter(prefix="/demo")

CHANNEL: Final = "demo"


@router.get("/sign-in")
def who(request: Request) -> Response:
    """Whom to be, for those too who are somebody already."""
    return sign_in_page(request, "/")


@router.post("/sign-in")
def sign_in(request: Request, form: TheForm, house: TheHouse) -> Response:
    """Be one of the demo's people."""
    must_be_here(request)
    demo, email = house.demo, form.text("email", 320)
    if demo is None or email not in dict(demo.personas):
        raise single(404, "not_found", "the demo has nobody of that address")
    to = local(form.text("next", 2000))
    return enter(request, house, company=demo.company, email=email, channel=CHANNEL, to=to)


def must_be_here(request: Request) -> None:
    """Pass, or refuse a request that is not from this machine, or by a name that is not its own.

    Raises:
        Problem: 403.

    """
    client = request.client.host if request.client else ""
    if not is_loopback(client) or not is_loopback(request.url.hostname or ""):
        raise single(403, "not_from_here", "the demo's people are for this machine alone")
