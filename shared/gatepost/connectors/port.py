"""What an ERP connector must offer. Write one class with these names; a base class is not needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from gatepost.connectors.errors import Busy, Permanent
from gatepost.connectors.profile import Profile
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind


class Safety(StrEnum):
    """How a connector makes a write safe to repeat."""

    NATIVE_KEY = "native_key"  # the ERP replays the answer of a repeated key
    UPSERT = "upsert"  # the key names the record: writing twice writes one
    FIND_FIRST = "find_first"  # only a search for the mark tells


class ConnectorConfig(BaseModel):
    """Options of a connection every connector has; secrets are ``SecretStr`` fields of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout: float = Field(
        default=30.0, gt=0, description="seconds the exporter waits for an answer"
    )
    settle: float | None = Field(
        default=None,
        description="seconds after which the ERP is surely done with a call; twice the time-out",
    )

    @property
    def settle_seconds(self) -> float:
        """How long to wait, after an unknown outcome, before looking."""
        return 2 * self.timeout if self.settle is None else self.settle


@dataclass(frozen=True, slots=True)
class ExportItem:
    """An accepted item as a connector sees it.

    ``mark`` is Gatepost's key for the item and is written into the ERP's record; ``key`` names this
    revision's write. ``origin`` is set when the ERP has a record of it already.
    """

    mark: str
    key: str
    kind: Kind
    external_id: str
    revision: int
    number: str
    title: str
    content: dict[str, Any]
    entries: dict[str, str] = field(default_factory=dict)
    project: str | None = None
    project_origin: Origin | None = None
    parent_origin: Origin | None = None
    vendor_origin: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A record that has an item's mark, and whether it is of the very revision that was asked for.

    An earlier one is possible: its outcome stayed unknown, it was rejected, corrected and sent again.
    """

    origin: Origin
    is_current: bool


@dataclass(frozen=True, slots=True)
class ErpRecord:
    """A record as the ERP has it.

    ``data`` is the record in the words of ``preview``, as far as the ERP gives them back: what Gatepost
    wrote is compared with it field by field. What only serves Gatepost itself (the mark, a revision)
    and what the ERP makes up (ids, versions) is left out. ``parent`` is the ERP's id of the record it
    hangs under, ``mark`` the item's mark if one was written into it.
    """

    origin: Origin
    name: str = ""
    parent: str | None = None
    mark: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A part of a list of the ERP's; ``next_cursor`` leads to the part after it, None ends it."""

    records: tuple[ErpRecord, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """What was handed over, and the ERP has said no to it since: the outcome is known by now."""

    error: Permanent | Busy


class Connector(Protocol):
    """An ERP behind a connection. One object serves many threads."""

    name: ClassVar[str]
    config_model: ClassVar[type[ConnectorConfig]]
    profile: ClassVar[Profile]
    safety: ClassVar[Safety]

    def __init__(self, config: Any) -> None: ...  # noqa: ANN401 - an instance of its config_model

    def check(self) -> str:
        """Whether the ERP can be reached with these credentials; says who answered.

        Raises:
            Unavailable, ConfigurationError: it cannot.

        """

    def validate(self, item: ExportItem) -> Sequence[FieldProblem]:
        """What the ERP would refuse, as far as can be told without asking it."""

    def preview(self, item: ExportItem) -> dict[str, Any]:
        """The very record that would be written: the mapper's answer, nothing is sent."""

    def find(self, mark: str, kind: Kind) -> Sequence[Origin]:
        """The ERP's records with that mark."""

    def create(self, item: ExportItem) -> Origin:
        """Write a new record; gives its origin, line by line.

        Raises:
            ConnectorError: one of its closed set.

        """

    def update(self, item: ExportItem) -> Origin:
        """Change the record that ``item.origin`` names.

        Raises:
            ConnectorError: one of its closed set.

        """

    def resolve(self, item: ExportItem) -> Found | Refused | None:
        """After an unknown outcome, once ``settle`` has passed: what was written, if anything.

        A record of an earlier revision is found too: it will be updated, never written again.

        Raises:
            AnswerAwaited: the ERP has it in hand and has not answered yet.
            OutcomeUnknown: it cannot be told, or several records have the mark.
            Transient: the ERP cannot be asked just now.

        """

    def list_records(self, kind: RecordKind, cursor: str | None, search: str = "") -> RecordPage:
        """A page of the ERP's records of a kind that ``profile.listable`` names, the oldest first.

        A page costs one call and holds what the ERP likes to give at once, a few hundred at the most.
        A record that stays is in one of the pages, however long the walk takes.

        Raises:
            Transient: the ERP cannot be asked just now.
            Unsupported: it does not list this kind.

        """

    def look_up(self, kind: RecordKind, origin_id: str) -> ErpRecord | None:
        """The record with that id of the ERP's; None when the ERP surely has none.

        Raises:
            Transient: the ERP cannot be asked just now.
            Unsupported: nothing can be told of this one, however often it is asked for.

        """

    def close(self) -> None:
        """Let go of connections."""


class Post(Protocol):
    """The way to an ERP that calls in: what is asked lies there until the ERP comes for it."""

    place: str
    """What the ERP says it has open: a company file, a database."""

    version: str
    """The newest version of its language the ERP says it has."""

    def ask(self, document: str, *, writes: bool) -> str:
        """Ask, and wait for the answer.

        Raises:
            Unavailable: it did not come for it, so it was surely not executed.
            OutcomeUnknown: it came for it and did not answer.
            ConnectorError: what it said it could not do.

        """


@runtime_checkable
class CallsIn(Protocol):
    """A connector whose ERP calls us: without a post nothing can be asked of it.

    What is to be exported waits in the ledger until the ERP calls; the exporter then has it done
    over the post of that call.
    """

    def over(self, post: Post) -> Connector:
        """The same connector, asking over this post."""
