"""When the next daily summary is due: a calendar over zones, clock changes and days that are not there."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from gatepost.domain.summaries import ONE_DAY, next_summary

ZURICH, NEW_YORK, KOLKATA = "Europe/Zurich", "America/New_York", "Asia/Kolkata"
APIA, LORD_HOWE = "Pacific/Apia", "Australia/Lord_Howe"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "hour", "now", "day", "at"),
    [
        # before the hour: today; at the hour and after it: tomorrow
        ("UTC", 7, "2026-11-20 06:59:59", "2026-11-20", "2026-11-20 07:00"),
        ("UTC", 7, "2026-11-20 07:00:00", "2026-11-21", "2026-11-21 07:00"),
        ("UTC", 0, "2026-12-31 23:59:59", "2027-01-01", "2027-01-01 00:00"),
        # the day is the person's own
        (ZURICH, 7, "2026-11-20 05:00", "2026-11-20", "2026-11-20 06:00"),
        (NEW_YORK, 7, "2026-11-20 03:00", "2026-11-20", "2026-11-20 12:00"),  # still the 19th there
        (KOLKATA, 7, "2026-11-20 20:00", "2026-11-21", "2026-11-21 01:30"),  # the 21st already
        (APIA, 7, "2026-11-20 12:00", "2026-11-21", "2026-11-20 18:00"),
        (LORD_HOWE, 7, "2026-11-20 12:00", "2026-11-21", "2026-11-20 20:00"),  # 11 hours ahead
        # the clocks go on: an hour that is left out is the moment they do
        (ZURICH, 2, "2027-03-27 12:00", "2027-03-28", "2027-03-28 01:00"),
        (NEW_YORK, 2, "2027-03-13 12:00", "2027-03-14", "2027-03-14 07:00"),
        (LORD_HOWE, 2, "2027-10-02 12:00", "2027-10-03", "2027-10-02 15:30"),  # by half an hour
        # and the hour after it comes an hour earlier than yesterday
        (ZURICH, 7, "2027-03-27 12:00", "2027-03-28", "2027-03-28 05:00"),
        # the clocks go back: of an hour that comes twice it is the first
        (ZURICH, 2, "2026-10-24 12:00", "2026-10-25", "2026-10-25 00:00"),
        (ZURICH, 2, "2026-10-25 00:30", "2026-10-26", "2026-10-26 01:00"),  # not the second
        (NEW_YORK, 1, "2026-10-31 12:00", "2026-11-01", "2026-11-01 05:00"),
        (LORD_HOWE, 1, "2027-04-03 12:00", "2027-04-04", "2027-04-03 14:00"),  # 1:30 comes twice
        # a day that was left out: on 30 December 2011 there was none in Samoa
        (APIA, 7, "2011-12-29 18:00", "2011-12-31", "2011-12-30 17:00"),
        (APIA, 7, "2011-12-30 17:00", "2012-01-01", "2011-12-31 17:00"),
    ],
)
def test_somebody_new_gets_it_the_next_time_their_hour_comes(
    zone: str, hour: int, now: str, day: str, at: str
) -> None:
    due = next_summary(utc(now), hour, zone)
    assert (due.day, due.at) == (date.fromisoformat(day), utc(at))


@pytest.mark.parametrize(
    ("first", "now", "day", "at"),
    [
        # 7:00 in Zurich, which is 6:00 UTC
        ("2026-11-20", "2026-11-20 05:00", "2026-11-20", "2026-11-20 06:00"),  # in good time
        ("2026-11-20", "2026-11-20 15:00", "2026-11-20", "2026-11-20 06:00"),  # late, the same day
        ("2026-11-20", "2026-11-20 22:59", "2026-11-20", "2026-11-20 06:00"),  # its last minute
        (
            "2026-11-20",
            "2026-11-20 23:00",
            "2026-11-21",
            "2026-11-21 06:00",
        ),  # past: it is none now
        ("2026-11-20", "2026-11-24 05:00", "2026-11-24", "2026-11-24 06:00"),  # down for days
        (
            "2026-11-20",
            "2026-11-24 09:00",
            "2026-11-24",
            "2026-11-24 06:00",
        ),  # ... and over the hour
        ("2026-11-21", "2026-11-20 05:00", "2026-11-21", "2026-11-21 06:00"),  # today had its own
    ],
)
def test_a_day_that_has_not_had_its_summary_gets_it_late_or_not_at_all(
    first: str, now: str, day: str, at: str
) -> None:
    due = next_summary(utc(now), 7, ZURICH, date.fromisoformat(first))
    assert (due.day, due.at) == (date.fromisoformat(day), utc(at))


YEARS: Final = {  # with the days that a zone left out
    (ZURICH, 2027): 365,
    (NEW_YORK, 2027): 365,
    (KOLKATA, 2027): 365,
    (LORD_HOWE, 2027): 365,
    (APIA, 2011): 364,
    (APIA, 2012): 366,
}


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize(("zone", "year"), YEARS)
def test_a_year_has_one_summary_for_each_of_its_days(zone: str, year: int, hour: int) -> None:
    # Given somebody whose summaries are written as they fall due
    now = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(microseconds=1)
    due = next_summary(now, hour, zone, date(year, 1, 1))
    days = Counter[date]()
    while due.day.year == year:
        # Then each is due after the one before, on the day it is called after
        assert due.at > now
        local = due.at.astimezone(ZoneInfo(zone))
        assert local.date() == due.day
        assert local.hour in (hour, hour + 1), "only an hour that is left out is later"
        days[due.day] += 1
        now, due = due.at, next_summary(due.at, hour, zone, due.day + ONE_DAY)

    # And every day of the year had its one
    assert set(days.values()) == {1}
    assert len(days) == YEARS[zone, year]
