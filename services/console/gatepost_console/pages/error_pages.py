"""Errors as pages, for people with a browser; programs get problem documents."""

from dataclasses import replace
from typing import Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.errors import FieldProblem
from gatepost_console.pages.forms import READER
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import NotSignedIn, Visitor, visitor_of
from gatepost_console.problems import CALLER, Problem, single

TITLES: Final = {
    403: "This is not yours to do",
    404: "There is nothing here",
    405: "This page cannot do that",
    409: "Something else happened first",
    413: "That was too much at once",
    422: "Something in the form is not right",
    500: "Something went wrong here",
    503: "Busy just now",
}


def wants_a_page(request: Request) -> bool:
    """Whether a person asks: the API never answers with a page, whoever asks."""
    of_the_api = request.url.path == "/v1" or request.url.path.startswith("/v1/")
    return not of_the_api and "text/html" in request.headers.get("accept", "")


def error_page(request: Request, problem: Problem) -> Response | None:
    """The problem as a page; None where a program asks."""
    if not wants_a_page(request):
        return None
    answer = page(
        request,
        "error.html",
        _visitor(request, problem),
        status=problem.status,
        title=TITLES.get(problem.status, "That did not work"),
        reasons=[_for_a_person(each, problem.status) for each in problem.errors],
    )
    answer.headers.update(problem.headers)
    return answer


def _for_a_person(reason: FieldProblem, status: int) -> FieldProblem:
    """The same in the words of a page: there is no request to be corrected, but an address or a form."""
    if reason.who_can_fix != CALLER:
        return reason
    words = "you: check the address, or begin at the lists" if status in (404, 405) else READER
    return replace(reason, who_can_fix=words)


def _visitor(request: Request, problem: Problem) -> Visitor | None:
    """Whoever looks; not looked up where that may be what did not work."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    if known or problem.status >= 500:
        return known
    return visitor_of(request, request.app.state.house)


async def to_sign_in(request: Request, error: Exception) -> Response:
    """Send a browser to the page it can sign in at; a script of ours is told in its own way."""
    if request.headers.get("sec-fetch-mode") not in (None, "navigate"):
        return single(401, "unauthenticated", "nobody is signed in", "you: sign in").response()
    location = error.location if isinstance(error, NotSignedIn) else "/sign-in"
    return RedirectResponse(location, 303)
