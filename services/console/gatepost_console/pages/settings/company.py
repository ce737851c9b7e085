"""Company: how it decides, and when its connections are synced."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost_console.directory_edits import Edit
from gatepost_console.pages.forms import TheForm
from gatepost_console.pages.settings.company_form import (
    SETTINGS,
    as_stored,
    prefillable,
    shown_settings,
    typed_settings,
    typed_sync,
)
from gatepost_console.pages.settings.frame import (
    Admin,
    Answer,
    Did,
    Reader,
    done,
    sections_of,
    settings_page,
    settle,
)
from gatepost_console.pages.visiting import Visitor
from gatepost_console.problems import single
from gatepost_console.wiring import House, TheHouse

router = APIRouter(prefix="/settings")

PAGE: Final = "/settings/company"


@router.get("/company")
def company(request: Request, visitor: Reader, house: TheHouse, did: Did = "") -> Response:
    """How the company decides."""
    return _page(request, visitor, house, Answer(did=did))


@router.post("/company")
def change_company(request: Request, visitor: Admin, form: TheForm, house: TheHouse) -> Response:
    """Change it, once it was seen what that changes."""
    typed = typed_settings(form)
    edit = Edit(settings=as_stored(typed, sections_of(house, visitor)["settings"]))
    answer = settle(house, visitor, edit, form)
    if answer.did:
        return done(PAGE, answer.did)
    return _page(request, visitor, house, answer, typed=typed)


@router.post("/company/sync")
def change_sync(request: Request, visitor: Admin, form: TheForm, house: TheHouse) -> Response:
    """Change when a connection is synced by itself, once it was seen what that changes."""
    key, typed = form.text("connection", 200), typed_sync(form)
    entries = sections_of(house, visitor)["connections"]
    if key not in [each["key"] for each in entries]:
        raise single(404, "not_found", "the company has no connection of that name")
    answer = settle(house, visitor, Edit(entries={"connections": {key: {"sync": typed}}}), form)
    if answer.did:
        return done(PAGE, answer.did)
    return _page(request, visitor, house, answer, synced={key: typed}, about=key)


def _page(
    request: Request,
    visitor: Visitor,
    house: House,
    answer: Answer,
    *,
    typed: Mapping[str, Any] | None = None,
    synced: Mapping[str, Any] | None = None,
    about: str = "",
) -> Response:
    sections = sections_of(house, visitor)
    values = {**shown_settings(sections["settings"]), **(typed or {})}
    connections = [
        {name: entry[name] for name in ("key", "connector")}
        | {"sync": (synced or {}).get(entry["key"], entry["sync"]), "was": entry["sync"]}
        for entry in sections["connections"]
    ]
    return settings_page(
        request,
        "company.html",
        visitor,
        answer,
        settings=SETTINGS,
        values=values,
        entries=prefillable(sections["connections"], values),
        connections=connections,
        about=about,
    )
