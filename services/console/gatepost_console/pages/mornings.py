"""The next morning, when somebody wants to see it now. There is no such page but in a demo."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gatepost_console.pages.item_words import name_of
from gatepost_console.pages.personas import must_be_here
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn
from gatepost_console.problems import single
from gatepost_console.wiring import TheHouse

router = APIRouter(prefix="/demo/next-morning")


@router.get("")
def morning(request: Request, visitor: SignedIn) -> Response:
    """What a morning brings, and the button for another one."""
    names = [name_of(email, visitor.company) for email in request.query_params.getlist("to")[:20]]
    return page(request, "morning.html", visitor, names=names, did="to" in request.query_params)


@router.post("")
def next_morning(request: Request, visitor: SignedIn, house: TheHouse) -> Response:
    """Have the daily summaries go out now."""
    must_be_here(request)
    if house.demo is None:
        raise single(404, "not_found", "there is no demo")
    people = house.demo.next_morning()
    return RedirectResponse(
        "/demo/next-morning?" + urlencode([("to", each) for each in people]), 303
    )
