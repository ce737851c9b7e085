"""The mailbox over HTTP: JSON for programs, a page for people."""

import secrets

from jinja2 import Environment, PackageLoader
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gatepost_sandbox.answers import Json, body_of
from gatepost_sandbox.mailbox import MailBehaviour, Mailbox
from gatepost_sandbox.store import Store

#: How many mails the page shows; the JSON has them all.
SHOWN = 100

# A mail brings its styles along, and may show pictures it carries; it may run and load nothing.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"


class Inbox:
    """The routes under ``/mailbox``."""

    def __init__(self, store: Store, mailbox: Mailbox) -> None:
        self._store = store
        self._mailbox = mailbox
        pages = Environment(loader=PackageLoader("gatepost_sandbox", "pages"), autoescape=True)
        self._page = pages.get_template("inbox.html")

    def routes(self) -> list[Route]:
        return [
            Route("/mailbox", self.mails, methods=["GET"]),
            Route("/mailbox", self.clear, methods=["DELETE"]),
            Route("/mailbox/behaviour", self.behaviour, methods=["GET"]),
            Route("/mailbox/behaviour", self.behave, methods=["PUT"]),
            Route("/mailbox/{id:int}", self.mail, methods=["GET"]),
        ]

    async def mails(self, request: Request) -> Response:
        if "application/json" in request.headers.get("accept", ""):
            return Json({"mails": await self._store.aside(self._mailbox.mails)})
        mails = await self._store.aside(self._mailbox.mails, SHOWN)
        nonce = secrets.token_urlsafe(16)
        page = self._page.render(mails=mails[::-1], nonce=nonce)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'"
        return _page(page, f"{policy}; form-action 'none'; frame-ancestors 'none'")

    async def mail(self, request: Request) -> Response:
        """The HTML part as a mail program would show it."""
        mail = await self._store.aside(self._mailbox.mail, request.path_params["id"])
        if mail is None or not mail["html"]:
            raise HTTPException(404, "there is no such mail, or it has no HTML part")
        return _page(mail["html"], _MAIL_POLICY)

    async def clear(self, request: Request) -> Response:
        await self._store.aside(self._mailbox.clear)
        return Response(status_code=204)

    async def behaviour(self, request: Request) -> Response:
        return Json(self._mailbox.switch.shows().model_dump(mode="json"))

    async def behave(self, request: Request) -> Response:
        self._mailbox.switch.turn(MailBehaviour.model_validate(await body_of(request)))
        return await self.behaviour(request)


def _page(content: str, policy: str) -> Response:
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(content, headers=headers | {"Referrer-Policy": "no-referrer"})
