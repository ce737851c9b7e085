"""The two cookies: of the session, and of a browser that is about to sign in."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from gatepost_console.wiring import House

SESSION: Final = "gatepost_session"
BROWSER: Final = "gatepost_browser"
DAY: Final = 86_400


def session_secret(request: Request) -> str | None:
    return request.cookies.get(_name(request, SESSION))


def browser_secret(request: Request) -> str | None:
    return request.cookies.get(_name(request, BROWSER))


def keep_session(request: Request, response: Response, secret: str) -> None:
    """Let the browser be signed in; what it had to sign in with is done."""
    days = _house(request).settings.session_longest_days
    _keep(request, response, SESSION, secret, int(days * DAY))
    _forget(request, response, BROWSER)


def keep_browser(request: Request, response: Response, secret: str) -> None:
    """Know the browser again until it has signed in."""
    _keep(request, response, BROWSER, secret, DAY)


def forget_session(request: Request, response: Response) -> None:
    _forget(request, response, SESSION)


def is_secure(request: Request) -> bool:
    """Whether people reach the console over TLS, here or at a proxy."""
    return _house(request).program.settings.public_url.startswith("https://")


def _keep(request: Request, response: Response, name: str, secret: str, seconds: int) -> None:
    response.set_cookie(
        _name(request, name),
        secret,
        max_age=seconds,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _forget(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        _name(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def _name(request: Request, name: str) -> str:
    """A browser takes a ``__Host-`` cookie from this very host alone, and only over TLS."""
    return f"__Host-{name}" if is_secure(request) else name


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house
