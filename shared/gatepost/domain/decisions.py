"""A decision on an item, as a value, and whether it is news."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gatepost.domain.errors import AlreadyDecided, Incomplete, StaleDecision
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, ErpTool, Person, RejectComment

if TYPE_CHECKING:
    from gatepost.domain.items import Item


class Verdict(StrEnum):
    """The approver's answer."""

    ACCEPT = "accept"
    REJECT = "reject"


AUTO_ACCEPT: Final = Person(
    email="auto-accept",
    name="the company's auto-accept setting",
    erp_tool=ErpTool.ADMIN,
    can_push_to_accounting=True,
)
"""Who decides where the company lets a kind pass by itself."""

ACCEPTED_STATES: Final = frozenset({State.EXPORTING, State.SYNCED, State.FAILED})


@dataclass(frozen=True, slots=True)
class Decision:
    """One approver's answer to one revision of an item.

    ``revision`` None means "the one that is current now", for callers that saw no revision;
    ``proof`` is how the approver showed who they are, where the channel leaves that open.
    """

    verdict: Verdict
    by: Person
    revision: int | None
    channel: str
    comment: str = ""
    reason_code: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """An approver's reject of one revision, kept until the item is in the ERP.

    Neither a retrieval nor an acceptance that is taken back makes it undone.
    """

    by: str
    by_name: str
    at: datetime
    revision: int
    comment: str = ""
    reason_code: str = ""

    @classmethod
    def of(cls, decision: Decision, revision: int, at: datetime) -> "Rejection":
        """The reject of that revision, as it was decided."""
        by = decision.by
        return cls(by.email, by.name, at, revision, decision.comment, decision.reason_code)


def is_news(decision: Decision, item: "Item") -> bool:
    """Whether the decision still has to be recorded; a repeated one is not.

    Raises:
        StaleDecision: it was made for another revision than the current one.
        AlreadyDecided: somebody decided otherwise, first.
    """
    if decision.revision is not None and decision.revision != item.revision:
        raise StaleDecision.because(
            f"the decision was made for revision {decision.revision}, "
            f"the item is at revision {item.revision} now",
            field="revision",
            who_can_fix="the approver: look at the current revision and decide again",
        )
    if item.state in ACCEPTED_STATES and item.decision is Verdict.ACCEPT:
        first = Verdict.ACCEPT
    elif item.state is State.REJECTED:
        first = Verdict.REJECT
    else:
        return True
    if decision.verdict is first:
        return False
    if item.state is State.FAILED:  # rejecting what failed is a remedy, not a contradiction
        return True
    raise AlreadyDecided.because(
        f"{item.decided_by_name or item.decided_by} {first}ed it first"
        + (f", at {item.decided_at:%Y-%m-%d %H:%M} UTC" if item.decided_at else ""),
        field="decision",
        who_can_fix="nobody: the first decision stands",
    )


def is_comment_required(kind: Kind, company: Company) -> bool:
    """Whether a rejection has to say why."""
    setting = company.settings.reject_comment
    if setting is RejectComment.REQUIRED_EXCEPT_PROJECTS:
        return kind is not Kind.PROJECT
    return setting is RejectComment.REQUIRED


def must_explain(decision: Decision, item: "Item", company: Company) -> None:
    """Pass, or refuse a rejection without the comment the company asks for.

    Raises:
        Incomplete: the comment is missing.

    """
    if is_comment_required(item.kind, company) and not decision.comment.strip():
        raise Incomplete.because(
            f"{item.kind.one} cannot be rejected without a short explanation",
            field="comment",
            who_can_fix="the approver: say in the comment what must be corrected",
        )
