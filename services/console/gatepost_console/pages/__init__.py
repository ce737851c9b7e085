"""The pages: server-rendered, forms first. Every one works without its script."""

from ipaddress import ip_address
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends

from gatepost_console.pages import item_lists, operating, personas, signing_in, static_files
from gatepost_console.pages.forms import must_be_ours
from gatepost_console.settings import ConsoleSettings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

#: Each is a file with one page, or with a few that belong together, and ``router`` in it.
_PAGES = (item_lists, operating, signing_in)


def pages_of(program: "Program", settings: ConsoleSettings) -> list[APIRouter]:
    """The routers of all pages; every form on them must come from one of them."""
    pages = APIRouter(include_in_schema=False, dependencies=[Depends(must_be_ours)])
    for each in _PAGES:
        pages.include_router(each.router)
    if program.demo is not None and _is_loopback(settings.http_host):
        pages.include_router(personas.router)
    return [static_files.router, pages]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
