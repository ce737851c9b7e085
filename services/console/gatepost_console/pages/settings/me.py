"""My settings: the daily summary, what I may do, where I am signed in, which mails I got."""

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.people import Person
from gatepost.ledger import mail_log
from gatepost.ledger.mail_log import MailFilter
from gatepost_console import sessions
from gatepost_console.directory_edits import Edit
from gatepost_console.pages import cookies
from gatepost_console.pages.forms import Form, TheForm
from gatepost_console.pages.settings.frame import (
    Answer,
    Did,
    done,
    sections_of,
    settings_page,
    settle,
)
from gatepost_console.pages.settings.person_form import differing, number_in
from gatepost_console.pages.visiting import SignedIn, Visitor
from gatepost_console.wiring import House, TheHouse

router = APIRouter(prefix="/settings")

PAGE: Final = "/settings/me"
MAILS: Final = 15  # the newest are shown
_BOXES: Final = ("daily_summary", "alerts", "synced_mail")


@router.get("")
def first(visitor: SignedIn) -> Response:
    """The first page of the settings is everybody's own."""
    return RedirectResponse(PAGE, 303)


@router.get("/me")
def mine(request: Request, visitor: SignedIn, house: TheHouse, did: Did = "") -> Response:
    """What is one's own."""
    return _page(request, visitor, house, _shown(visitor.person), Answer(did=did))


@router.post("/me")
def change_mine(request: Request, visitor: SignedIn, form: TheForm, house: TheHouse) -> Response:
    """Change what is one's own; nobody's rights are, not even one's own."""
    values = _typed(form)
    people = sections_of(house, visitor)["people"]
    own = {
        entry["email"]: differing(values, _shown(visitor.person))
        for entry in people
        if entry["email"].lower() == visitor.person.email
    }
    answer = settle(house, visitor, Edit(entries={"people": own}), form, at_once=True)
    if answer.did:
        return done(PAGE, answer.did)
    return _page(request, visitor, house, values, answer)


@router.post("/me/sign-out")
def sign_out(request: Request, visitor: SignedIn, form: TheForm, house: TheHouse) -> Response:
    """End one session, or all of them."""
    key, email = visitor.company.key, visitor.person.email
    if session_id := form.text("session", 64):
        sessions.end_one(house.ledger, key, email, session_id)
    else:
        sessions.end_all(house.ledger, key, email)
    if session_id not in ("", visitor.session.id):
        return done(PAGE, "signed_out")
    answer = RedirectResponse("/sign-in", 303)
    cookies.forget_session(request, answer)
    return answer


def _shown(person: Person) -> dict[str, Any]:
    return {name: getattr(person, name) for name in (*_BOXES, "summary_hour", "time_zone")}


def _typed(form: Form) -> dict[str, Any]:
    return {
        **{name: form.is_ticked(name) for name in _BOXES},
        "summary_hour": number_in(form.text("summary_hour", 10)),
        "time_zone": form.text("time_zone", 80),
    }


def _page(
    request: Request, visitor: Visitor, house: House, values: dict[str, Any], answer: Answer
) -> Response:
    key, email = visitor.company.key, visitor.person.email
    log = mail_log.page(house.ledger, MailFilter(key, email), limit=MAILS)
    return settings_page(
        request,
        "me.html",
        visitor,
        answer,
        values=values,
        browsers=sessions.of_person(house.ledger, house.settings, key, email),
        mails=log.mails,
    )
