"""A bound on the body of every request, for bodies that do not announce their length too.

Not the framework's own (``max_body_size``): it answers with plain text, whatever the handlers say.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatepost.messages.cloud_events import SIZE_LIMIT
from gatepost_console.problems import Problem, single

LARGEST_BODY: Final = SIZE_LIMIT + 16 * 1024  # an event of the largest size, and a little


class BodyLimit:
    """Refuses bodies that are too large, before or while they are read."""

    def __init__(self, app: ASGIApp, limit: int = LARGEST_BODY) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._limit:
            await too_large(self._limit).response()(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise HTTPException(413, too_large(self._limit).detail)
            return message

        await self._app(scope, counted, send)


def too_large(limit: int) -> Problem:
    """The connection is closed, for the rest of the body is not read."""
    detail = f"the body is larger than {limit} bytes"
    return single(413, "too_large", detail, Connection="close")


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
