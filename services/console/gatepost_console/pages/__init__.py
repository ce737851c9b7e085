"""The pages: server-rendered, forms first. Every one works without its script."""

from fastapi import APIRouter, Depends

from gatepost_console.pages import (
    badges_page,
    deciding,
    deciding_many,
    item_lists,
    item_page,
    mail_link,
    mornings,
    operating,
    personas,
    record_page,
    records_many,
    settings,
    signing_in,
    static_files,
)
from gatepost_console.pages.forms import must_be_ours
from gatepost_console.wiring import House

#: Each is a file with one page, or with a few that belong together, and ``router`` in it.
_PAGES = (
    item_lists,
    item_page,
    deciding,
    deciding_many,
    record_page,
    records_many,
    mail_link,
    operating,
    settings,
    signing_in,
    badges_page,
)


def pages_of(house: House) -> list[APIRouter]:
    """The routers of all pages; every form on them must come from one of them."""
    pages = APIRouter(include_in_schema=False, dependencies=[Depends(must_be_ours)])
    for each in _PAGES:
        pages.include_router(each.router)
    if house.demo is not None:
        pages.include_router(personas.router)
        pages.include_router(mornings.router)
    if house.settings.oidc_issuer:
        from gatepost_console.pages import oidc_sign_in

        pages.include_router(oidc_sign_in.router)
    return [static_files.router, pages]
