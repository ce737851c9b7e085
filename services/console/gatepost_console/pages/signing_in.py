"""Signing in by a code that is sent by mail, and signing out."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from gatepost_console import sessions, sign_ins
from gatepost_console.pages import cookies
from gatepost_console.pages.forms import TheForm, token_of
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import Anybody, local
from gatepost_console.sign_ins import Verified
from gatepost_console.wiring import House, TheHouse

router = APIRouter()

NextPage = Annotated[str, Query(alias="next", max_length=2000)]
WRONG: Final = (
    "This code does not fit. Type the newest; after five tries or ten minutes, ask for another."
)


@router.get("/sign-in")
def ask(request: Request, visitor: Anybody, next_page: NextPage = "") -> Response:
    """Where somebody says who they are."""
    if visitor and not visitor.session.is_by_mail_link:  # that one may have to sign in all the same
        return RedirectResponse(local(next_page), 303)
    return sign_in_page(request, local(next_page))


@router.post("/sign-in")
def send_code(request: Request, form: TheForm, house: TheHouse) -> Response:
    """Have a code sent; the answer is the same whoever it is."""
    email, next_page = form.text("email", 320), local(form.text("next", 2000))
    if "@" not in email.strip("@"):
        facts = {"next_page": next_page, "email": email, "why": "Type your whole e-mail address."}
        return _page(request, "sign_in.html", facts, status=422)
    browser = sessions.new_secret()  # another one each time: nobody can have planted it
    sign_ins.ask(house.ledger, browser, email)
    facts = {"next_page": next_page, "email": email, "why": ""}
    return _page(request, "sign_in_code.html", facts, browser=browser)


@router.post("/sign-in/code")
def take_code(request: Request, form: TheForm, house: TheHouse) -> Response:
    """Sign in, if the code is right."""
    next_page, browser = local(form.text("next", 2000)), cookies.browser_secret(request)
    key = house.program.settings.secret_key
    known = (
        sign_ins.verify(house.ledger, key.get_secret_value(), browser, form.text("code", 20))
        if browser and key
        else None
    )
    if known is None:
        facts = {"next_page": next_page, "email": form.text("email", 320), "why": WRONG}
        return _page(request, "sign_in_code.html", facts, status=422)
    return enter_as(request, house, known, next_page)


@router.post("/sign-in/company")
def choose_company(request: Request, form: TheForm, house: TheHouse) -> Response:
    """Sign in with one of the companies whose directory lists the address."""
    browser = cookies.browser_secret(request)
    known = sign_ins.verified(house.ledger, browser) if browser else None
    if known is None:
        return RedirectResponse("/sign-in", 303)
    return enter_as(request, house, known, local(form.text("next", 2000)), form.text("company"))


@router.post("/sign-out")
def sign_out(request: Request, house: TheHouse) -> Response:
    """End the session of this browser."""
    if secret := cookies.session_secret(request):
        sessions.end(house.ledger, secret)
    answer = RedirectResponse("/sign-in", 303)
    cookies.forget_session(request, answer)
    return answer


def sign_in_page(request: Request, next_page: str) -> Response:
    """The page on which somebody says who they are."""
    facts = {"next_page": next_page, "email": "", "why": ""}
    return _page(request, "sign_in.html", facts)


def enter_as(
    request: Request, house: House, known: Verified, next_page: str, chosen: str = ""
) -> Response:
    """Begin a session for somebody who showed who they are, once it is clear for which company."""
    companies = sign_ins.companies_of(house.ledger.directory(), known.email)
    if len(companies) > 1 and not chosen:
        return _page(
            request, "sign_in_company.html", {"companies": companies, "next_page": next_page}
        )
    keys = [company.key for company in companies]
    key = chosen if chosen in keys else next(iter(keys), None)
    sign_ins.spend(house.ledger, known)
    if key is None:  # they left the directory after the code was sent
        return RedirectResponse("/sign-in", 303)
    return enter(
        request, house, company=key, email=known.email, channel=known.channel, to=next_page
    )


def enter(
    request: Request, house: House, *, company: str, email: str, channel: str, to: str
) -> Response:
    """Begin a session, instead of any this browser had, and go on to a page."""
    secret = sessions.begin(
        house.ledger,
        house.settings,
        company=company,
        email=email,
        channel=channel,
        instead_of=cookies.session_secret(request),
    )
    answer = RedirectResponse(to, 303)
    cookies.keep_session(request, answer, secret)
    return answer


def _page(
    request: Request,
    template: str,
    facts: Mapping[str, Any],
    *,
    status: int = 200,
    browser: str | None = None,
) -> Response:
    """A page for somebody who is not signed in, in a browser that will be known again."""
    secret = browser or cookies.browser_secret(request) or sessions.new_secret()
    house: House = request.app.state.house
    answer = page(
        request,
        template,
        None,
        status=status,
        form_token=token_of(secret),
        with_oidc=bool(house.settings.oidc_issuer),
        **facts,
    )
    cookies.keep_browser(request, answer, secret)
    return answer
