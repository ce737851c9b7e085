"""An event as it came in, from wherever, with what is known of who brought it."""

import base64
from dataclasses import dataclass, field
from typing import Any

from gatepost.messages.cloud_events import SIZE_LIMIT, Envelope, Unintelligible, glimpse, read
from gatepost.messages.item_events import check_type

KEPT_BYTES = 2 * SIZE_LIMIT  # of what cannot be taken; beyond it, only its beginning is kept


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message of a source.

    ``companies`` are those the publisher may speak for; None stands for all. ``patient`` says
    whether it may still wait for its parent; ``registered`` that the API wrote its id down already;
    ``kept_as`` is its row in quarantine, where it is replayed.
    """

    body: bytes
    content_type: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    publisher: str = ""
    channel: str = "amqp"
    companies: tuple[str, ...] | None = None
    patient: bool = True
    registered: bool = False
    kept_as: str = ""

    def opened(self) -> "Opened":
        """The event in it, or why there is none; then as much of its names as can be read."""
        try:
            envelope = read(self.body, self.content_type, self.headers)
        except Unintelligible as error:
            named = glimpse(self.body, self.content_type, self.headers)
            return Opened(self, named, why_not=str(error))
        try:
            check_type(envelope)
        except Unintelligible as error:
            return Opened(self, envelope, why_not=str(error))
        return Opened(self, envelope)

    def as_kept(self) -> dict[str, Any]:
        """How it is kept in quarantine: nothing of it is lost."""
        headers = {_storable(name): _storable(value) for name, value in self.headers.items()}
        return {
            "body": base64.b64encode(self.body[:KEPT_BYTES]).decode(),
            "content_type": _storable(self.content_type),
            "headers": headers,
            "publisher": self.publisher,
        }


def _storable(value: object) -> str:
    """What came beside the body, as text; a NUL, which no database keeps as text, shows as a mark."""
    return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class Opened:
    """An incoming message with its envelope, and the reason if it cannot be taken."""

    incoming: Incoming
    envelope: Envelope | None = None
    why_not: str = ""


def open_all(batch: list[Incoming]) -> list[Opened]:
    """Read the envelopes of a batch: before any transaction, for it needs none."""
    return [incoming.opened() for incoming in batch]
