"""The console's HTTP application: the API, the pages, and what holds for both."""

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from fastapi import Depends, FastAPI

from gatepost import __version__
from gatepost_console import (
    choosing,
    connections,
    deciding_all,
    decisions,
    events,
    failures,
    items,
    mails,
    operations,
    problems,
    readings,
    records,
    webhooks,
)
from gatepost_console.body_limit import BodyLimit
from gatepost_console.describing import DescribedApi
from gatepost_console.headers import StrictHeaders
from gatepost_console.pages import pages_of
from gatepost_console.pages.error_pages import error_page, to_sign_in
from gatepost_console.pages.opened_link import Closed, closed_page
from gatepost_console.pages.visiting import NotSignedIn
from gatepost_console.parameters import only_known
from gatepost_console.settings import ConsoleSettings
from gatepost_console.wiring import House

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

DESCRIPTION: Final = (
    "The accounting gate between operational systems and the ERP: send items, decide on them, "
    "follow them into the books. Every error is a problem document (RFC 9457) that lists all reasons; "
    "a method that an address does not know is answered with 405 and `Allow`. What is JSON carries an "
    "`ETag`; requests that change something may carry an `Idempotency-Key`."
)


def make_app(
    program: "Program",
    settings: ConsoleSettings | None = None,
    stopping: threading.Event | None = None,
) -> FastAPI:
    """The application over a program's ledger.

    Args:
        program: whose ledger it shows.
        settings: how long callers wait; read from the environment when not given.
        stopping: ends that waiting when it is set.

    """
    app = _api()
    settings = settings or ConsoleSettings()
    app.state.house = House(program, settings, stopping or threading.Event())
    if settings.oidc_issuer:
        # Only then: what it takes to check a provider's signatures is a few MB.
        from gatepost_console.oidc import Provider

        app.state.oidc = Provider(settings, program.settings.public_url)
    for router in pages_of(app.state.house):
        app.include_router(router)
    problems.install(app, error_page)
    app.add_exception_handler(NotSignedIn, to_sign_in)
    app.add_exception_handler(Closed, closed_page)
    app.add_middleware(BodyLimit)
    app.add_middleware(StrictHeaders)  # added last, so outermost: it sees every answer
    return app


@cache
def openapi() -> dict[str, Any]:
    """The OpenAPI document, without a program; made once, so it is not to be changed."""
    return _api().openapi()


def _api() -> FastAPI:
    app = DescribedApi(
        title="Gatepost",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(only_known)],
    )
    for part in (
        events,
        items,
        decisions,
        deciding_all,
        failures,
        records,
        connections,
        choosing,
        readings,
        mails,
        webhooks,
        operations,
    ):
        app.include_router(part.router)
    return app
