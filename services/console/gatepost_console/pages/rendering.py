"""Pages as HTML: the templates, what each of them may use, the headers of every page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from gatepost.domain.wording import money
from gatepost_console.pages import wording
from gatepost_console.pages.forms import TOKEN
from gatepost_console.pages.static_files import static_url
from gatepost_console.pages.visiting import Visitor
from gatepost_console.wiring import House

#: Nothing but our own files, forms to ourselves, no frames. An address that a form is answered with
#: counts as one it goes to: who signs in elsewhere follows a link there, not a form.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; object-src 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the console, as the head of every page leads to it."""

    path: str
    name: str
    is_for: Callable[[Visitor], bool]


PLACES: Final = (
    Place("/items", "Items", lambda visitor: True),
    Place("/operations", "Operations", lambda visitor: visitor.person.operator),
    Place(
        "/operations/connections",
        "Connections",
        lambda visitor: visitor.reads_the_erp and not visitor.person.operator,
    ),
    Place("/badges", "Badges", lambda visitor: not visitor.sees_the_lists),
    Place("/settings", "Settings", lambda visitor: True),
)


def page(
    request: Request,
    template: str,
    visitor: Visitor | None,
    *,
    status: int = 200,
    form_token: str = "",
    **facts: Any,
) -> HTMLResponse:
    """A page. A fact that its template names and nobody gave is an error.

    Args:
        request: what is answered; tells where in the console this is.
        template: of ``templates/``.
        visitor: who is signed in, if anybody is.
        status: of the answer.
        form_token: for pages on which nobody is signed in; else it is the visitor's.
        facts: what the template says.

    """
    house: House = request.app.state.house
    frame: dict[str, Any] = {
        "visitor": visitor,
        "now": visitor.session.now if visitor else None,
        "form_token": visitor.form_token if visitor else form_token,
        "path": request.url.path,
        "places": [place for place in PLACES if visitor and place.is_for(visitor)],
        "demo": house.demo,
    }
    text = _templates().get_template(template).render(frame | facts)
    return HTMLResponse(text, status, headers=HEADERS)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("gatepost_console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["money"] = money
    environment.filters["sentence"] = wording.sentence
    environment.globals.update(_GLOBALS)
    return environment


_GLOBALS: Final[Mapping[str, Any]] = {
    "static": static_url,
    "token_field": TOKEN,
    "badge_words": wording.badge,
    "moment_words": wording.moment,
    "list_names": wording.LISTS,
    "kind_names": wording.KINDS,
    "state_names": wording.STATES,
}
