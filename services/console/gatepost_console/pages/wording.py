"""How values stand on a page: amounts, moments in the reader's own time, badges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import BADGES, State
from gatepost.domain.lists import WorkList
from gatepost.domain.wording import zone_of

LISTS: Final[dict[WorkList, str]] = {
    WorkList.READY_TO_IMPORT: "Ready To Import",
    WorkList.READY_TO_EXPORT: "Ready To Export",
    WorkList.READY_TO_UPDATE: "Ready To Update",
    WorkList.FAILED_TO_EXPORT: "Failed To Export",
    WorkList.SYNCED: "Synced",
    WorkList.ARCHIVED: "Archived",
}
KINDS: Final[dict[Kind, str]] = {
    Kind.PROJECT: "Jobs",
    Kind.SUB_JOB: "Sub Jobs",
    Kind.COMMITMENT: "Commitments",
    Kind.CHANGE_ORDER: "Change Orders",
    Kind.INVOICE: "Invoices",
}
STATES: Final[dict[State, str]] = {
    State.SENT: "Sent",
    State.EXPORTING: "Exporting",
    State.SYNCED: "Synced",
    State.FAILED: "Failed",
    State.REJECTED: "Rejected",
    State.RETRIEVED: "Retrieved",
    State.UNLINKED: "Unlinked",
    State.ARCHIVED: "Archived",
}


@dataclass(frozen=True, slots=True)
class BadgeWords:
    """A badge: its colour is never all that tells."""

    words: str
    colour: str
    moving: bool


@dataclass(frozen=True, slots=True)
class MomentWords:
    """A moment as it is read: short, in full, and for programs."""

    short: str
    full: str
    machine: str


def badge(state: State) -> BadgeWords:
    known = BADGES[state]
    return BadgeWords(STATES[state], known.colour, known.moving)


def moment(at: datetime, zone: str, now: datetime) -> MomentWords:
    """``14:02`` today, ``20 Nov, 14:02`` this year, ``20 Nov 2025`` before; in full beside it."""
    place = zone_of(zone)
    local, today = at.astimezone(place), now.astimezone(place)
    if local.date() == today.date():
        short = f"{local:%H:%M}"
    elif local.year == today.year:
        short = f"{local.day} {local:%b}, {local:%H:%M}"
    else:
        short = f"{local.day} {local:%b %Y}"
    full = f"{local:%A}, {local.day} {local:%B %Y, %H:%M:%S} {local.tzname()}"
    return MomentWords(short, full, at.isoformat(timespec="seconds"))


def sentence(words: str) -> str:
    """The same with a capital letter first; an address stays as it is written."""
    return words if "@" in words.partition(" ")[0] else words[:1].upper() + words[1:]
