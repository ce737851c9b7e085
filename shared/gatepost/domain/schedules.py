"""When a connection is to be synced by itself: a pure function of its setting and the moment."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class SyncSchedule:
    """Every so many hours, or once a day at an hour of a zone: one of the two."""

    every_hours: int | None = None
    hour: int | None = None
    zone: str = "UTC"

    def next_after(self, now: datetime) -> datetime:
        """The first moment after ``now``. A day may have 23 or 25 hours in the zone."""
        if self.hour is None:
            return now + timedelta(hours=self.every_hours or 24)
        zone = ZoneInfo(self.zone)
        local = now.astimezone(zone)
        at = local.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        if at <= local:
            at = (at.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
        return at.astimezone(UTC)
