"""The events a source sends: their shapes, and how they become the domain's own values.

Every problem of shape is reported at once, with the field's place in the document.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from gatepost.domain.content import Content, currency_of, total_of
from gatepost.domain.errors import FieldProblem, NotSendable
from gatepost.domain.items import Party, Sending
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.unread import is_unread
from gatepost.messages.cloud_events import Envelope, Unintelligible
from gatepost.messages.contents import read_as_far_as_it_goes, read_content
from gatepost.messages.shapes import (
    KEY_PATTERN,
    MAIL_PATTERN,
    field_problems,
    without_hidden_characters,
)

ITEM_SENT: Final = "gatepost.item.sent.v1"
ITEM_RETRIEVED: Final = "gatepost.item.retrieved.v1"
ITEM_DECIDED: Final = "gatepost.item.decided.v1"
DIRECTORY_CHANGED: Final = "gatepost.directory.changed.v1"
KNOWN_TYPES: Final = (ITEM_SENT, ITEM_RETRIEVED, ITEM_DECIDED, DIRECTORY_CHANGED)

Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=KEY_PATTERN)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Mail = Annotated[
    str,
    StringConstraints(max_length=320, pattern=MAIL_PATTERN, to_lower=True),
    AfterValidator(without_hidden_characters),
]


class PartyData(BaseModel):
    """A person, as the source names one."""

    email: Mail
    name: Text = ""


class ItemData(BaseModel):
    """What names an item in any event."""

    model_config = ConfigDict(extra="ignore")

    company: Key
    kind: Kind
    external_id: Key

    @property
    def ref(self) -> ItemRef:
        return ItemRef(self.company, self.kind, self.external_id)


class ItemSent(ItemData):
    """``gatepost.item.sent.v1``: one revision of an item, to be exported."""

    revision: Annotated[int, Field(ge=1, lt=2**31, strict=True)]
    status: Text
    project: Key | None = None
    parent: Key | None = None
    number: Text = ""
    title: Text = ""
    created_by: PartyData
    sent_by: PartyData
    url: Text = ""
    content: dict[str, Any]


class ItemRetrieved(ItemData):
    """``gatepost.item.retrieved.v1``: its sender takes it back."""

    by: Mail


class ItemDecided(ItemData):
    """``gatepost.item.decided.v1``: an approver answered on the source's own screen."""

    revision: int
    decision: Literal["accept", "reject"]
    by: Mail
    comment: Text = ""
    reason_code: Text = ""
    entries: dict[str, str] = Field(default_factory=dict)


Data = TypeVar("Data", bound=ItemData)

_NOBODY: Final = {"email": "nobody@unread.invalid"}
_BLANKS: Final[dict[str, Any]] = {
    "revision": 1,
    "status": "",
    "project": None,
    "parent": None,
    "number": "",
    "title": "",
    "created_by": _NOBODY,
    "sent_by": _NOBODY,
    "url": "",
    "content": {},
}


