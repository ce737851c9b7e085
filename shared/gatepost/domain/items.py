"""An item: one thing sent to the ERP, and what may be done with it.

Every verb checks first and changes afterwards, so a refusal leaves the item as it was.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gatepost.domain.amounts import Approval, may_accept, must_be_within_limit, takes_two
from gatepost.domain.decisions import (
    AUTO_ACCEPT,
    Decision,
    Rejection,
    Verdict,
    is_news,
    must_explain,
)
from gatepost.domain.errors import Conflict, NotAllowed, NotEntitled, StaleRevision
from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost.domain.lifecycle import BADGES, Badge, State, Step, after
from gatepost.domain.people import Company, Person

HEADER: Final = ("status", "number", "title", "project", "parent")


@dataclass(frozen=True, slots=True)
class Party:
    """A person as the source names one."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """What ties an item to its record in the ERP.

    ``id`` is the ERP's own, ``code`` the number people see, ``data`` opaque to Gatepost; ``lines``
    maps the item's line ids to the ERP's.
    """

    id: str
    code: str = ""
    data: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an export failed: ``key`` groups failures alike, ``message`` is a plain sentence."""

    key: str
    cls: str
    message: str
    who_can_fix: str
    erp_code: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """What the source says when it sends an item: one revision of it."""

    ref: ItemRef
    revision: int
    status: str
    number: str
    title: str
    project: str | None
    parent: str | None
    created_by: Party
    sent_by: Party
    url: str
    source: str
    content: Any  # the raw JSON document, unknown fields and all
    digest: str  # of all that matters to accounting: tells the same revision from another
    total: str | None = None
    currency: str | None = None

    @property
    def header(self) -> dict[str, Any]:
        """What accounting sees of it besides the content."""
        return {name: getattr(self, name) for name in HEADER}

    @property
    def parent_ref(self) -> ItemRef | None:
        """The item that must be in the ERP before this one."""
        kind = PARENT_KIND.get(self.ref.kind)
        external_id = self.project if kind is Kind.PROJECT else self.parent
        return ItemRef(self.ref.company, kind, external_id) if kind and external_id else None


