"""The way of an item as its sender follows it: sent, approved, exported, in the ERP, and what to correct."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from gatepost.domain.decisions import AUTO_ACCEPT, Verdict
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company
from gatepost.domain.permissions import who_may_accept
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import messages
from gatepost_console.lifecycle_words import sender_can
from gatepost_console.pages.item_words import REASONS, name_of

MOST_NAMES: Final = 4


class Mark(StrEnum):
    """How far a stop of the way is."""

    DONE = "done"
    NOW = "now"
    TO_DO = "to do"
    WRONG = "wrong"
    OFF = "off"  # the way ends here


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of the way; ``since`` tells the moment it began from one at which it was over."""

    title: str
    mark: Mark = Mark.TO_DO
    who: str = ""
    at: datetime | None = None
    since: bool = False
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """What stands against an item, and what its sender is to do about it."""

    title: str
    comment: str = ""
    reason: str = ""
    problems: Sequence[FieldProblem] = ()
    then: str = ""


def is_own(item: Item, email: str) -> bool:
    """Whether somebody made or sent it."""
    return email.lower() in (item.created_by.lower(), item.sent_by.lower())


def next_try(item: Item, ledger: Ledger) -> datetime | None:
    """When its export is tried next, where that is put off."""
    if item.state is not State.EXPORTING or item.export_id is None:
        return None
    held = sa.select(messages.c.due_at).where(
        messages.c.id == item.export_id,
        messages.c.lease_token == sa.cast(messages.c.id, sa.Text),
    )
    with ledger.database.reading() as connection:
        return connection.execute(held).scalar()


def stops_of(
    item: Item, company: Company, *, sent_at: datetime, tried_at: datetime | None, erp: str
) -> list[Stop]:
    """The whole way, the stops to come among it.

    Args:
        item: whose way it is.
        company: whose approvers decide.
        sent_at: when its current revision came.
        tried_at: when its export is tried next, where that is put off.
        erp: what the ERP is called.

    """
    sender = item.sent_by_name or name_of(item.sent_by, company)
    sent = Stop("Sent", Mark.DONE, sender, sent_at)
    return [sent, _approval(item, company, sent_at), _export(item, tried_at), _arrival(item, erp)]


def advice_of(item: Item, against: Sequence[FieldProblem]) -> Advice | None:
    """What its sender is to do; None while there is nothing to be done by them.

    Args:
        item: as it stands.
        against: what the ERP's rules say against its record by now.

    """
    match item.state:
        case State.REJECTED:
            who = item.decided_by_name or item.decided_by
            reason = REASONS.get(item.reason_code, item.reason_code)
            return Advice(f"{who} sent it back", item.comment, reason, then=sender_can(item.state))
        case State.FAILED:
            cause = item.cause
            said = FieldProblem("", cause.key, cause.message, cause.who_can_fix) if cause else None
            problems = [*([said] if said else ()), *against]
            then = (
                "An approver or an operator has it tried again once that is mended. If it is the item that "
                "must be corrected, an approver rejects it, and you can edit it at its source."
            )
            return Advice("The ERP did not take it", problems=problems, then=then)
        case State.RETRIEVED | State.UNLINKED:
            title = (
                "It was taken back" if item.state is State.RETRIEVED else "The ERP has it no more"
            )
            return Advice(title, then=sender_can(item.state))
    return None


def _approval(item: Item, company: Company, sent_at: datetime) -> Stop:
    decided = item.decided_by_name or name_of(item.decided_by, company)
    match item.state:
        case State.SENT:
            return _waiting(item, company, sent_at)
        case State.REJECTED:
            return Stop("Rejected", Mark.WRONG, decided, item.decided_at)
        case State.RETRIEVED:
            return Stop("Taken back", Mark.OFF, at=item.updated_at)
        case State.ARCHIVED:
            return Stop("Put away", Mark.OFF, at=item.updated_at)
    if item.decision is not Verdict.ACCEPT or item.decided_revision != item.revision:
        return Stop("Linked", Mark.DONE, notes=["The ERP had it already."])
    if item.decided_by == AUTO_ACCEPT.email:
        return Stop("Accepted", Mark.DONE, "the company's setting", item.decided_at)
    return Stop("Accepted", Mark.DONE, decided, item.decided_at)


def _waiting(item: Item, company: Company, sent_at: datetime) -> Stop:
    names = [person.name for person in who_may_accept(item, company)]
    more = len(names) - MOST_NAMES
    who = " or ".join(names[:MOST_NAMES]) + (f" or {more} more" if more > 0 else "")
    notes = []
    if not names:
        notes.append("Nobody may accept it. An Admin of the ERP tool can grant somebody the right.")
    if first := item.first_approval:
        notes.append(f"It takes two: {first.by_name} has accepted it.")
    if item.rejection:
        by = item.rejection.by_name or item.rejection.by
        notes.append(f"{by} rejected it before. It stands in the next daily summary.")
    return Stop("Waits for approval", Mark.NOW, who, sent_at, since=True, notes=notes)


def _export(item: Item, tried_at: datetime | None) -> Stop:
    match item.state:
        case State.EXPORTING:
            notes = [item.waits_for[:1].upper() + item.waits_for[1:]] if item.waits_for else []
            return Stop("Being exported", Mark.NOW, at=tried_at, since=False, notes=notes)
        case State.FAILED:
            tries = [f"After {item.attempts} tries."] if item.attempts > 1 else []
            return Stop("Export failed", Mark.WRONG, at=item.updated_at, notes=tries)
        case State.SYNCED | State.UNLINKED:
            tries = [f"At try {item.attempts}."] if item.attempts > 1 else []
            return Stop("Exported", Mark.DONE, notes=tries)
    return Stop("Export")


def _arrival(item: Item, erp: str) -> Stop:
    there = item.origin.code or item.origin.id if item.origin else ""
    match item.state:
        case State.SYNCED:
            return Stop(f"In {erp}", Mark.DONE, at=item.updated_at, notes=[f"As {there}."])
        case State.UNLINKED:
            return Stop(f"No longer in {erp}", Mark.OFF, at=item.updated_at)
    notes = [f"As {there}, without this revision."] if there else []
    return Stop(f"In {erp}", notes=notes)
