"""What the company's settings and the items' past make of an arrival or a decision: pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

from gatepost.domain.amounts import takes_two
from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company, CompanySettings, Person

AUTO_ACCEPTABLE: frozenset[Kind] = frozenset({Kind.COMMITMENT, Kind.CHANGE_ORDER, Kind.INVOICE})
"""Kinds a company may let pass by itself; projects and sub jobs always meet a person."""


def accepts_by_itself(settings: CompanySettings, item: Item) -> bool:
    """Whether the company lets it pass without an approver ("direct export").

    What takes two approvers is never let pass by nobody.
    """
    wanted = item.kind in AUTO_ACCEPTABLE and item.kind in settings.auto_accept
    return wanted and not takes_two(item.total, settings)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody a mail is for. ``held_back`` says why it is written down but not sent."""

    email: str
    name: str
    held_back: str = ""


def deserves_alert(item: Item) -> str:
    """Why approvers are not alerted about this arrival; empty when they are.

    After an approver's reject the resend gives no immediate mail, however often it happens; whoever
    rejected it expects it back. A retrieval is no decision and an acceptance that is taken back is
    none any more, so neither changes anything; what was in the ERP since is an arrival like any other.
    """
    if item.rejection is None:
        return ""
    by, at = item.rejection.by_name or item.rejection.by, item.rejection.at
    return f"resend after reject by {by}, {at:%Y-%m-%d %H:%M} UTC"


def alert_addressees(item: Item, company: Company) -> list[Addressee]:
    """The accounting approvers with the right for the kind, and why any of them is not told."""
    reason = deserves_alert(item)
    return [
        Addressee(person.email, person.name, reason or _unsuited(person, item, company))
        for person in company.approvers_for(item.kind)
    ]


def _unsuited(person: Person, item: Item, company: Company) -> str:
    if not person.alerts:
        return f"{person.name} has opted out of alerts"
    if not awaits(person, item.kind, item.sent_by, company):
        return f"{person.name} sent it and may not accept it"
    return ""


def gets_summary(person: Person) -> bool:
    """Whether the person gets the daily summary on days on which something waits for them."""
    return person.is_accounting_approver and person.daily_summary


def awaits(person: Person, kind: Kind, sent_by: str, company: Company) -> bool:
    """Whether an item of that kind, sent by somebody, awaits this person's decision."""
    is_own = person.email == sent_by and not company.settings.self_acceptance
    return person.may_decide(kind) and not is_own


def rejection_addressees(item: Item, company: Company) -> list[Addressee]:
    """Who learns of a rejection: creator and sender, and for a project its approvers too."""
    people = [
        Addressee(item.created_by, item.created_by_name),
        Addressee(item.sent_by, item.sent_by_name),
    ]
    if item.kind is Kind.PROJECT:
        approvers = company.approvers_of_project(item.external_id)
        people += [Addressee(person.email, person.name) for person in approvers]
    return _once_each(people)


def failure_addressees(item: Item, company: Company) -> list[Addressee]:
    """Who learns that an export failed for good: the approver who accepted it, and the operators."""
    people = [Addressee(p.email, p.name) for p in company.people.values() if p.operator]
    if company.person(item.decided_by):
        people.insert(0, Addressee(item.decided_by, item.decided_by_name))
    return _once_each(people)


def synced_addressees(item: Item, company: Company) -> list[Addressee]:
    """Who learns that it is in the ERP: creator and sender, where they opted in."""
    wanted = (company.person(email) for email in (item.created_by, item.sent_by))
    return _once_each(Addressee(p.email, p.name) for p in wanted if p and p.synced_mail)


def _once_each(people: Iterable[Addressee]) -> list[Addressee]:
    found: dict[str, Addressee] = {}
    for addressee in people:
        if addressee.email:
            found.setdefault(addressee.email.lower(), addressee)
    return list(found.values())
