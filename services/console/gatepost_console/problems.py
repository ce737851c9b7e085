"""Every error as a problem document (RFC 9457), those of the framework too.

``code`` is stable and may be programmed against; ``errors`` lists every reason, each with who can
fix it. ``type`` is an address at which the code is explained.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from traceback import format_exception
from typing import Any, Final

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatepost.connectors.errors import ConfigurationError
from gatepost.domain import errors
from gatepost.domain.errors import FieldProblem, Refusal
from gatepost.ledger.asking import Outcome
from gatepost.ledger.database import is_trouble
from gatepost.ledger.paging import WrongCursor
from gatepost.messages.cloud_events import Unintelligible
from gatepost_console.headers import STRICT

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
CALLER: Final = "the caller: correct the request and send it again"
OPERATOR: Final = "an operator; the request may be sent again"

REFUSALS: Final[dict[str, tuple[type[Refusal], int]]] = {
    refusal.code: (refusal, status)
    for refusal, status in (
        (errors.NotFound, 404),
        (errors.NotSendable, 422),
        (errors.NotAllowed, 409),
        (errors.Incomplete, 422),
        (errors.NotEntitled, 403),
        (errors.Conflict, 409),
        (errors.StaleRevision, 409),
        (errors.StaleDecision, 409),
        (errors.AlreadyDecided, 409),
        (errors.NotSubscribable, 422),
        (errors.TooMany, 422),
    )
}

_MEANINGS: Final[dict[str, str]] = {
    "unauthenticated": "No token came with the request, or one that is not valid.",
    "scope_missing": "The token does not reach that far.",
    "not_json": "The body is no JSON document in UTF-8.",
    "unintelligible": "The document is no CloudEvent that is known here.",
    "not_from_here": "A form that did not come from a page of this console.",
    "not_signed_in": "The company's own sign-in does not vouch for whoever came, or nobody knows them here.",
    "invalid": "Fields of the request are missing or wrong; all of them are listed.",
    "not_json_type": "The body is of another media type than JSON, or does not say of which.",
    "key_reused": "The Idempotency-Key was another request's.",
    "under_way": "The same request with the same Idempotency-Key is being answered just now.",
    "too_many": "The filter matches more items than are decided at once.",
    "too_large": "The body is larger than is taken.",
    "method_not_allowed": "The address knows other methods than this one.",
    "no_connection": "The company's connection to its ERP is missing or does not fit.",
    "busy": "The database does not answer just now.",
    "fault": "A fault of Gatepost; it is written down in the log.",
}
_CODES: Final = {
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


@dataclass(eq=False)
class Problem(Exception):
    """An error on its way to the caller."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldProblem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    current: Mapping[str, Any] | None = None  # how the item stands that it is about

    def document(self) -> dict[str, Any]:
        more = {"current": self.current} if self.current else {}
        return {
            "type": f"/problems/{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": list(self.errors),
            **more,
        }

    def response(self) -> Response:
        headers = {**STRICT, **self.headers}
        return Response(orjson.dumps(self.document()), self.status, headers, media_type=MEDIA_TYPE)


def single(
    status: int, code: str, detail: str, who_can_fix: str = CALLER, *, at: str = "", **headers: str
) -> Problem:
    """A problem with one reason. Headers are named with underscores."""
    reason = FieldProblem(at, code, detail, who_can_fix)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Problem(status, code, detail, [reason], named)


def of_refusal(refusal: Refusal) -> Problem:
    _, status = REFUSALS.get(refusal.code, (Refusal, 409))
    return Problem(status, refusal.code, str(refusal), refusal.problems)


def of_outcome(outcome: Outcome) -> Problem:
    """A refused decision, as it would be if it had been refused here."""
    kind, _ = REFUSALS.get(outcome.outcome, (Refusal, 409))
    return of_refusal(kind(outcome.problems))


