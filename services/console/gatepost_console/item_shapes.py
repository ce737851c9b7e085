"""The shapes of items in answers: for the OpenAPI document. No answer is validated on its way out.

A field with a default is not always there: amounts, for instance, only for whoever reads the books.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gatepost.domain.decisions import Verdict
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger.mail_log import MailStatus

Money = "decimal, as text; only for whoever sees amounts"


class Reason(BaseModel):
    """One reason: the field it is about, the rule, a sentence, and who can fix it."""

    field: str
    rule: str
    message: str
    who_can_fix: str


class Person(BaseModel):
    """A person as the source names one."""

    email: str
    name: str


class Cause(BaseModel):
    """Why an export failed. Failures with the same key are alike."""

    model_config = ConfigDict(populate_by_name=True)

    key: str
    cls: str = Field(alias="class")
    erp_code: str
    message: str
    who_can_fix: str


class ItemSummary(BaseModel):
    """What a list shows of an item."""

    item_id: str = Field(description="uuid5 of company, kind and external_id")
    company: str
    kind: Kind
    external_id: str = Field(description="the source's own id")
    revision: int
    state: State
    badge: Literal["blue", "green", "red", "yellow", "grey", "none"]
    moving: bool = Field(description="whether the badge moves: it is being exported")
    editable: bool = Field(description="whether its source may let people edit it")
    list: WorkList | None = Field(description="the list it stands on; null: on none")
    number: str
    title: str
    project: str | None
    parent: str | None
    parent_id: str | None
    total: str | None = Field(default=None, description=Money)
    currency: str | None = Field(default=None, description="ISO 4217; goes with the total")
    created_by: Person
    sent_by: Person
    url: str
    waits_for: str = Field(description="what an export waits for, in words")
    tries: int
    cause: Cause | None
    drifted: bool = Field(description="whether the ERP's record differs from what was synced")
    created_at: datetime
    updated_at: datetime


class ItemPage(BaseModel):
    """A page of items."""

    items: list[ItemSummary]
    next_cursor: str | None = Field(description="leads to the page after it; null: it is the last")


class Lists(BaseModel):
    """How many items stand on each list, by kind and in all."""

    company: str
    lists: dict[WorkList, dict[Kind, int]]
    totals: dict[WorkList, int]


class Decided(BaseModel):
    """The decision that holds."""

    decision: Verdict
    by: str
    by_name: str
    at: datetime | None
    revision: int | None
    comment: str
    reason_code: str


class FirstApproval(BaseModel):
    """The first of two acceptances."""

    by: str
    by_name: str
    at: datetime


class Rejected(BaseModel):
    """The reject that a resend answers."""

    by: str
    by_name: str
    at: datetime
    revision: int
    comment: str
    reason_code: str


class LineOrigin(BaseModel):
    """A line's record in the ERP."""

    external_id: str
    id: str


class ItemOrigin(BaseModel):
    """Its record in the ERP: the ERP's own id, the number people see, and what is opaque."""

    id: str
    code: str
    data: str
    lines: list[LineOrigin]


class Changed(BaseModel):
    """A field that differs. before null: it was not there; after null: it is gone."""

    field: str
    before: Any
    after: Any


class Happened(BaseModel):
    """A row of the history: who did what, when, why, through which channel."""

    at: datetime
    what: str
    revision: int
    by: str
    channel: str
    comment: str
    detail: dict[str, Any]


class Attempt(BaseModel):
    """An attempt to export. outcome null: it is not known yet."""

    number: int
    revision: int
    connection: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    erp_code: str | None
    message: str | None


class MailOfItem(BaseModel):
    """A mail about an item. Its subject may name an amount."""

    id: str
    template: str
    revision: int | None
    recipient: str
    recipient_name: str
    status: MailStatus
    reason: str
    subject: str | None = None
    created_at: datetime
    sent_at: datetime | None


class Answer(BaseModel):
    """Whether a step may be taken now and, if not, why and who can change that."""

    allowed: bool
    why_not: str | None = None
    who_can_fix: str | None = None


class Choice(BaseModel):
    """A record of the ERP that may be chosen: its id, and how people call it."""

    id: str
    name: str


class Choices(BaseModel):
    """A part of what may be chosen, by name."""

    items: list[Choice]
    next_cursor: str | None
    total: int
    read_at: datetime | None = Field(description="null: never read to its end, so any id passes")


class EntryAsked(BaseModel):
    """A field that the ERP asks for at acceptance, with the value it has or begins with."""

    name: str
    label: str
    type: Literal["text", "date", "choice"]
    required: bool
    max_length: int | None
    hint: str
    options: str | None = Field(description="the kind of ERP record a choice is made from")
    choices: Choices | None
    value: str


class ItemDocument(ItemSummary):
    """Everything that is known of an item, and what may be done with it now."""

    status: str
    source: str
    decision: Decided | None
    first_approval: FirstApproval | None
    entries: dict[str, str]
    origin: ItemOrigin | None
    synced_revision: int | None
    drift: Any | None = None
    rejection: Rejected | None
    content: dict[str, Any] | None = Field(default=None, description="as its source sent it")
    changed_since_rejection: list[Changed] | None = None
    changed_since_sync: list[Changed] | None = None
    history: list[Happened]
    attempts: list[Attempt]
    mails: list[MailOfItem]
    may: dict[str, Answer] = Field(description="by step: accept, reject, retrieve, retry, ...")
    entries_asked: list[EntryAsked]


class ConnectionNamed(BaseModel):
    """A connection and its connector."""

    key: str
    connector: str


class Preview(BaseModel):
    """The record as it would be written, and all that stands against writing it."""

    item_id: str
    revision: int
    connection: ConnectionNamed
    writes: Literal["create", "update"]
    record: dict[str, Any] = Field(description="in the words of the connector")
    request_hash: str = Field(description="as it will stand with the attempts")
    preview_hash: str = Field(description="what an acceptance can name")
    errors: list[Reason]


class Outcome(BaseModel):
    """What came of a decision, and the item as it stands now."""

    item_id: str
    status: int = Field(description="the status this decision would have had alone")
    outcome: str = Field(description="done, unchanged, pending, or the code of a refusal")
    errors: list[Reason]
    item: ItemSummary | None


class Outcomes(BaseModel):
    """What came of each decision, in the order in which they were asked."""

    outcomes: list[Outcome]


class MatchedOutcomes(Outcomes):
    """What came of one decision for all that a filter matched."""

    matched: int
