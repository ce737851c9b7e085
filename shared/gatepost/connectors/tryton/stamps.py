"""The stamp: an item's mark, its revision and the line's id, in the note of a record or of a line.

Notes are seen in Tryton and printed nowhere. A purchase and an invoice have theirs on each line, which
also says which line of the item it is.
"""

import re
from dataclasses import dataclass
from typing import Final

from gatepost.connectors.port import ExportItem

_STAMP: Final = re.compile(r"^Gatepost ([0-9a-f-]{36}):(\d+)(?: (.+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a note says. ``line`` is empty on a record that has no lines."""

    mark: str
    revision: int
    line: str = ""

    def __str__(self) -> str:
        line = f" {self.line}" if self.line else ""
        return f"Gatepost {self.mark}:{self.revision}{line}"


def stamp_of(item: ExportItem, line: str = "") -> Stamp:
    return Stamp(item.mark, item.revision, line)


def read_stamp(note: str | None) -> Stamp | None:
    """The stamp in a note; None where there is none."""
    found = _STAMP.search(note or "")
    return Stamp(found[1], int(found[2]), found[3] or "") if found else None


def stamped(note: str | None, stamp: Stamp) -> str:
    """A note with that stamp: whatever else somebody has written there stays."""
    others = _STAMP.sub("", note or "").strip()
    return f"{stamp}\n{others}" if others else str(stamp)


def stamped_with(mark: str) -> str:
    """The pattern of notes that have a stamp with that mark."""
    return f"%Gatepost {mark}:%"
