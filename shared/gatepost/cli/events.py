"""Events in a file, as ``gatepost send`` reads them: one JSON document, a list of them, or JSON lines."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.cli.talking import Exit, fail


@dataclass(frozen=True, slots=True)
class Event:
    """One event, or the reason why it is none; ``place`` says where it stands in the file."""

    place: str
    document: dict[str, Any]
    why_not: str = ""

    @property
    def routing_key(self) -> str:
        """``<company>.<kind>.<verb>``; what cannot be understood goes the same way, to be refused."""
        data = self.document.get("data")
        named = data if isinstance(data, dict) else {}
        parts = str(self.document.get("type") or "").split(".")
        verb = parts[2] if len(parts) > 2 else "sent"
        names = [named.get("company"), named.get("kind"), verb]
        return ".".join(str(name or "unknown").replace(".", "-") for name in names)

    @property
    def label(self) -> str:
        return str(self.document.get("subject") or self.document.get("id") or self.place)


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
        for number, document in enumerate(whole, 1):
            yield _event(f"event {number}", document)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _event(f"line {number}", json.loads(line))
        except ValueError as error:
            yield Event(f"line {number}", {}, f"not JSON: {error}")


def _whole(text: str) -> list[Any] | None:
    """The documents of a text that is one JSON document; None where it is lines."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    return document if isinstance(document, list) else [document]


def _event(place: str, document: object) -> Event:
    if isinstance(document, dict):
        return Event(place, document)
    return Event(place, {}, "not a CloudEvent: no JSON object")
