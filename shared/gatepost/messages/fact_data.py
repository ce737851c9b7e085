"""The data of every event that Gatepost tells the outside: what a source may rely on.

The schemas that strangers read are made from these, and tests hold every event against its own.
Nothing is checked with them at work: what is told is made by our own code.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.messages.facts import Fact

Colour = Literal["blue", "green", "red", "yellow", "grey", "none"]


class _Data(BaseModel):
    """Fields are only ever added; a reader passes over what it does not know."""

    model_config = ConfigDict(extra="allow")


class Told(_Data):
    """What every event about an item says of it."""

    item_id: str = Field(description="uuid5 of company, kind and external_id")
    company: str
    kind: Kind
    external_id: str = Field(description="the source's own id of the item")
    revision: int
    state: State
    badge: Colour = Field(description="to be shown beside the item at its source")
    editable: bool = Field(description="whether its people may edit it at its source")


class Received(Told):
    """It waits for a decision; also told after an acceptance was taken back."""

    received_event: str = Field(
        default="", description="the id of the source's event, where one is answered"
    )


class Reason(_Data):
    """One reason why something is refused."""

    field: str = Field(description="its place in the event, such as content.lines[0].amount")
    rule: str = Field(description="stable; may be programmed against")
    message: str
    who_can_fix: str


class Refused(_Data):
    """An event could not be taken, or a source's decision was refused.

    What cannot be told, because the event does not say it or no item is stored, is null.
    """

    item_id: str | None
    company: str | None
    kind: Kind | None
    external_id: str | None
    revision: int | None
    state: State | None
    badge: Colour
    editable: bool
    errors: list[Reason]
    refused_event: str = Field(description="the id of the event that is refused")


class Decided(Told):
    """Somebody decided."""

    by: str = Field(description="e-mail of the person, or auto-accept")
    channel: str = Field(description="where it was decided: page, api, mail, cli, source ...")
    comment: str
    reason_code: str


class Accepted(Decided):
    """It may pass, and is handed to the exporter."""


class Rejected(Decided):
    """It went back to its source, where it may be edited again."""


class Acted(Told):
    """Somebody did something with it."""

    by: str
    channel: str


class Retrieved(Acted):
    """Its sender took it back before a decision."""


class Exporting(Told):
    """The ERP is about to be called for the first time."""


class OriginLine(_Data):
    """A line of the item, and the ERP's id of it."""

    external_id: str
    id: str


class OriginData(_Data):
    """The record in the ERP."""

    id: str = Field(description="the ERP's own id")
    code: str = Field(description="the number people see")
    data: str = Field(description="the ERP's, not to be read")
    lines: list[OriginLine]


class Synced(Told):
    """The ERP has it."""

    origin: OriginData


class CauseData(_Data):
    """Why an export failed."""

    key: str = Field(description="failures alike have the same")
    cls: str = Field(alias="class")
    erp_code: str
    message: str
    who_can_fix: str


class Failed(Told):
    """Its export failed for good: the ERP refused it, or the tries are used up."""

    cause: CauseData
    attempts: int


class Unlinked(Acted):
    """The ERP no longer has its record; it may be sent anew."""


class Archived(Acted):
    """It was put away."""


class ErpRecordData(_Data):
    """A record as the ERP has it."""

    id: str = Field(description="Gatepost's own, as in /v1/erp-records")
    connection: str
    name: str
    origin: OriginData
    data: dict[str, Any] = Field(description="the ERP's own fields")


class ErpRecordImported(Told):
    """An approver imported a record of the ERP: the source is to create it, under this external_id."""

    by: str
    channel: str
    record: ErpRecordData


class DirectoryApplied(_Data):
    """A change of the directory is in force."""

    company: str
    version: int
    changes: dict[str, dict[str, int]] = Field(
        description="how many entries of each section were added, changed or removed"
    )
    warnings: list[str]
    applied_event: str = Field(description="the id of the event that is answered")


class DirectoryRefused(_Data):
    """A change of the directory could not be taken; nothing of it is in force."""

    company: str | None
    errors: list[Reason]
    refused_event: str = Field(description="the id of the event that is refused")


class WebhookTest(_Data):
    """It means nothing: somebody tries a webhook out. It is posted to that webhook alone."""

    company: str
    webhook_id: str


FACT_DATA: Final[dict[Fact, type[BaseModel]]] = {
    Fact.RECEIVED: Received,
    Fact.REFUSED: Refused,
    Fact.ACCEPTED: Accepted,
    Fact.REJECTED: Rejected,
    Fact.RETRIEVED: Retrieved,
    Fact.EXPORTING: Exporting,
    Fact.SYNCED: Synced,
    Fact.FAILED: Failed,
    Fact.UNLINKED: Unlinked,
    Fact.ARCHIVED: Archived,
    Fact.ERP_RECORD_IMPORTED: ErpRecordImported,
}
