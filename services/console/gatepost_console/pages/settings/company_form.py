"""The company's settings: what each one does, in a sentence, and how it is set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from gatepost.connectors.discovery import profile_of
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.kinds import Kind
from gatepost.domain.people import RejectComment
from gatepost.domain.policies import AUTO_ACCEPTABLE
from gatepost.ledger.directory_file import SettingsEntry
from gatepost_console.directory_edits import Entry
from gatepost_console.pages.forms import Form
from gatepost_console.pages.settings.person_form import differing, number_in
from gatepost_console.pages.wording import KINDS


class Shape(StrEnum):
    """How a setting is set."""

    SOME = "some"  # any of the choices
    ONE = "one"  # one of them
    YES_NO = "yes_no"
    SECONDS = "seconds"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: what it does, and what it may be."""

    name: str
    shape: Shape
    says: str
    choices: Mapping[str, str] | None = None


SETTINGS: Final = tuple(
    each
    for each in (
        Setting(
            "auto_accept",
            Shape.SOME,
            "Items of these kinds go to the ERP without a decision; no approver is alerted.",
            {kind.value: KINDS[kind] for kind in Kind if kind in AUTO_ACCEPTABLE},
        ),
        Setting(
            "self_acceptance",
            Shape.YES_NO,
            "Who sent an item may also accept it.",
        ),
        Setting(
            "second_approval_above",
            Shape.AMOUNT,
            "An item with a larger total takes two approvers. Empty: one is always enough.",
        ),
        Setting(
            "grace_seconds",
            Shape.SECONDS,
            "So long an acceptance can be taken back before anything is written to the ERP.",
        ),
        Setting(
            "reject_comment",
            Shape.ONE,
            "Whether an approver must say why they reject.",
            {
                RejectComment.REQUIRED_EXCEPT_PROJECTS: "Required, but for jobs",
                RejectComment.REQUIRED: "Always required",
                RejectComment.OPTIONAL: "Optional",
            },
        ),
        Setting(
            "email_decisions",
            Shape.ONE,
            "What the page behind a mail's link takes a decision with.",
            {
                "code": "The code printed in the mail, or a signed-in browser",
                "sign_in": "A signed-in browser only",
                "off": "Nothing: mails lead to the console",
            },
        ),
        Setting(
            "email_sign_in_above",
            Shape.AMOUNT,
            "Of an item with a larger total a mail's code does not decide. Empty: it always does.",
        ),
    )
    if each.name in SettingsEntry.model_fields
)


def shown_settings(stored: Entry) -> dict[str, Any]:
    """The settings with those that were never set."""
    return SettingsEntry.model_validate(stored).model_dump(mode="json")


def typed_settings(form: Form) -> dict[str, Any]:
    """What was typed, whatever it is."""
    found: dict[str, Any] = {each.name: _typed(each, form) for each in SETTINGS}
    is_all = form.text("prefill_all", 10) != "some"
    return {**found, "prefill": None if is_all else sorted(form.texts("prefill"))}


def _typed(setting: Setting, form: Form) -> Any:  # noqa: ANN401 - as the setting is
    match setting.shape:
        case Shape.SOME:
            return [each for each in form.texts(setting.name) if each in (setting.choices or ())]
        case Shape.YES_NO:
            return form.is_ticked(setting.name)
        case Shape.SECONDS:
            return number_in(form.text(setting.name, 20))
        case Shape.AMOUNT:
            return form.text(setting.name, 40) or None
    return form.text(setting.name, 40)


def as_stored(typed: Mapping[str, Any], stored: Entry) -> dict[str, Any]:
    """What differs; what was never set stays so."""
    was = shown_settings(stored)
    return differing(typed, was)


def prefillable(connections: Iterable[Entry], settings: Entry) -> dict[str, str]:
    """The entries that can begin filled in, by name, and those that are set to."""
    found = {name: name for name in settings.get("prefill") or ()}
    for each in connections:
        try:
            profile = profile_of(each["connector"], each["profile"])
        except (ConfigurationError, LookupError):
            continue  # its page says so
        entries = (entry for kind in Kind for entry in profile.entries_of(kind))
        found |= {entry.name: entry.label for entry in entries if entry.prefill}
    return found


def typed_sync(form: Form) -> dict[str, Any] | None:
    """When a connection is to be synced; None: only when somebody asks."""
    match form.text("mode", 10):
        case "off":
            return None
        case "every":
            return {"every_hours": number_in(form.text("every_hours", 10))}
    return {"hour": number_in(form.text("hour", 10)), "zone": form.text("zone", 80)}
