"""The shapes of the other answers: for the OpenAPI document. No answer is validated on its way out."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gatepost.domain.erp_records import RecordKind, RecordState
from gatepost.domain.lifecycle import State
from gatepost_console.item_shapes import Answer, Cause, Choices, ItemSummary, MailOfItem, Reason


class Current(BaseModel):
    """How an item stands now: what a decision that was refused may have missed."""

    item_id: str
    revision: int
    state: State
    badge: str
    editable: bool
    decided_by: str | None = Field(description="the address of whoever decided last")


class ProblemDocument(BaseModel):
    """A problem document (RFC 9457). code may be programmed against; errors lists every reason."""

    type: str = Field(description="an address at which the code is explained")
    title: str
    status: int
    detail: str
    code: str
    errors: list[Reason]
    current: Current | None = Field(
        default=None, description="the item as it stands now, where a decision was refused"
    )


class Taken(BaseModel):
    """An event that is in the ledger."""

    item_id: str | None = Field(description="null where it is about no item")
    event_id: str
    repeated: bool = Field(description="whether the same event was taken before")


class Checked(BaseModel):
    """Whether an event would be taken, and everything against it."""

    item_id: str | None
    may_send: bool
    errors: list[Reason]


class OptionsOfConnection(Choices):
    """What an entry may be chosen from: a connection's records of a kind."""

    key: str
    kind: RecordKind


class CauseGroup(Cause):
    """Failures alike."""

    count: int
    first_at: datetime
    last_at: datetime


class Causes(BaseModel):
    """What failed, by cause; the largest group first."""

    causes: list[CauseGroup]


class NotRetried(BaseModel):
    """An item of the group that was left, and why."""

    item_id: str
    why_not: str
    who_can_fix: str


class Retried(BaseModel):
    """How many exports were asked for again, and over how many seconds."""

    cause: str
    asked: int
    seconds: float
    left: list[NotRetried]
    retry_id: str | None


class GroupRetry(BaseModel):
    """Items that are retried together; ``waiting`` are those whose turn has not come."""

    retry_id: str
    cause: str | None
    message: str
    by: str
    rate: int | None
    asked: int
    done: int
    waiting: int
    taken_back: int
    running: bool
    started_at: datetime
    ends_at: datetime
    stopped_at: datetime | None
    stopped_by: str


class Retries(BaseModel):
    """What is retried together just now, and what was lately; the newest first."""

    retries: list[GroupRetry]


class StoppedRetry(BaseModel):
    """How many retries were taken back."""

    retry_id: str
    taken_back: int


class RecordOrigin(BaseModel):
    """A record's id in the ERP, the number people see, and what is opaque."""

    id: str
    code: str
    data: str


class Suggestion(BaseModel):
    """An item that may be what a record is."""

    item_id: str
    external_id: str
    number: str
    title: str
    state: str
    why: str
    likeness: float = Field(ge=0, le=1)


class ErpRecord(BaseModel):
    """A record of the ERP as it was last read."""

    id: str
    company: str
    connection: str
    kind: RecordKind
    state: RecordState
    origin: RecordOrigin
    number: str
    name: str
    parent: str | None
    mark: str | None
    item_id: str | None
    gone: bool = Field(description="whether a later reading did not find it")
    first_seen_at: datetime
    last_seen_at: datetime
    suggestions: list[Suggestion]
    data: dict[str, Any] | None = Field(
        default=None, description="in the connector's words; only for whoever sees amounts"
    )
    may: dict[str, Answer] | None = Field(
        default=None, description="by action; where the request names a person"
    )


class ErpRecordPage(BaseModel):
    """A page of records."""

    items: list[ErpRecord]
    next_cursor: str | None


class RecordOutcome(BaseModel):
    """What came of a decision on a record, with the record and its item as they stand now."""

    id: str
    item_id: str | None
    status: int
    outcome: str
    errors: list[Reason]
    record: ErpRecord
    item: ItemSummary | None


class Breaker(BaseModel):
    """Whether the ERP is waited for because it does not answer."""

    open: bool
    open_until: datetime | None
    failures: int


class Limits(BaseModel):
    """How many calls at once, and how many a minute."""

    in_flight: int
    per_minute: int


class ReadingOfErp(BaseModel):
    """How far a refresh or a sync has come."""

    kind: RecordKind | None
    pages: int
    records: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    error: str


class Connection(BaseModel):
    """How a connection does."""

    key: str
    connector: str
    profile: str
    lane: str
    state: Literal["ok", "open", "paused"]
    breaker: Breaker
    paused: bool
    paused_because: str
    limits: Limits
    last_contact_at: datetime | None
    waits: str  # until an ERP that calls in does, in a sentence; empty where nothing waits
    lists: list[RecordKind]  # what its connector can list; empty: there is nothing to refresh


class ConnectionRead(Connection):
    """The same with its latest refresh and sync, and when it is synced by itself."""

    refresh: ReadingOfErp | None
    sync: ReadingOfErp | None
    sync_schedule: dict[str, Any] | None


class Connections(BaseModel):
    """The company's connections."""

    connections: list[ConnectionRead]


class Resumed(Connection):
    """The same, with how many messages became due."""

    due: int


class ConnectionChecked(BaseModel):
    """Whether the ERP answers to these credentials."""

    key: str
    ok: bool
    message: str
    who_can_fix: str | None


class ReadingBegun(BaseModel):
    """The refresh or the sync that is under way."""

    key: str
    begun: bool = Field(description="false: one that was under way is joined")
    refresh: ReadingOfErp | None = None
    sync: ReadingOfErp | None = None


class Mail(MailOfItem):
    """A mail in the log; with its texts where it is asked for alone."""

    company: str
    item_id: str | None
    merged_into: str | None
    message_id: str
    thread: str
    text: str | None = None
    html: str | None = None


class MailPage(BaseModel):
    """A page of the log of mails."""

    items: list[Mail]
    next_cursor: str | None


class CheckOfPart(BaseModel):
    """One part that must be in order."""

    name: Literal["database", "migrations", "transport"]
    ok: bool
    detail: str


class Ready(BaseModel):
    """Whether the program can do its work; its parts when it cannot, or when they are asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ready": True}]})

    ready: bool
    checks: list[CheckOfPart] | None = None


class Version(BaseModel):
    """The release that answers."""

    version: str


class Meaning(BaseModel):
    """What a problem's code means."""

    code: str
    meaning: str
