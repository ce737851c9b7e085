"""People and rights: who is in the directory, what each may do, and changing it."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import PlainTextResponse, Response

from gatepost.domain.errors import NotFound
from gatepost.ledger.directory_toml import as_toml
from gatepost_console.directory_edits import Edit, Entry
from gatepost_console.pages.forms import Form, TheForm
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
from gatepost_console.pages.settings.person_form import PersonForm, removing
from gatepost_console.pages.visiting import Visitor
from gatepost_console.wiring import House, TheHouse

router = APIRouter(prefix="/settings")

PEOPLE: Final = "/settings/people"
Email = Annotated[str, Query(max_length=320)]


@router.get("/people")
def people(request: Request, visitor: Reader, did: Did = "") -> Response:
    """Everybody in the directory, with what they may do."""
    company = visitor.company
    found = sorted(company.people.values(), key=lambda person: person.name.casefold())
    theirs = {
        person.email: [
            each.name for each in company.projects.values() if person.email in each.approvers
        ]
        for person in found
    }
    return settings_page(
        request, "people.html", visitor, Answer(did=did), people=found, projects=theirs
    )


@router.get("/people/new")
def new_person(request: Request, visitor: Admin, house: TheHouse) -> Response:
    """The form of somebody who is to be added."""
    return _page(request, visitor, house, PersonForm.new(), None)


@router.post("/people/new")
def add_person(request: Request, visitor: Admin, form: TheForm, house: TheHouse) -> Response:
    """Add somebody, once it was seen what that changes."""
    typed = PersonForm.typed(form)
    edit = typed.adding(sections_of(house, visitor)["projects"])
    return _settled(request, visitor, house, form, typed, edit, None)


@router.get("/people/edit")
def person(request: Request, visitor: Admin, house: TheHouse, email: Email) -> Response:
    """The form of one person."""
    sections = sections_of(house, visitor)
    entry = _entry(sections["people"], email)
    shown = PersonForm.stored(entry, sections["projects"])
    return _page(request, visitor, house, shown, entry)


@router.post("/people/edit")
def change_person(
    request: Request, visitor: Admin, form: TheForm, house: TheHouse, email: Email
) -> Response:
    """Change somebody's rights, once it was seen what that changes."""
    sections = sections_of(house, visitor)
    entry, typed = _entry(sections["people"], email), PersonForm.typed(form)
    edit = typed.changing(entry, sections["projects"])
    return _settled(request, visitor, house, form, typed, edit, entry)


@router.post("/people/remove")
def remove_person(
    request: Request, visitor: Admin, form: TheForm, house: TheHouse, email: Email
) -> Response:
    """Take somebody out of the directory, once it was seen what that changes."""
    sections = sections_of(house, visitor)
    entry = _entry(sections["people"], email)
    answer = settle(house, visitor, removing(entry, sections["projects"]), form)
    if answer.did:
        return done(PEOPLE, "removed")
    return settings_page(
        request, "person_removed.html", visitor, answer, person=entry, query=_query(entry)
    )


@router.get("/directory.toml")
def directory_file(visitor: Admin, house: TheHouse) -> Response:
    """The directory as a file, as ``gatepost directory show --toml`` writes it."""
    key = visitor.company.key
    named = f'attachment; filename="{key.encode("ascii", "ignore").decode() or "directory"}.toml"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return PlainTextResponse(as_toml(house.ledger, key), headers=headers)


def _settled(
    request: Request,
    visitor: Visitor,
    house: House,
    form: Form,
    typed: PersonForm,
    edit: Edit,
    entry: Entry | None,
) -> Response:
    answer = settle(house, visitor, edit, form)
    if answer.did:
        return done(PEOPLE, answer.did)
    return _page(request, visitor, house, typed, entry, answer)


def _page(
    request: Request,
    visitor: Visitor,
    house: House,
    shown: PersonForm,
    entry: Entry | None,
    answer: Answer | None = None,
) -> Response:
    return settings_page(
        request,
        "person.html",
        visitor,
        answer,
        values=shown.values,
        chosen=set(shown.projects),
        projects=sections_of(house, visitor)["projects"],
        person=entry,
        query=_query(entry) if entry else "",
    )


def _entry(people: list[Entry], email: str) -> Entry:
    """Somebody's entry.

    Raises:
        NotFound: the directory has nobody of that address.

    """
    for each in people:
        if each["email"].lower() == email.strip().lower():
            return each
    raise NotFound.because(
        "the directory has nobody of that address",
        field="email",
        who_can_fix="you: look at the list of people",
    )


def _query(entry: Entry) -> str:
    return f"?{urlencode({'email': entry['email']})}"
