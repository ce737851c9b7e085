"""An item in words: what changed, what happened, what was mailed and tried, as its page tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gatepost.domain.changes import AMOUNTS, Change, place_in_words, value_in_words
from gatepost.domain.decisions import Verdict
from gatepost.domain.people import Company
from gatepost.domain.wording import money
from gatepost.ledger.reading import ItemPage

CHANNELS: Final = {
    "page": "in the console",
    "mail": "from a mail",
    "api": "over HTTP",
    "cli": "on the command line",
    "source": "at the source",
    "amqp": "from the source",
    "erp": "in the ERP",
    "setting": "by a setting",
    "replay": "replayed",
    "demo": "in the demo",
}
REASONS: Final = {
    "amount": "An amount is wrong",
    "cost_code": "A cost code is wrong",
    "vendor": "The vendor is wrong",
    "document": "A document is missing",
    "duplicate": "It is there already",
    "period": "The period is closed",
    "other": "Something else",
}
"""Reason codes that are offered with a rejection; sources may use codes of their own."""

_MAILS: Final = {
    "waiting": "Waiting",
    "written": "Written",
    "posting": "On its way",
    "sent": "Sent",
    "merged": "Told in another mail",
    "dropped": "Not needed any more",
    "failed": "Not taken by the mail server",
    "held_back": "Held back",
}
_TEMPLATES: Final = {"alert": "Awaiting Accept or Reject", "synced": "It is in the ERP"}
_ATTEMPTS: Final = {
    "Done": "The ERP has it",
    "NotSent": "It was not sent: there was no time left to begin",
    "NotThereYet": "Looked for: the ERP answers, and did not have it",
    None: "Under way, or what came of it is not known",
}
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """One thing that differs: ``how`` is ``added``, ``gone`` or ``changed``."""

    what: str
    how: str
    before: str
    after: str
    is_amount: bool


@dataclass(frozen=True, slots=True)
class EventWords:
    """One thing that happened, was mailed, or was tried."""

    at: datetime
    what: str
    who: str = ""
    how: str = ""
    why: str = ""
    details: Sequence[tuple[str, str]] = ()
    is_bad: bool = False


def change_in_words(change: Change) -> ChangeWords:
    """A row of "what changed"."""
    how = "added" if change.before is None else "gone" if change.after is None else "changed"
    is_amount = change.field.rpartition(".")[2] in AMOUNTS
    before, after = (_value(each, is_amount) for each in (change.before, change.after))
    place = place_in_words(change.field)
    return ChangeWords(place[:1].upper() + place[1:], how, before, after, is_amount)


def drift_in_words(drift: Mapping[str, Any] | None) -> list[ChangeWords]:
    """Where the ERP's record differs from what Gatepost wrote: before is ours, after is theirs."""
    fields = drift["fields"] if drift else ()
    return [change_in_words(Change(each["field"], each["ours"], each["theirs"])) for each in fields]


def history_in_words(
    rows: Sequence[Mapping[str, Any]], company: Company, *, with_money: bool
) -> list[EventWords]:
    """What happened to an item, the latest first; why something was refused may name amounts."""
    return [
        EventWords(
            at=row["at"],
            what=f"{row['what'][:1].upper()}{row['what'][1:]}, revision {row['revision']}",
            who=name_of(row["by"], company),
            how=CHANNELS.get(row["channel"], row["channel"]),
            why=row["comment"] if with_money or not row["what"].endswith("refused") else "",
            details=list(_details(row["detail"])),
            is_bad=row["what"].endswith(("refused", "failed to export", "parent failed")),
        )
        for row in reversed(rows)
    ]


def mails_in_words(
    rows: Sequence[Mapping[str, Any]], company: Company, *, with_money: bool
) -> list[EventWords]:
    """Whom mails were written to, and what became of them, the latest first."""
    return [
        EventWords(
            at=row["sent_at"] or row["created_at"],
            what=_MAILS.get(row["status"], row["status"]),
            who=row["recipient_name"] or name_of(row["recipient"], company),
            how=row["subject"] if with_money and row["subject"] else _template(row["template"]),
            why=(row["reason"] or "").removeprefix("held back: "),
            is_bad=row["status"] == "failed",
        )
        for row in reversed(rows)
    ]


def attempts_in_words(rows: Sequence[Mapping[str, Any]]) -> list[EventWords]:
    """How its export was tried, the latest first; an error is in the ERP's words and its own code."""
    return [
        EventWords(
            at=row["finished_at"] or row["started_at"],
            what=f"Attempt {row['number']}, revision {row['revision']}",
            how=_ATTEMPTS.get(row["outcome"], "It did not succeed"),
            why="" if row["outcome"] in _ATTEMPTS else row["message"] or "",
            details=[("code", row["erp_code"])] if row["erp_code"] else [],
            is_bad=row["outcome"] not in _ATTEMPTS,
        )
        for row in reversed(rows)
    ]


def decided_in_words(found: ItemPage) -> EventWords | None:
    """The decision an item stands by: who, when, and by which way; None where there is none."""
    item = found.item
    if item.decision is None or item.decided_at is None:
        return None
    past = "accepted" if item.decision is Verdict.ACCEPT else "rejected"
    rows = [row for row in found.history if row["what"].startswith(past)]
    channel = next((row["channel"] for row in reversed(rows) if row["by"] == item.decided_by), "")
    who = item.decided_by_name or item.decided_by
    return EventWords(item.decided_at, past, who, CHANNELS.get(channel, channel), item.comment)


def name_of(email: str, company: Company) -> str:
    """How people call somebody; the address where the directory has no name."""
    person = company.person(email) if email else None
    return person.name if person else email


def _details(detail: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    found = dict(detail or {})
    entries = found.pop("entries", None) or {}
    shown = [(name, found[name]) for name in ("reason_code", "origin", "proof") if found.get(name)]
    return [(name.replace("_", " "), str(value)) for name, value in [*shown, *entries.items()]]


def _template(name: str) -> str:
    return _TEMPLATES.get(name, name[:1].upper() + name[1:].replace("_", " "))


def _value(value: object, is_amount: bool) -> str:
    if value is None:
        return ""
    if is_amount and isinstance(value, str):
        return money(value, None)
    return value_in_words(value, _LONGEST)