def of_validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return single(400, "not_json", "the body is no JSON document")
    reasons = [
        FieldProblem(
            field=_place(each["loc"]),
            rule=each["type"],
            message=f"{_place(each['loc'])}: {each['msg'][0].lower()}{each['msg'][1:]}",
            who_can_fix=CALLER,
        )
        for each in found
    ]
    return Problem(422, "invalid", " ".join(reason.message for reason in reasons), reasons)


def of_http(error: HTTPException) -> Problem:
    """What the framework itself answers with: no such address, no such method, a body it cannot read."""
    code = _CODES.get(error.status_code, "invalid")
    detail = {
        400: "the body is no JSON document in UTF-8",
        404: "there is nothing at this address",
        405: "this address knows other methods than this one",
    }.get(error.status_code, str(error.detail).lower())
    if error.status_code == 400:
        code = "not_json"
    return Problem(
        error.status_code,
        code,
        detail,
        [FieldProblem("", code, detail, CALLER)],
        error.headers or {},
    )


def of_other_method(request: Request) -> Problem:
    """Name the methods of all routes at the address; the framework names those of the first."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        match, _ = route.matches(request.scope)
        if match is Match.PARTIAL:
            found |= route.methods or set()
    return of_http(HTTPException(405, headers={"Allow": ", ".join(sorted(found))}))


def of_database(error: SQLAlchemyError) -> Problem:
    if is_trouble(error) or isinstance(error, NoConnectionFree):
        log.warning("the database is in trouble", error=type(error).__name__)
        detail = "the database does not answer just now"
        return single(503, "busy", detail, OPERATOR, Retry_After="2")
    return of_fault(error)


def of_fault(error: Exception) -> Problem:
    # Written down as text: whoever renders tracebacks with local variables would show tokens.
    log.error("a request could not be answered", trace="".join(format_exception(error)))
    return single(500, "fault", "a fault of Gatepost; it is written down", OPERATOR)


def meanings() -> dict[str, str]:
    """Every code a problem can have, and what it means."""
    refusals = {code: (kind.__doc__ or "").strip() for code, (kind, _) in REFUSALS.items()}
    return dict(sorted({**refusals, **_MEANINGS}.items()))


def meaning(code: str) -> dict[str, str] | None:
    """What a problem's code means, for people who follow its ``type``."""
    found = meanings().get(code)
    return {"code": code, "meaning": found} if found else None


Page = Callable[[Request, Problem], Response | None]
"""Shows a problem to a person; None where it is a program that asks."""


def install(app: FastAPI, page: Page) -> None:
    """Answer every error with a problem document, or with a page for people."""
    answers: dict[type[Exception], Any] = {
        Problem: lambda error: error,
        Refusal: of_refusal,
        RequestValidationError: of_validation,
        HTTPException: of_http,
        WrongCursor: lambda error: single(422, "invalid", str(error), at="cursor"),
        Unintelligible: lambda error: single(422, "unintelligible", str(error)),
        ConfigurationError: lambda error: single(
            409, "no_connection", error.message, error.who_can_fix
        ),
        SQLAlchemyError: of_database,
    }
    app.add_middleware(Faults, page=page)
    for kind, make in answers.items():
        app.add_exception_handler(kind, _handler(make, page))

    async def other_methods(request: Request, _error: Exception) -> Response:
        problem = of_other_method(request)
        return page(request, problem) or problem.response()

    app.add_exception_handler(405, other_methods)  # goes before its class


class Faults:
    """Answers what nobody expected. The framework would do so too, but raise it once more."""

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            problem = of_fault(error)
            if begun:
                raise
            shown = self._page(Request(scope), problem) or problem.response()
            await shown(scope, receive, send)


def _handler(make: Any, page: Page) -> Any:  # noqa: ANN401 - starlette's own signature, by exception
    async def answer(request: Request, error: Exception) -> Response:
        problem: Problem = make(error)
        return await run_in_threadpool(page, request, problem) or problem.response()

    return answer


def _place(location: Sequence[int | str]) -> str:
    """Where in the request: ``entries.a``, without the part that says body or query."""
    place = ""
    for step in location[1:] if location and location[0] in _PARTS else location:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place or "body"


_PARTS: Final = ("body", "query", "path", "header")
