"""The sandbox's HTTP application: the ERP, the mailbox, a sign of life."""

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gatepost_sandbox import front
from gatepost_sandbox.answers import on_http, on_invalid, on_refused
from gatepost_sandbox.erp import Erp
from gatepost_sandbox.front_office import FrontOffice
from gatepost_sandbox.inbox import Inbox
from gatepost_sandbox.refusals import Refused


async def livez(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def create_app(erp: Erp, office: FrontOffice, inbox: Inbox) -> Starlette:
    return Starlette(
        routes=[
            Route("/livez", livez),
            *erp.routes(),
            *office.routes(),
            *inbox.routes(),
            *front.routes(),
        ],
        exception_handlers={
            Refused: on_refused,
            ValidationError: on_invalid,
            HTTPException: on_http,
        },
    )
