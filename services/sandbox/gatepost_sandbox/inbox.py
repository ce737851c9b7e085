"""The mailbox over HTTP: JSON for programs, a page for people."""

import re
from collections import Counter
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gatepost_sandbox import front
from gatepost_sandbox.answers import Json, body_of
from gatepost_sandbox.mailbox import MailBehaviour, Mailbox
from gatepost_sandbox.store import Store

#: How many mails the page shows; the JSON has them all.
SHOWN: Final = 100

# A mail brings its styles along, and may show pictures it carries; it may run and load nothing.
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'"
)
_HEAD: Final = re.compile(r"<head[^>]*>", re.IGNORECASE)
#: Its links open beside it: what they lead to lets nobody put it into a frame.
_BESIDE: Final = '<base target="_blank">'


class Inbox:
    """The routes under ``/mailbox``."""

    def __init__(self, store: Store, mailbox: Mailbox) -> None:
        self._store = store
        self._mailbox = mailbox

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
        mails = (await self._store.aside(self._mailbox.mails, SHOWN))[::-1]
        to, chosen = request.query_params.get("to", ""), request.query_params.get("mail", "")
        people = Counter(address for mail in mails for address in mail["to"])
        listed = [mail for mail in mails if not to or to in mail["to"]]
        newest = listed[0] if listed else None
        opened = next((mail for mail in mails if str(mail["id"]) == chosen), newest)
        facts = {"mails": listed, "count": len(mails), "people": sorted(people.items()), "to": to}
        return front.page("inbox.html", **facts, opened=opened, is_chosen=bool(chosen))

    async def mail(self, request: Request) -> Response:
        """The HTML part as a mail program would show it."""
        mail = await self._store.aside(self._mailbox.mail, request.path_params["id"])
        if mail is None or not mail["html"]:
            raise HTTPException(404, "there is no such mail, or it has no HTML part")
        html, found = mail["html"], _HEAD.search(mail["html"])
        at = found.end() if found else 0
        return front.answer(html[:at] + _BESIDE + html[at:], _MAIL_POLICY)

    async def clear(self, request: Request) -> Response:
        await self._store.aside(self._mailbox.clear)
        return Response(status_code=204)

    async def behaviour(self, request: Request) -> Response:
        return Json(self._mailbox.switch.shows().model_dump(mode="json"))

    async def behave(self, request: Request) -> Response:
        self._mailbox.switch.turn(MailBehaviour.model_validate(await body_of(request)))
        return await self.behaviour(request)