def check_type(envelope: Envelope) -> None:
    """Pass, or say that this type of event, or this major version of it, is not known.

    Raises:
        Unintelligible: it is kept until a release that knows it can take it.
    """
    if envelope.type in KNOWN_TYPES:
        return
    stem = envelope.type.rpartition(".")[0]
    versions = [known for known in KNOWN_TYPES if known.rpartition(".")[0] == stem]
    if versions:
        raise Unintelligible(f"the version of {envelope.type} is not known; known is {versions[0]}")
    raise Unintelligible(
        f"the type {envelope.type} is not known; known are {', '.join(KNOWN_TYPES)}"
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of an ``item.sent`` event, and every problem of shape.

    What could not be read is blank in ``sending`` and stands in ``unread`` by the name of its field;
    within ``content`` it is ``UNREAD``. Without a name of its own an event has no sending.
    """

    sending: Sending | None
    content: Content | None
    problems: tuple[FieldProblem, ...]
    unread: frozenset[str] = frozenset()


def read_sent(envelope: Envelope) -> tuple[Sending, Content]:
    """The sending in an ``item.sent`` event, with its content read into the domain's types.

    Raises:
        NotSendable: fields are missing or of the wrong shape; all of them are listed.
    """
    reading = read_what_can_be(envelope)
    if reading.problems or reading.sending is None or reading.content is None:
        raise NotSendable(reading.problems)
    return reading.sending, reading.content


def read_what_can_be(envelope: Envelope) -> Reading:
    """As much of an ``item.sent`` event as can be read, so that rules may speak of that, too."""
    data = envelope.data
    problems: list[FieldProblem] = []
    unread: set[str] = set()
    event = content = None
    try:
        event = ItemSent.model_validate(data)
    except ValidationError as error:
        problems += field_problems(error)
        unread = {str(found["loc"][0]) for found in error.errors(include_url=False)}
        event = _without(unread, data)
    kind, document = event.kind if event else data.get("kind"), data.get("content")
    if isinstance(kind, str) and kind in set(Kind) and isinstance(document, dict):
        try:
            content = read_content(Kind(kind), document)
        except NotSendable as refusal:
            problems += refusal.problems
            content = read_as_far_as_it_goes(Kind(kind), document)
    elif "content" in unread:
        unread |= {"number", "title"}  # which the content may say
    sending = _sending(event, content, envelope) if event else None
    if event and content:
        unread |= {name for name, said in _names(event, content).items() if said is None}
    return Reading(sending, content, tuple(problems), frozenset(unread))


def _without(unread: set[str], data: dict[str, Any]) -> ItemSent | None:
    """The event with blanks for what could not be read; None when it lacks its own name."""
    if unread & ItemData.model_fields.keys():
        return None
    return ItemSent.model_validate({**data, **{name: _BLANKS[name] for name in unread}})


def read_data(model: type[Data], envelope: Envelope) -> Data:
    """The data of an event that is about an item.

    Raises:
        NotSendable: fields are missing or of the wrong shape; all of them are listed.
    """
    try:
        return model.model_validate(envelope.data)
    except ValidationError as error:
        raise NotSendable(field_problems(error)) from None


def _sending(event: ItemSent, content: Content | None, envelope: Envelope) -> Sending:
    names = _names(event, content)
    total = total_of(content) if content else None
    currency = currency_of(content) if content else None
    return Sending(
        ref=event.ref,
        revision=event.revision,
        status=event.status,
        number=names["number"] or "",
        title=names["title"] or "",
        project=event.project,
        parent=event.parent,
        created_by=Party(event.created_by.email, event.created_by.name),
        sent_by=Party(event.sent_by.email, event.sent_by.name),
        url=event.url,
        source=envelope.source,
        content=event.content,
        digest=_digest(event),
        total=None if total is None or is_unread(total) else str(total),
        currency=None if is_unread(currency) else currency,
    )


def _names(event: ItemSent, content: Content | None) -> dict[str, str | None]:
    """What people call it: the event may leave that to its content. None: it could not be read."""
    in_content = {
        "number": getattr(content, "number", getattr(content, "code", "")),
        "title": getattr(content, "name", ""),
    }
    return {
        name: getattr(event, name) or (None if is_unread(said) else said)
        for name, said in in_content.items()
    }


def _digest(event: ItemSent) -> str:
    """A hash over what accounting sees of a revision; the order of its fields does not matter."""
    seen = [event.status, event.number, event.title, event.project, event.parent, event.content]
    return hashlib.blake2b(
        orjson.dumps(seen, option=orjson.OPT_SORT_KEYS), digest_size=16
    ).hexdigest()


def digest_of_event(envelope: Envelope) -> str:
    """A hash over a whole event: tells a repeated event from another under the same id."""
    seen = [envelope.type, envelope.data]
    return hashlib.blake2b(
        orjson.dumps(seen, option=orjson.OPT_SORT_KEYS), digest_size=16
    ).hexdigest()
