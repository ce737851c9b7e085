"""When a person's next daily summary is due: their own hour in their own time zone, once a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """The summary of one local day, and the moment (UTC) at which it is due."""

    day: date
    at: datetime


def next_summary(now: datetime, hour: int, zone: str, first: date | None = None) -> Due:
    """The summary that is due next.

    An hour that a clock change leaves out is the moment the clocks go on; one that comes twice is
    its first coming. A day that a zone leaves out has no summary.

    Args:
        now: the moment, with a zone.
        hour: 0 to 23, by the person's clock.
        zone: its IANA name.
        first: the first day that has not had its summary; it may be overdue today, days before today
            are past. None is for whoever is new: the next time their hour comes.

    """
    today = now.astimezone(ZoneInfo(zone)).date()
    due = _due(max(today, first or today), hour, zone)
    if first is None and due.at <= now:
        return _due(due.day + ONE_DAY, hour, zone)
    return due


def _due(day: date, hour: int, zone: str) -> Due:
    # Of an hour that is left out, fold 0 counts on from before the change; of two, it is the first.
    at = datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
    return Due(at.astimezone(ZoneInfo(zone)).date(), at)
