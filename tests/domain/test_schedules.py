"""When a connection is synced by itself."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from gatepost.domain.schedules import SyncSchedule

ZURICH: Final = {"zone": "Europe/Zurich"}


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("setting", "now", "then"),
    [
        ({"every_hours": 4}, at(20, 14, 2), at(20, 18, 2)),
        ({"hour": 5}, at(20, 4, 59), at(20, 5)),
        ({"hour": 5}, at(20, 5), at(21, 5)),  # never at once
        ({"hour": 5, **ZURICH}, at(20, 14), at(21, 4)),  # an hour ahead in winter
        ({"hour": 0, **ZURICH}, at(20, 23, 30), at(21, 23)),  # it is tomorrow there already
        ({"hour": 5, **ZURICH}, at(24, 12, month=10), at(25, 4, month=10)),  # the night of 25 hours
        ({"hour": 5, **ZURICH}, at(28, 12, month=3), at(29, 3, month=3)),  # the night of 23
    ],
)
def test_the_next_sync_is_the_first_moment_the_setting_names(
    setting: dict[str, Any], now: datetime, then: datetime
) -> None:
    assert SyncSchedule(**setting).next_after(now) == then
