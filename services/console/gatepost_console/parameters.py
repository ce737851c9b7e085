"""The parameters of a request's address: one that its route does not know is refused, not passed over.

A filter with a typo in its name would otherwise match everything; of one that stands there twice,
nobody could tell which counts.
"""

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.routing import APIRoute

from gatepost.domain.errors import FieldProblem
from gatepost_console.problems import CALLER, Problem

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

_LONGEST = 100  # characters of a name that are repeated


async def only_known(request: Request) -> None:
    """Pass, or refuse a request of the API that names parameters its route does not have, or one twice.

    Raises:
        Problem: 422, with every one of them.

    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    if not request.url.path.startswith("/v1/"):
        return
    known = tuple(sorted(_names(route.dependant)))
    reasons = [
        FieldProblem(name[:_LONGEST], "unknown_parameter", _said(name, known), CALLER)
        for name in request.query_params
        if name not in known
    ]
    counts = Counter(name for name, _ in request.query_params.multi_items())
    reasons += [
        FieldProblem(name, "repeated_parameter", f"{name} stands there more than once", CALLER)
        for name, times in counts.items()
        if times > 1 and name in known
    ]
    if reasons:
        said = " ".join(reason.message for reason in reasons)
        raise Problem(422, "invalid", said, reasons)


def _said(name: str, known: tuple[str, ...]) -> str:
    said = f'there is no parameter "{name[:_LONGEST]}" here'
    if close := get_close_matches(name[:_LONGEST], known, n=1):
        return f"{said}; did you mean {close[0]}?"
    return f"{said}; known are {', '.join(known)}" if known else f"{said}; there are none"


def _names(dependant: "Dependant") -> set[str]:
    """The parameters of a route and of all that it depends on."""
    own = {str(each.alias) for each in dependant.query_params}
    return own.union(*(_names(each) for each in dependant.dependencies))
