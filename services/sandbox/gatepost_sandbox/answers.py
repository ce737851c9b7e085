"""What goes over the wire: JSON, problems after RFC 9457, a page nobody expects, silence."""

from http import HTTPStatus
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from gatepost_sandbox.refusals import NotReadable, Refused

#: Where the server puts the means to drop a connection (see serving.py).
HANG_UP = "sandbox.hang_up"

SIGN_IN_PAGE = "<!doctype html><title>Sign in</title><h1>Your session has ended</h1>"


class Json(Response):
    """A JSON answer."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return orjson.dumps(content)


class Silence(Response):
    """The answer that never comes: the connection is dropped without a byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][HANG_UP]()
        # The server takes a missing answer for a mistake unless it has seen the connection go.
        while (await receive())["type"] != "http.disconnect":
            pass


def problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: object
) -> Response:
    """An error, with the code programs look at and the sentence people read."""
    named = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    body = named | {"code": code, "detail": detail} | more
    return Json(body, status, headers, media_type="application/problem+json")


def garbage() -> Response:
    """What a proxy or a lost session puts in place of an answer."""
    return HTMLResponse(SIGN_IN_PAGE)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent."""
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise NotReadable("the body is no JSON") from None
    except ClientDisconnect:
        raise NotReadable("the client left in the middle of the body") from None
    if not isinstance(body, dict):
        raise NotReadable("the body is no JSON object")
    return body


async def on_refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)  # noqa: S101 - Starlette's handlers are typed loosely
    return problem(refused.status, refused.code, refused.detail)


async def on_invalid(request: Request, invalid: Exception) -> Response:
    assert isinstance(invalid, ValidationError)  # noqa: S101 - as above
    found = [(".".join(map(str, one["loc"])), one["msg"]) for one in invalid.errors()]
    errors = [{"field": field, "message": message} for field, message in found]
    detail = "; ".join(f"{field}: {message}" for field, message in found)
    return problem(422, "not_valid", detail, errors=errors)


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = HTTPStatus(error.status_code).name.lower()
    return problem(error.status_code, code, str(error.detail), dict(error.headers or {}))
