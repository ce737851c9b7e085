"""The daily summary, day by day: who gets it when, what is in it, and that there is one a day."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from gatepost.domain.lifecycle import State
from gatepost.ledger import directory_file, tables
from gatepost.messages.requests import Action
from gatepost.messages.routes import Queue
from gatepost_notifier.summarizing import Planning
from tests.services.notifier.days import Days, days

from .conftest import ANN, BO, DIRECTORY, sending

__all__ = ["days"]


def test_each_approver_gets_it_at_their_own_hour(days: Days) -> None:
    # Given a commitment that waits since yesterday
    days.arrive()

    # When it is 7 o'clock in Oslo
    days.are("2026-11-21 06:59:59")
    assert not days.summaries(ANN)
    days.are("2026-11-21 07:00")

    # Then Ann has hers, and Bo gets his when it is 7 o'clock by his clock
    assert len(days.summaries(ANN)) == 1
    assert not days.summaries(BO)
    days.are("2026-11-21 07:00", "UTC")
    assert len(days.summaries(BO)) == 1

    # And nobody else gets any; there is one a day while it waits
    days.are("2026-11-23 12:00")
    assert len(days.summaries(ANN)) == 2, "the service was away on the 22nd: that day is past"
    assert {mail["recipient"] for mail in days.summaries("")} == {ANN, BO}
    assert len(days.planned(ANN)) == 1


def test_nothing_is_sent_while_nothing_waits(days: Days) -> None:
    # Given a commitment that was accepted, and one that was taken back
    accepted, retrieved = days.arrive(sending(), sending(external_id="pm-559"))
    days.office.decides(accepted, Action.ACCEPT)
    days.office.becomes(retrieved, State.RETRIEVED)

    # When a day passes
    days.are("2026-11-21 23:00")

    # Then nobody is written to; and when something waits the day after, they are
    assert not days.summaries("")
    days.arrive(external_id="pm-560")
    days.are("2026-11-22 07:00")
    assert len(days.summaries(ANN)) == 1


def test_a_service_that_was_down_over_the_hour_sends_it_late_and_once(days: Days) -> None:
    # Given that nobody works at 7
    days.arrive()

    # When it starts again at 15:30, and once more later
    days.now = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
    for _ in range(2):
        Planning(days.office.program).start()
        days.work()

    # Then there is the summary of that day, and the next is due at 7 again
    assert len(days.summaries(ANN)) == 1
    assert days.planned(ANN) == ["2026-11-22T06:00:00Z"]


def test_a_request_handled_twice_writes_one_summary(days: Days) -> None:
    # Given two requests for the same summary, as two programs that plan at once leave them
    days.arrive()
    (plan,) = [row for row in days.office.plans() if row["body"]["email"] == ANN]
    with days.office.program.database.transaction() as connection:
        twin = {**plan, "id": "00000000-0000-7000-8000-000000000001"}
        connection.execute(sa.insert(tables.messages).values(twin))

    # When their hour comes
    days.are("2026-11-21 07:00")

    # Then one mail is written, one request to post it, and one plan for tomorrow
    assert len(days.summaries(ANN)) == 1
    posted = [
        row["body"]["mail_id"] for row in days.office.messages() if row["queue"] == Queue.POST
    ]
    assert posted.count(days.summaries(ANN)[0]["id"]) == 1
    assert days.planned(ANN) == ["2026-11-22T06:00:00Z"]


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        ("summary_hour = 15\n", "2026-11-22T14:00:00Z"),  # later: today had its own at 7
        ("summary_hour = 3\n", "2026-11-22T02:00:00Z"),  # earlier
        ('time_zone = "America/New_York"\n', "2026-11-22T12:00:00Z"),  # 7 o'clock comes again today
        ('time_zone = "Asia/Kolkata"\n', "2026-11-22T01:30:00Z"),
        ('time_zone = "Pacific/Kiritimati"\n', "2026-11-21T17:00:00Z"),  # the 22nd begins sooner
    ],
)
def test_a_changed_hour_gives_no_second_summary_on_a_day(days: Days, lines: str, at: str) -> None:
    # Given that Ann has had today's summary
    days.arrive()
    days.are("2026-11-21 09:00")

    # When her hour or zone is changed
    days.keep(ann=lines)

    # Then the next is due tomorrow by her new clock, the old request is outdated
    assert at in days.planned(ANN)
    days.are(at.removesuffix("Z"), "UTC")
    assert len(days.summaries(ANN)) == 2
    days.now += timedelta(hours=14)  # past the old hour, before the next new one
    days.work()
    assert len(days.summaries(ANN)) == 2
    assert len(days.planned(ANN)) == 1


def test_an_hour_moved_into_the_past_of_today_loses_no_summary(days: Days) -> None:
    # Given that Ann's summary is due at 7
    days.arrive()
    days.are("2026-11-21 06:30")

    # When her hour becomes 6, half an hour ago
    days.keep(ann="summary_hour = 6\n")
    days.work()

    # Then she has it at once, and no other today
    assert len(days.summaries(ANN)) == 1
    days.are("2026-11-21 23:00")
    assert len(days.summaries(ANN)) == 1


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        ("summary_hour = 9\n", "2026-11-20 13:00"),  # over: at once
        ("summary_hour = 15\n", "2026-11-20 15:00"),  # still to come
    ],
)
def test_whoever_was_new_after_their_hour_gets_today_s_by_another_hour(
    days: Days, lines: str, at: str
) -> None:
    # Given that Ann was first in the directory at 13 o'clock, when her hour was over
    days.arrive()
    days.keep()  # and it is applied again
    days.are("2026-11-20 13:00")
    assert not days.summaries(ANN)
    assert days.planned(ANN) == ["2026-11-21T06:00:00Z"]

    # When she is given another hour on that day
    days.keep(ann=lines)
    days.are(at)

    # Then she has that day's, once, and the next day's at her new hour
    assert len(days.summaries(ANN)) == 1
    days.keep()
    days.are("2026-11-20 23:00")
    assert len(days.summaries(ANN)) == 1
    days.are("2026-11-21 15:00")
    assert len(days.summaries(ANN)) == 2


def test_an_hour_changed_to_and_fro_gives_one_summary(days: Days) -> None:
    days.arrive()
    for hour in (9, 7, 8, 7):
        days.keep(ann=f"summary_hour = {hour}\n")
    days.are("2026-11-21 23:00")
    assert len(days.summaries(ANN)) == 1
    assert days.planned(ANN) == ["2026-11-22T06:00:00Z"]


def test_applying_the_same_directory_again_plans_nothing(days: Days) -> None:
    before = [row["id"] for row in days.office.plans()]
    days.keep()
    assert [row["id"] for row in days.office.plans()] == before


def test_whoever_opts_out_leaves_or_loses_the_privilege_gets_none(days: Days) -> None:
    # Given that Ann opted out and Bo may no longer push to accounting
    days.arrive()
    text = DIRECTORY.replace(
        'email = "ann@harbor.example"\n', 'email = "ann@harbor.example"\ndaily_summary = false\n'
    )
    begin = text.index('email = "bo@harbor.example"')
    text = text[:begin] + text[begin:].replace("can_push_to_accounting = true\n", "", 1)
    directory_file.apply(days.office.program.database, directory_file.parse(text))

    # When their hours come
    days.are("2026-11-21 23:00")

    # Then nobody is written to, and no request is left; whoever opts in again is planned again
    assert not days.summaries("")
    assert not days.planned(ANN)
    days.keep()
    days.are("2026-11-22 23:00")
    assert len(days.summaries(ANN)) == 1
    assert len(days.summaries(BO)) == 1


def test_opting_out_and_in_on_one_day_gives_no_second_summary(days: Days) -> None:
    # Given that Ann has had today's summary, and opted out
    days.arrive()
    days.are("2026-11-21 07:00")
    days.keep(ann="daily_summary = false\n")

    # When she opts in again, for a later hour of the same day
    days.keep(ann="summary_hour = 10\n")
    days.are("2026-11-21 23:00")

    # Then there is still one of today
    assert len(days.summaries(ANN)) == 1


@pytest.mark.parametrize(
    ("before", "local", "lines"),
    [
        ("2027-03-27 23:00", "2027-03-28 03:00", "summary_hour = 2\n"),  # 2 o'clock is left out
        ("2026-10-24 23:00", "2026-10-25 02:00", "summary_hour = 2\n"),  # 2 o'clock comes twice
    ],
)
def test_a_day_on_which_the_clocks_change_has_one_summary(
    days: Days, before: str, local: str, lines: str
) -> None:
    days.now = datetime(2026, 10, 20, tzinfo=UTC)
    days.forget()
    days.keep(ann=lines)
    days.arrive()
    days.are(before)
    known = len(days.summaries(ANN))
    days.are(local)
    assert len(days.summaries(ANN)) == known + 1
    days.are(f"{local[:10]} 23:59")
    assert len(days.summaries(ANN)) == known + 1


def test_a_directory_from_before_there_were_summaries_is_planned_at_the_start(days: Days) -> None:
    # Given a directory whose people have no plan
    days.forget()
    days.arrive()

    # When notifiers start, one after the other
    for _ in range(2):
        Planning(days.office.program).start()

    # Then everybody has one
    assert days.planned(ANN) == ["2026-11-21T06:00:00Z"]
    assert days.planned(BO) == ["2026-11-21T07:00:00Z"]
