"""What the services ask of each other: one class a message, all frozen, all small.

A request lives as a row of the ledger; only its id travels over RabbitMQ.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    """A request about one item. ``answered`` asks for a row that tells the caller what came of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
    item_id: str
    answered: bool = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.TYPE = cls.__name__


class Receive(Message):
    """An event that is not (only) in RabbitMQ: from the API, replayed, or waiting for its parent."""

    body: str
    publisher: str = ""
    channel: str = "api"
    companies: tuple[str, ...] | None = None
    patient: bool = True  # its parent's event may still be on its way
    registered: bool = False  # its id is written down already
    kept_as: str = ""  # its row in quarantine, where it was replayed from there


class Review(Message):
    """An item arrived: prompt its approvers, or let the company's setting accept it."""

    revision: int


class Action(StrEnum):
    """What a person may ask to be done with an item."""

    ACCEPT = "accept"
    REJECT = "reject"
    RETRIEVE = "retrieve"
    RETRY = "retry"
    TAKE_BACK = "take_back"
    UNLINK = "unlink"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


class Decide(Message):
    """Somebody wants something done with an item: from a page, the API, the CLI, a source."""

    action: Action
    by: str
    channel: str
    revision: int | None = None
    comment: str = ""
    reason_code: str = ""
    entries: dict[str, str] = Field(default_factory=dict)
    preview_hash: str = ""  # of the record that was looked at
    proof: str = ""  # how they showed who they are, where the channel leaves that open
    event_id: str = ""  # of the source's event, so that a refusal can name it
    event_source: str = ""


class RecordAction(StrEnum):
    """What a person may ask to be done with a record that the ERP has."""

    IMPORT = "import"
    LINK = "link"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


class DecideRecord(Message):
    """Somebody wants something done with a record of the ERP; ``item_id`` is the item to link."""

    item_id: str = ""
    record_id: str
    action: RecordAction
    by: str
    channel: str
    external_id: str = ""  # the id the source gives to what is imported


class Purpose(StrEnum):
    """What the ERP's records are read for."""

    REFRESH = "refresh"  # to stage what is not linked
    SYNC = "sync"  # to see whether what is linked is still as Gatepost wrote it


class ReadErp(Message):
    """Read a page of the ERP's records; the page after it, or the next kind, is the next message."""

    item_id: str = ""
    company: str
    connection: str
    purpose: Purpose
    generation: int
    kinds: tuple[str, ...]  # still to be read, the one in hand first
    cursor: str | None = None


class SyncByItself(Message):
    """The time of a connection's schedule has come: sync it, and come again."""

    item_id: str = ""
    company: str
    connection: str


class LookUp(Message):
    """See whether the ERP still has an item's record, to unlink it or to note that it is gone."""

    purpose: Action | Purpose
    by: str = ""
    channel: str = ""
    reply_to: str = ""  # the request whose caller waits


class Export(Message):
    """Write an accepted item to the ERP."""

    revision: int
    lane: str = ""


class PostMail(Message):
    """Post a mail that is written or waiting; ``item_id`` is the item it is about."""

    mail_id: str


class MailSignInCode(Message):
    """Somebody asked for a code to sign in to the console with, if they are in a directory."""

    item_id: str = ""
    sign_in_id: str


class Deliver(Message):
    """Post an event to a webhook; what, and where to, stands in the delivery's row."""

    delivery_id: str


class TellOfRejection(Message):
    """Write the rejection mails."""

    revision: int


class TellOfFailure(Message):
    """Write the mails about an export that failed for good."""

    revision: int


class TellOfSync(Message):
    """Write the mails for those who want to know that it is in the ERP."""

    revision: int


class Summarize(Message):
    """It is time for somebody's daily summary, which was due at ``at``; about all that waits."""

    item_id: str = ""
    company: str
    email: str
    at: datetime
    early: bool = False  # its hour is not waited for: only a demo brings a morning forward


MESSAGES: Final[dict[str, type[Message]]] = {
    message.TYPE: message
    for message in (
        Receive,
        Review,
        Decide,
        DecideRecord,
        Export,
        ReadErp,
        SyncByItself,
        LookUp,
        PostMail,
        MailSignInCode,
        Deliver,
        TellOfRejection,
        TellOfFailure,
        TellOfSync,
        Summarize,
    )
}
