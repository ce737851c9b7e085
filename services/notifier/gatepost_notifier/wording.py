"""How values stand in a mail: times with their zone, lines cut short."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from gatepost.domain.changes import Change, in_words
from gatepost.domain.wording import zone_of

#: Controls, and the marks that turn the direction of a line: either can make a title read as another.
_CONTROLS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
_LEADING_WORD: Final = re.compile(r"^[+-]")


def one_line(text: str, limit: int = 200) -> str:
    """Text on one line. What is cut off is seen to be: it ends in an ellipsis."""
    line = " ".join(_CONTROLS.sub(" ", text[: limit * 4]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def paragraph(text: str, limit: int = 4000) -> str:
    """Text with its line breaks, without other controls."""
    clean = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def moment(at: datetime, zone: str) -> str:
    """``2026-11-02 14:02 CET``: the reader's own time, and which zone that is."""
    local = at.astimezone(zone_of(zone))
    name = _LEADING_WORD.sub(r"UTC\g<0>", local.tzname() or "UTC")
    return f"{local:%Y-%m-%d %H:%M} {name}"


def times(count: int) -> str:
    return "once" if count <= 1 else f"{count} times"


def difference(change: Change) -> str:
    """What changed in a field, on one line."""
    return one_line(in_words(change), 160)


def web_link(url: str) -> str:
    """The address, if it is one of the web; anything else is no link for a mail."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""
