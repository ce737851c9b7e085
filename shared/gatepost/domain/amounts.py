"""How much one person may let pass, and when it takes two: the company's settings, pure functions.

A limit is a plain number, whatever the currency of the item: a company that works in several sets
it for the one that is worth least. Items without an amount (projects, sub jobs) are under any limit.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gatepost.domain.errors import NotEntitled
from gatepost.domain.kinds import Kind
from gatepost.domain.people import CompanySettings, EmailDecisions, Person


@dataclass(frozen=True, slots=True)
class Approval:
    """The first of two acceptances; ``at`` is ISO 8601, UTC."""

    by: str
    by_name: str
    at: str

    @classmethod
    def of(cls, person: Person, at: datetime) -> "Approval":
        return cls(person.email, person.name, at.isoformat())


def takes_two(total: str | None, settings: CompanySettings) -> bool:
    """Whether a second approver must accept it too. Credits count by their size."""
    above = settings.second_approval_above
    return above is not None and _size(total) > above


def takes_sign_in(total: str | None, settings: CompanySettings) -> bool:
    """Whether the code in a mail is not enough to decide on that amount: its reader signs in."""
    above = settings.email_sign_in_above
    is_large = above is not None and _size(total) > above
    return is_large or settings.email_decisions is not EmailDecisions.CODE


def must_not_take_two(total: str | None, settings: CompanySettings) -> None:
    """Pass, or refuse to have one person change what two have accepted.

    Raises:
        NotEntitled: the amount takes two approvers.

    """
    if takes_two(total, settings):
        raise NotEntitled.because(
            "its amount takes two approvers, so nobody corrects it alone",
            field="entries",
            who_can_fix="an accounting approver: retry it as it is, or reject it; it is accepted "
            "anew when it is sent again",
        )


def may_accept(person: Person, kind: Kind, total: str | None) -> bool:
    """Whether somebody is an approver for the kind, and the amount is within their limit."""
    limit = person.amount_limit
    return person.may_decide(kind) and (limit is None or _size(total) <= limit)


def must_be_within_limit(person: Person, total: str | None) -> None:
    """Pass, or refuse an amount that is above what the person may accept.

    Raises:
        NotEntitled: it is.

    """
    limit = person.amount_limit
    if limit is not None and _size(total) > limit:
        raise NotEntitled.because(
            f"{person.name} may accept up to {limit:,}; this is {Decimal(total or 0):,}",
            field="by",
            who_can_fix="an accounting approver with a higher limit; or whoever keeps the "
            "company's directory raises it",
        )


def _size(total: str | None) -> Decimal:
    return abs(Decimal(total)) if total else Decimal(0)
