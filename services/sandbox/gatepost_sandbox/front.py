"""What the sandbox's own pages share: how they are rendered, what they may load, who may press a button."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_OURS: Final = ("same-origin", "none")
LARGEST_FORM: Final = 10_000  # bytes


def page(template: str, **facts: Any) -> Response:
    """A page of ours; a fact that its template names and nobody gave is an error."""
    return answer(_templates().get_template(template).render(facts), _POLICY)


def answer(content: str, policy: str) -> Response:
    """HTML that may load and run what the policy says, and nothing else."""
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return HTMLResponse(content, headers=headers | {"Referrer-Policy": "no-referrer"})


def routes() -> list[Route]:
    """The style and the script of the pages."""
    return [Route("/static/{name}", _static, methods=["GET"])]


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form that somebody at this machine sent from one of our pages.

    Raises:
        HTTPException: 403, where they are elsewhere, or the form is another site's; 413.

    """
    body = await request.body()
    if len(body) > LARGEST_FORM:
        raise HTTPException(413, "the form is too large")
    if not _is_from_here(request):
        raise HTTPException(403, "the buttons are for whoever sits at this machine")
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _is_from_here(request: Request) -> bool:
    client = request.client.host if request.client else ""
    here = _is_loopback(client) and _is_loopback(request.url.hostname or "")
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is None:  # no browser, or an old one
        return here and (origin is None or urlsplit(origin).netloc == request.url.netloc)
    return here and site in _OURS  # the origin is "null": our pages tell nobody where they are


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    found = _static_files().get(name)
    if found is None:
        raise HTTPException(404, "there is no such file")
    kind = _TYPES[name.rpartition(".")[2]]
    return Response(found, media_type=kind, headers={"Cache-Control": "no-cache"})


@cache
def _static_files() -> dict[str, bytes]:
    folder = files("gatepost_sandbox") / "pages"
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.name.rpartition(".")[2] in _TYPES
    }


def _money(amount: object) -> str:
    try:
        return f"{Decimal(str(amount)):,.2f}" if amount else ""
    except (InvalidOperation, ValueError):
        return str(amount)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("gatepost_sandbox", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["money"] = _money
    environment.filters["clock"] = lambda at: str(at)[11:19]
    return environment
