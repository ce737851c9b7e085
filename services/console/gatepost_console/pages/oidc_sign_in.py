"""Signing in with the company's own accounts: to its OpenID provider, and back. Only where one is set."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from gatepost_console import oidc_attempts, sessions, sign_ins
from gatepost_console.oidc import CALLBACK, CHANNEL, NotVouched, Provider
from gatepost_console.pages import cookies
from gatepost_console.pages.signing_in import NextPage, enter_as
from gatepost_console.pages.visiting import local
from gatepost_console.problems import Problem, single
from gatepost_console.wiring import TheHouse

log = structlog.get_logger()

router = APIRouter()

Said = Annotated[str, Query(max_length=4000)]


async def _provider(request: Request) -> Provider:
    found: Provider = request.app.state.oidc
    return found


TheProvider = Annotated[Provider, Depends(_provider)]


@router.get("/sign-in/oidc")
def go(
    request: Request, house: TheHouse, provider: TheProvider, next_page: NextPage = ""
) -> Response:
    """Send a browser to the provider: a link, for no form may lead elsewhere."""
    browser = sessions.new_secret()  # another one each time: nobody can have planted it
    attempt = oidc_attempts.begin(house.ledger, browser, local(next_page))
    try:
        answer = RedirectResponse(provider.address(attempt), 303)
    except NotVouched as error:
        raise _problem(error) from None
    cookies.keep_browser(request, answer, browser)
    return answer


@router.get(CALLBACK)
def back(
    request: Request,
    house: TheHouse,
    provider: TheProvider,
    state: Said = "",
    code: Said = "",
    error: Said = "",
    iss: Said | None = None,
) -> Response:
    """Sign in whoever comes back, if the provider vouches for them and a directory lists them."""
    browser = cookies.browser_secret(request)
    way = oidc_attempts.come_back(house.ledger, browser, state) if browser else None
    try:
        if browser is None or way is None:
            why = (
                "this way to sign in was used already, is too old, or was begun in another browser"
            )
            raise NotVouched(why, "you: sign in again")
        provider.must_be_of(iss)
        if error or not code:
            raise NotVouched("the provider did not let you in", "you: sign in again")
        email = provider.email(code, way.attempt, way.now)
        if not sign_ins.companies_of(house.ledger.directory(), email):
            raise NotVouched(
                f"{email} is in the directory of no company",
                "whoever keeps your company's directory",
            )
    except NotVouched as refused:
        raise _problem(refused) from None
    known = sign_ins.vouched(house.ledger, browser, email, CHANNEL)
    return enter_as(request, house, known, way.next_page)


def _problem(error: NotVouched) -> Problem:
    log.warning("somebody could not sign in with OpenID Connect", cause=str(error))
    return single(403, "not_signed_in", str(error), error.who_can_fix)
