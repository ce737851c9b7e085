"""Events in a file, as ``gatepost send`` reads them: one JSON document, a list of them, or JSON lines."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.cli.talking import Exit, fail
from gatepost.domain.errors import FieldProblem


@dataclass(frozen=True, slots=True)
class Event:
    """One event, or the reason why it is none; ``place`` says where it stands in the file."""

    place: str
    document: dict[str, Any]
    why_not: str = ""

    @property
    def body(self) -> bytes:
        """As it travels, in structured mode."""
        return json.dumps(self.document).encode()

    @property
    def id(self) -> str:
        return str(self.document.get("id") or "")

    @property
    def data(self) -> dict[str, Any]:
        data = self.document.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def verb(self) -> str:
        """What happened to the item: ``sent``, ``retrieved``, ``decided``."""
        parts = str(self.document.get("type") or "").split(".")
        return parts[2] if len(parts) > 2 else "sent"

    @property
    def company(self) -> str:
        """The key of its company; an event about the directory has it a step deeper."""
        company = self.data.get("company")
        return str((company.get("key") if isinstance(company, dict) else company) or "")

    @property
    def subject(self) -> str:
        """The item it is about: ``company/kind/external_id``."""
        names = [self.company, *(self.data.get(name) for name in ("kind", "external_id"))]
        return "/".join(str(name or "") for name in names) if any(names) else ""

    @property
    def routing_key(self) -> str:
        """``<company>.<kind>.<verb>``; what cannot be understood goes the same way, to be refused."""
        kind = "directory" if isinstance(self.data.get("company"), dict) else self.data.get("kind")
        names = [self.company, kind, self.verb]
        return ".".join(str(name or "unknown").replace(".", "-") for name in names)

    @property
    def label(self) -> str:
        return str(self.document.get("subject") or self.id or self.place)

    @property
    def problems(self) -> Sequence[FieldProblem]:
        """What is known to be wrong with it before it is sent anywhere."""
        from gatepost.messages.shapes import SENDER

        return (FieldProblem("", "unintelligible", self.why_not, SENDER),) if self.why_not else ()

    def refused_for(self, problems: Sequence[FieldProblem]) -> str:
        """A line that says which event is refused, every reason, and who can fix it."""
        named = [each for each in (self.place, self.id, self.subject) if each]
        return f"{'  '.join(named)}  refused: {'; '.join(map(in_words, problems))}"


def in_words(problem: FieldProblem) -> str:
    """A reason in a line: the field, unless the sentence names it already, and who can fix it."""
    begins = problem.message.partition(":")[0]
    field = "" if problem.field.endswith(begins) else f"{problem.field}: "
    who = f" ({problem.who_can_fix})" if problem.who_can_fix else ""
    return f"{field if problem.field else ''}{problem.message}{who}"


def read_events(file: str) -> list[Event]:
    """The events in a file, or on stdin where it is ``-``."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is no text in UTF-8", Exit.USAGE)
    events = list(_events(text))
    if not events:
        fail(f"{file} holds no event", Exit.USAGE)
    return events


def _events(text: str) -> Iterator[Event]:
    if (whole := _whole(text)) is not None:
        repeats = _repeats(text)
        for number, document in enumerate(whole, 1):
            yield _event(f"event {number}", document, repeats)
        return
    for number, line in enumerate(text.split("\n"), 1):  # a text may hold other line breaks
        if not line.strip():
            continue
        try:
            yield _event(f"line {number}", json.loads(line), _repeats(line))
        except ValueError as error:
            yield Event(f"line {number}", {}, f"not JSON: {error}")


def _whole(text: str) -> list[Any] | None:
    """The documents of a text that is one JSON document; None where it is lines."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, list) else [document]


def _repeats(text: str) -> str:
    """What a text says twice, if anything: asked here, for an event is written anew on its way."""
    from gatepost.messages.cloud_events import Unintelligible, names_each_once

    try:
        names_each_once(text.encode())
    except Unintelligible as error:
        return str(error)
    return ""


def _event(place: str, document: object, repeats: str) -> Event:
    """An event; one that nobody could take is known here already, by the intake's own reading."""
    from gatepost.messages.cloud_events import Unintelligible, read

    if not isinstance(document, dict):
        return Event(place, {}, "not a CloudEvent: no JSON object")
    event = Event(place, document, repeats)
    if repeats:
        return event
    try:
        read(event.body)
    except Unintelligible as error:
        return Event(place, document, str(error))
    return event
