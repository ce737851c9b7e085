"""The form of one person: what the directory has, what was typed, and what is to be otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gatepost.domain.kinds import Kind
from gatepost.ledger.directory_file import PersonEntry
from gatepost_console.directory_edits import Edit, Entry
from gatepost_console.pages.forms import Form
from gatepost_console.pages.settings.words import TOOLS

BOXES: Final = ("can_push_to_accounting", "operator", "alerts", "synced_mail", "daily_summary")


@dataclass(frozen=True, slots=True)
class PersonForm:
    """A person as the form has them; ``projects`` are those they approve for."""

    values: Mapping[str, Any]
    projects: Sequence[str]

    @classmethod
    def new(cls) -> "PersonForm":
        """Somebody who is not there yet."""
        return cls(_defaults({"email": "", "name": ""}), ())

    @classmethod
    def stored(cls, entry: Entry, projects: Sequence[Entry]) -> "PersonForm":
        """Somebody as the directory has them."""
        email = entry["email"].lower()
        theirs = [each["external_id"] for each in projects if email in _approvers(each)]
        return cls(_defaults(entry), theirs)

    @classmethod
    def typed(cls, form: Form) -> "PersonForm":
        """What was typed, whatever it is."""
        known = {kind.value for kind in Kind}
        values = {
            "email": form.text("email", 320),
            "name": form.text("name"),
            "erp_tool": form.text("erp_tool", 40),
            **{name: form.is_ticked(name) for name in BOXES},
            "kinds": [each for each in form.texts("kinds") if each in known],
            "tools": {tool: level for tool in TOOLS if (level := form.text(f"tool_{tool}", 40))},
            "amount_limit": form.text("amount_limit", 40) or None,
            "summary_hour": number_in(form.text("summary_hour", 10)),
            "time_zone": form.text("time_zone", 80),
        }
        return cls(values, form.texts("projects"))

    def adding(self, projects: Sequence[Entry]) -> Edit:
        """Take them into the directory."""
        email = self.values["email"].lower()
        return Edit(
            added={"people": [{**self.values, "email": email}]},
            entries=_projects(email, set(self.projects), projects),
        )

    def changing(self, entry: Entry, projects: Sequence[Entry]) -> Edit:
        """Make somebody what was typed; their address is who they are and stays."""
        values = {name: each for name, each in self.values.items() if name != "email"}
        people = {"people": {entry["email"]: differing(values, _defaults(entry))}}
        return Edit(entries={**people, **_projects(entry["email"], set(self.projects), projects)})


def removing(entry: Entry, projects: Sequence[Entry]) -> Edit:
    """Take somebody out, and out of the approvers of projects."""
    email = entry["email"]
    return Edit(entries={"people": {email: None}, **_projects(email, set(), projects)})


def number_in(text: str) -> int | str:
    """A whole number or, for the checks to refuse, what was typed instead."""
    return int(text) if text.isascii() and text.isdigit() else text


def differing(values: Mapping[str, Any], stored: Entry) -> dict[str, Any]:
    """The values that are not what is stored; a list is the same in any order."""

    def is_same(one: object, other: object) -> bool:
        if isinstance(one, list) and isinstance(other, list):
            return set(one) == set(other)
        return one == other

    return {name: each for name, each in values.items() if not is_same(each, stored[name])}


def _projects(
    email: str, wanted: set[str], projects: Sequence[Entry]
) -> dict[str, dict[str, Entry | None]]:
    """Those projects whose approvers it changes."""
    found: dict[str, Entry | None] = {}
    for each in projects:
        is_one, is_wanted = email.lower() in _approvers(each), each["external_id"] in wanted
        if is_one and not is_wanted:
            left = [one for one in each["approvers"] if one.lower() != email.lower()]
            found[each["external_id"]] = {"approvers": left}
        elif is_wanted and not is_one:
            found[each["external_id"]] = {"approvers": [*each.get("approvers", ()), email.lower()]}
    return {"projects": found} if found else {}


def _approvers(project: Entry) -> set[str]:
    return {email.lower() for email in project.get("approvers", ())}


def _defaults(entry: Entry) -> dict[str, Any]:
    """An entry with all its fields, whenever it was stored."""
    return PersonEntry.model_construct(**entry).model_dump(mode="json", warnings=False)
