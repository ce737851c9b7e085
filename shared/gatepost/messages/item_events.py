"""The events a source sends: their shapes, and how they become the domain's own values.

Every problem of shape is reported at once, with the field's place in the document.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from gatepost.domain.content import CONTENT, Content, currency_of, total_of
from gatepost.domain.errors import FieldProblem, NotSendable
from gatepost.domain.items import Party, Sending
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.messages.cloud_events import Envelope, Unintelligible

ITEM_SENT: Final = "gatepost.item.sent.v1"
ITEM_RETRIEVED: Final = "gatepost.item.retrieved.v1"
ITEM_DECIDED: Final = "gatepost.item.decided.v1"
DIRECTORY_CHANGED: Final = "gatepost.directory.changed.v1"
KNOWN_TYPES: Final = (ITEM_SENT, ITEM_RETRIEVED, ITEM_DECIDED, DIRECTORY_CHANGED)

SENDER: Final = "the source: correct the event and send it again"

Key = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^/\s]+$")]
Text = Annotated[str, StringConstraints(max_length=4000)]
Mail = Annotated[
    str, StringConstraints(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$", to_lower=True)
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

_CONTENT: Final = {kind: TypeAdapter[Content](content) for kind, content in CONTENT.items()}


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
    without a name of its own an event has no sending.
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


def read_content(kind: Kind, document: Any) -> Content:  # noqa: ANN401 - a JSON document
    """The content of a stored revision.

    Raises:
        NotSendable: it is not of the shape that its kind has by now.
    """
    try:
        return _CONTENT[kind].validate_python(document)
    except ValidationError as error:
        raise NotSendable(field_problems(error, "content")) from None


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
    kind = event.kind if event else data.get("kind")
    if isinstance(kind, str) and kind in _CONTENT and isinstance(data.get("content"), dict):
        try:
            content = _CONTENT[Kind(kind)].validate_python(data["content"])
        except ValidationError as error:
            problems += field_problems(error, "content")
            unread |= {"number", "title"}  # which the content may say
    sending = _sending(event, content, envelope) if event else None
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


def field_problems(error: ValidationError, prefix: str = "") -> list[FieldProblem]:
    """Pydantic's findings as the refusals' own, with places written ``content.lines[0].amount``."""
    return [
        FieldProblem(
            field=_place([prefix, *found["loc"]] if prefix else found["loc"]),
            rule=found["type"],
            message=f"{_place(found['loc'])}: {found['msg'][0].lower()}{found['msg'][1:]}",
            who_can_fix=SENDER,
        )
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _place(location: Any) -> str:  # noqa: ANN401 - pydantic's tuple of str and int
    place = ""
    for step in location:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else str(step)
    return place


def _sending(event: ItemSent, content: Content | None, envelope: Envelope) -> Sending:
    total = total_of(content) if content else None
    return Sending(
        ref=event.ref,
        revision=event.revision,
        status=event.status,
        number=event.number or getattr(content, "number", "") or getattr(content, "code", ""),
        title=event.title or getattr(content, "name", ""),
        project=event.project,
        parent=event.parent,
        created_by=Party(event.created_by.email, event.created_by.name),
        sent_by=Party(event.sent_by.email, event.sent_by.name),
        url=event.url,
        source=envelope.source,
        content=event.content,
        digest=_digest(event),
        total=None if total is None else str(total),
        currency=currency_of(content) if content else None,
    )


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