@dataclass(slots=True)
class Item:
    """One item and where it stands. Times are UTC, from the database's clock.

    What its source sent is kept revision by revision beside it, never overwritten.
    """

    id: str
    company: str
    kind: Kind
    external_id: str
    revision: int
    state: State
    status: str
    number: str
    title: str
    project: str | None
    parent: str | None
    parent_id: str | None
    created_by: str
    created_by_name: str
    sent_by: str
    sent_by_name: str
    url: str
    source: str
    digest: str
    total: str | None
    currency: str | None
    created_at: datetime
    updated_at: datetime
    decision: Verdict | None = None
    decided_by: str = ""
    decided_by_name: str = ""
    decided_at: datetime | None = None
    decided_revision: int | None = None
    comment: str = ""
    reason_code: str = ""
    entries: dict[str, str] = field(default_factory=dict)
    first_approval: Approval | None = None  # where it takes two, and one has accepted
    preview_hash: str = ""  # of the record that was shown when it was accepted
    export_id: str | None = None  # the one request that may export it; any other is outdated
    waits_for: str = ""
    attempts: int = 0
    unsettled: bool = False  # the ERP was called and it is not known what came of it: look first
    cause: Cause | None = None
    origin: Origin | None = None
    synced_revision: int | None = None
    archived_from: State | None = None
    rejection: Rejection | None = None  # what a resend answers
    drift: dict[str, Any] | None = None  # where the ERP's record differs, as the last sync saw it

    @classmethod
    def new(cls, sending: Sending, at: datetime) -> "Item":
        """The item as its source sends it for the first time."""
        ref = sending.ref
        return cls(
            id=ref.item_id,
            company=ref.company,
            kind=ref.kind,
            external_id=ref.external_id,
            state=State.SENT,
            created_at=at,
            updated_at=at,
            **_as_sent(sending),
        )

    @property
    def ref(self) -> ItemRef:
        return ItemRef(self.company, self.kind, self.external_id)

    @property
    def badge(self) -> Badge:
        return BADGES[self.state]

    @property
    def is_linked(self) -> bool:
        """Whether the ERP has a record of it."""
        return self.origin is not None

    @property
    def label(self) -> str:
        """How people call it: ``commitment SC-1001``."""
        return f"{self.kind.words} {self.number or self.external_id}"

    def send(self, sending: Sending, at: datetime) -> bool:
        """Take a further revision. False when it is the one already here.

        Raises:
            StaleRevision: a higher revision came before.
            Conflict: the same revision came before, with other content.
            NotAllowed: the item is with the ERP just now.
        """
        if sending.revision < self.revision:
            raise StaleRevision.because(
                f"revision {sending.revision} comes after revision {self.revision}; it is ignored",
                field="revision",
                who_can_fix="the source: send the current revision",
            )
        if sending.revision == self.revision:
            if sending.digest != self.digest:
                raise Conflict.because(
                    f"revision {self.revision} came before with other content",
                    field="revision",
                    who_can_fix="the source: raise the revision when the content changes",
                )
            if not self.badge.editable:
                return False
        self.state = after(Step.SEND, self.state)
        for name, value in _as_sent(sending).items():
            setattr(self, name, value)
        self.updated_at = at
        self.cause, self.attempts, self.waits_for = None, 0, ""
        self.first_approval, self.preview_hash = None, ""
        return True

    def retrieve(self, at: datetime) -> bool:
        """Take it back for its sender, before a decision. False when that was done before."""
        if self.state is State.RETRIEVED:
            return False
        self._step(Step.RETRIEVE, at)
        return True

    def accept(self, decision: Decision, company: Company, at: datetime) -> bool:
        """Let it pass to the ERP. False when it was accepted before.

        Where its amount takes two approvers, the first of them is written down, and it stays sent.

        Raises:
            NotEntitled, StaleDecision, AlreadyDecided, NotAllowed: see the named rules.
        """
        self.must_be_acceptable_to(decision.by, company)
        if not is_news(decision, self):
            return False
        if takes_two(self.total, company.settings):
            first = self.first_approver(company)
            if first is None:
                self._accept_first(decision, at)
            if first is None or first == decision.by:
                return first is None
        self._decide(decision, Step.ACCEPT, at)
        return True

    def reject(self, decision: Decision, company: Company, at: datetime) -> bool:
        """Send it back to its source. False when it was rejected before.

        Raises:
            NotEntitled, StaleDecision, AlreadyDecided, NotAllowed: see the named rules.
        """
        decision.by.must_be_approver_for(self.kind)
        if not is_news(decision, self):
            return False
        must_explain(decision, self, company)
        self._decide(decision, Step.REJECT, at)
        self.rejection = Rejection.of(decision, self.revision, at)
        self.cause = None
        return True

    def exported(self, origin: Origin, at: datetime) -> None:
        """The ERP took it."""
        self._step(Step.EXPORTED, at)
        self.origin, self.synced_revision = origin, self.revision
        self.cause = self.rejection = self.drift = None

    def export_failed(self, cause: Cause, at: datetime) -> None:
        """It failed for good: a person must act."""
        self._step(Step.EXPORT_FAILED, at)
        self.cause = cause

    def retry(self, by: Person, entries: dict[str, str], at: datetime) -> bool:
        """Export it again, perhaps with corrected entries. False when it is under way already.

        Raises:
            NotEntitled: neither an approver for the kind nor an operator.
            NotAllowed: it has not failed.
        """
        if not by.operator or entries:  # an operator redrives; what is written is the approver's
            by.must_be_approver_for(self.kind)
        if self.state is State.EXPORTING:
            return False
        self._step(Step.RETRY, at)
        self.entries = {**self.entries, **entries}
        self.attempts, self.cause = 0, None
        return True

    def take_back(self, by: Person, at: datetime) -> None:
        """Undo the acceptance, before any call to the ERP.

        Raises:
            NotEntitled: not an approver for the kind.
            NotAllowed: the ERP was called, or it is not being exported.
        """
        by.must_be_approver_for(self.kind)
        if self.state is State.EXPORTING and (self.attempts or self.unsettled):
            raise NotAllowed.because(
                "the ERP was called already; it cannot be taken back",
                field="state",
                who_can_fix="nobody: once the ERP has answered, what failed can be rejected",
            )
        self._step(Step.TAKE_BACK, at)
        self.decision = None

    def must_be_acceptable_to(self, by: Person, company: Company) -> None:
        """Pass, or say which right to accept it the person lacks."""
        by.must_be_approver_for(self.kind)
        if (
            by.email == self.sent_by
            and by is not AUTO_ACCEPT
            and not company.settings.self_acceptance
        ):
            raise NotEntitled.because(
                f"{by.name} sent this {self.kind.words} and may not accept it too",
                field="by",
                who_can_fix="another accounting approver; or the company allows self-acceptance",
            )
        must_be_within_limit(by, self.total)

    def first_approver(self, company: Company) -> Person | None:
        """Who has accepted it as the first of two, if they might still do so."""
        first = company.person(self.first_approval.by) if self.first_approval else None
        return first if first and may_accept(first, self.kind, self.total) else None

    def _accept_first(self, decision: Decision, at: datetime) -> None:
        after(Step.ACCEPT, self.state)  # refuses, where it could not be accepted
        self.first_approval, self.updated_at = Approval.of(decision.by, at), at
        self.waits_for = f"a second approver: {decision.by.name} has accepted it"

    def _decide(self, decision: Decision, step: Step, at: datetime) -> None:
        self._step(step, at)
        self.decision = decision.verdict
        self.decided_by, self.decided_by_name = decision.by.email, decision.by.name
        self.decided_at, self.decided_revision = at, self.revision
        self.comment, self.reason_code = decision.comment, decision.reason_code

    def _step(self, step: Step, at: datetime) -> None:
        self.state = after(step, self.state)
        self.waits_for, self.first_approval, self.updated_at = "", None, at


def _as_sent(sending: Sending) -> dict[str, Any]:
    parent = sending.parent_ref
    return {
        "revision": sending.revision,
        "status": sending.status,
        "number": sending.number,
        "title": sending.title,
        "project": sending.project,
        "parent": sending.parent,
        "parent_id": parent.item_id if parent else None,
        "created_by": sending.created_by.email,
        "created_by_name": sending.created_by.name,
        "sent_by": sending.sent_by.email,
        "sent_by_name": sending.sent_by.name,
        "url": sending.url,
        "source": sending.source,
        "digest": sending.digest,
        "total": sending.total,
        "currency": sending.currency,
    }
