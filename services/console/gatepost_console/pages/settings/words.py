"""How the directory reads on a page: fields, values, what has changed, what somebody may do."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company, ErpTool, Person
from gatepost.domain.wording import money
from gatepost.ledger.directory_changes import Change, FieldChange
from gatepost_console.pages.wording import KINDS

LEVELS: Final[dict[str, str]] = {
    ErpTool.NONE: "None",
    ErpTool.READ_ONLY: "Read Only",
    ErpTool.STANDARD: "Standard",
    ErpTool.ADMIN: "Admin",
}
LEVELS_SAY: Final[dict[str, str]] = {
    ErpTool.NONE: "Sees only what they sent or made.",
    ErpTool.READ_ONLY: "Sees the lists and the items.",
    ErpTool.STANDARD: "Also archives and, with the privilege below, decides.",
    ErpTool.ADMIN: "Also changes these settings.",
}
TOOLS: Final = {"admin": "Project admin tool", "commitments": "Commitments tool"}

_FIELDS: Final = {
    "email": "E-mail",
    "name": "Name",
    "erp_tool": "Level on the ERP tool",
    "can_push_to_accounting": "Can push to accounting",
    "kinds": "Kinds",
    "tools": "Rights at the source",
    "amount_limit": "Amount limit",
    "operator": "Operator",
    "alerts": "Alert mails",
    "synced_mail": "Mails when it is in the ERP",
    "daily_summary": "Daily summary",
    "summary_hour": "Hour of the summary",
    "time_zone": "Time zone",
    "approvers": "Approvers",
    "auto_accept": "Accepted without a person",
    "reject_comment": "Comment on a rejection",
    "self_acceptance": "Accepting what one sent",
    "grace_seconds": "Seconds to take an acceptance back",
    "second_approval_above": "A second approver above",
    "prefill": "Entries that begin filled in",
    "email_decisions": "Deciding from a mail",
    "email_sign_in_above": "Signing in to decide from a mail above",
    "sync": "Sync by itself",
    "every_hours": "Hours between two",
    "hour": "Hour",
    "zone": "Time zone",
}
_VALUES: Final[dict[str, str]] = {
    "required_except_projects": "required, but for jobs",
    "required": "required",
    "optional": "optional",
    "off": "off",
    "code": "with the code of the mail",
    "sign_in": "signed in",
}
_KINDS: Final[dict[str, str]] = {kind.value: name for kind, name in KINDS.items()}


def field_name(name: str) -> str:
    """A field's name as pages have it."""
    name = name.removeprefix("settings.")
    return _FIELDS.get(name, name.replace("_", " "))


def title(change: Change, company: Company) -> str:
    """What an entry of the directory is called."""
    match change.section:
        case "company":
            return company.name
        case "people":
            person = company.person(change.key)
            return f"{person.name} ({change.key})" if person else change.key
        case "projects":
            known = company.projects.get(change.key)
            return f"The project {known.name if known else change.key}"
    return f"The connection {change.key}"


def shown_fields(change: Change) -> list[FieldChange]:
    """Of what is new, only what says something."""
    if change.what != "added":
        return list(change.fields)
    return [each for each in change.fields if each.after not in (None, False, [], {}, "")]


def value(name: str, what: Any) -> str:  # noqa: ANN401 - whatever a directory holds
    """A value as people say it."""
    match what:
        case None | "" | [] | {}:
            return (
                "none"
                if name.endswith(("kinds", "auto_accept", "approvers", "tools"))
                else "not set"
            )
        case bool():
            return "yes" if what else "no"
        case list():
            return ", ".join(_KINDS.get(each, str(each)) for each in what)
        case dict() if "hour" in what or "every_hours" in what:
            return schedule(what)
        case dict():
            return ", ".join(
                f"{TOOLS.get(tool, tool)}: {level(each)}" for tool, each in what.items()
            )
    if name == "erp_tool":
        return level(what)
    if name == "summary_hour":
        return f"{what:02}:00"
    if name.endswith(("_limit", "_above")):
        return money(str(what), None)
    return _VALUES.get(what, str(what)) if isinstance(what, str) else str(what)


def level(name: str) -> str:
    """A level on a tool."""
    return LEVELS.get(name, name)


def schedule(sync: Mapping[str, Any] | None) -> str:
    """When a connection is synced by itself."""
    if not sync:
        return "off"
    if sync.get("every_hours"):
        hours = sync["every_hours"]
        return "every hour" if hours == 1 else f"every {hours} hours"
    return f"daily at {sync['hour']:02}:00 ({sync.get('zone', 'UTC')})"


def may_do(person: Person) -> Iterator[str]:
    """What somebody may do here, a sentence each."""
    decides = [KINDS[kind] for kind in Kind if person.may_decide(kind)]
    if decides:
        of = "everything" if len(decides) == len(Kind) else _listed(decides)
        limit = person.amount_limit
        upto = "" if limit is None else f", accepts up to {money(str(limit), None)}"
        yield f"Decides on {of}{upto}"
    elif person.can_push_to_accounting and not person.is_accounting_approver:
        yield "Decides on nothing: the level on the ERP tool is not Standard or Admin"
    elif person.erp_tool is not ErpTool.NONE:
        yield "Sees the lists and the items"
    if person.erp_tool is ErpTool.ADMIN:
        yield "Changes settings and rights"
    if person.operator:
        yield "Retries what failed, pauses connections"
    if sends := [KINDS[kind] for kind in Kind if person.may_send(kind)]:
        yield f"Sends {'everything' if len(sends) == len(Kind) else _listed(sends)}"


@cache
def zones() -> tuple[str, ...]:
    """The time zones of places, by name, and UTC; those of other names may be typed."""
    places = (name for name in available_timezones() if "/" in name and name[:4] != "Etc/")
    return ("UTC", *sorted(places))


def _listed(names: list[str]) -> str:
    small = [name.lower() for name in names]
    return small[0] if len(small) == 1 else f"{', '.join(small[:-1])} and {small[-1]}"
