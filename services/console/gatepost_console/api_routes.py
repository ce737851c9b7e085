"""What every route of the API does before and after its own work: media types, keys, validators.

``Idempotency-Key`` is that of draft-ietf-httpapi-idempotency-key-header, on every unsafe method.
"""

import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Any, Final

import orjson
import structlog
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from gatepost.ledger import tokens
from gatepost_console.problems import single
from gatepost_console.repeated_answers import Asked, Kept, begin, keep, release
from gatepost_console.wiring import House

log = structlog.get_logger()

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BUSY_SECONDS: Final = 30.0  # beyond the longest wait for a decision

_KEPT: Final = ("content-type", "location")
_A_KEY: Final = re.compile(
    r'"?([!#-\[\]-~]{1,255})"?'
)  # with or without a text's quotes (RFC 9651)
_JSON: Final = re.compile(r"application/([^;\s]+\+)?json\s*(;|$)", re.IGNORECASE)


class ApiRoute(APIRoute):
    """A route under ``/v1``."""

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method not in UNSAFE:
                return _unless_known(request, await answer(request))
            await _must_be_json(request)
            if not request.headers.getlist(KEY):
                return await answer(request)
            return await _once(request, answer)

        return handle


async def _must_be_json(request: Request) -> None:
    """Pass, or refuse a body of another type, before anybody wonders what it says."""
    content_type = request.headers.get("content-type", "")
    if _JSON.match(content_type) or not await request.body():
        return
    said = f"a body is JSON here, not {content_type or 'of a type that nobody named'}"
    who = "the caller: send Content-Type: application/json"
    raise single(415, "not_json_type", said, who, at="Content-Type", Accept="application/json")


async def _once(request: Request, answer: Handler) -> Response:
    """The answer that was given before to the same request; else its own, and that is kept.

    Only what was done is kept. A refusal leaves nothing behind: it is looked at anew.
    """
    house: House = request.app.state.house
    asked = await _asked(request, house)
    if asked is None:  # there is no such token: the route says so
        return await answer(request)
    busy = house.settings.http_decision_wait + BUSY_SECONDS
    kept = house.settings.http_idempotency_kept
    found = await run_in_threadpool(begin, house.ledger, asked, busy=busy, kept=kept)
    if isinstance(found, Kept):
        return Response(found.body, found.status, {**found.headers, REPLAYED: "true"})
    try:
        response = await answer(request)
    except Exception:
        await run_in_threadpool(release, house.ledger, asked, found)
        raise
    await _keep(response, asked, found, house)
    return response


async def _keep(response: Response, asked: Asked, claim: str, house: House) -> None:
    if response.status_code >= 300:
        await run_in_threadpool(release, house.ledger, asked, claim)
        return
    headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
    answer = Kept(response.status_code, _without_secret(bytes(response.body)), headers)
    try:
        await run_in_threadpool(keep, house.ledger, asked, claim, answer)
    except SQLAlchemyError as error:  # the work is done, and its answer is not worth less
        log.warning("an answer was not kept", error=type(error).__name__)


async def _asked(request: Request, house: House) -> Asked | None:
    given = request.headers.getlist(KEY)
    key = _A_KEY.fullmatch(given[0].strip())
    if len(given) > 1 or key is None:
        said = "a key is 1 to 255 printable ASCII characters without spaces, quotes and backslashes"
        raise single(422, "invalid", said, at=KEY)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = await run_in_threadpool(tokens.verify, house.ledger, secret)
    return Asked(token.id, key[1], await _digest(request)) if token else None


async def _digest(request: Request) -> str:
    """All that says what is asked: of whom, for whom, and what."""
    attributes = sorted(
        (name, value)
        for name, value in request.headers.items()
        if name.startswith("ce-") or name == "gatepost-as"
    )
    said = [request.method, request.url.path, request.url.query, attributes]
    return hashlib.sha256(orjson.dumps(said) + await request.body()).hexdigest()


def _without_secret(body: bytes) -> bytes:
    """The answer without what is shown once: that is kept nowhere."""
    if b'"secret"' not in body:
        return body
    document = orjson.loads(body)
    return orjson.dumps({**document, "secret": None}) if "secret" in document else body


def _unless_known(request: Request, response: Response) -> Response:
    """Name the version of what is shown; nothing is sent again to whoever has it (RFC 9110)."""
    if response.status_code != 200:
        return response
    digest = hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()
    tag = f'"{digest}"'
    response.headers["ETag"] = tag
    known = [
        each.strip().removeprefix("W/")
        for each in request.headers.get("if-none-match", "").split(",")
    ]
    return (
        Response(status_code=304, headers={"ETag": tag})
        if tag in known or "*" in known
        else response
    )
