"""The daily summary, day by day: who gets it when, what is in it, and that there is one a day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from gatepost.domain.items import Party
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.ledger import directory_file, tables
from gatepost.ledger.statements import Moment
from gatepost.messages.requests import Action
from gatepost.messages.routes import Queue
from gatepost.runtime.parcels import ParcelHandler
from gatepost_notifier import service as notifier
from gatepost_notifier.awaiting import MOST_LISTED
from gatepost_notifier.summarizing import Planning

from .conftest import ANN, BO, DIRECTORY, OMAR, Office, sending

OSLO = "Europe/Oslo"  # where Ann is; Bo's clock shows UTC
SUBJECT = "ERP Integrations Daily Summary"
CONTENT = {"lines": [{"external_id": "l-1", "cost_code": "05-100", "amount": "12400.00"}]}
CORRECTED = {"lines": [{"external_id": "l-1", "cost_code": "05-120", "amount": "12400"}]}


class Days:
    """An office whose clock is moved by hand; what falls due on the way is done."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = office
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        statements = type(office.ledger.statements)
        real = statements.moment

        def moment(self_: Any, connection: sa.Connection) -> Moment:  # noqa: ANN401 - either database's
            return Moment(self.now, real(self_, connection).version)

        monkeypatch.setattr(statements, "moment", moment)
        self.forget()
        self.keep()

    def forget(self) -> None:
        """No summary is planned for anybody."""
        with self.office.program.database.transaction() as connection:
            connection.execute(sa.delete(tables.summaries))
            connection.execute(sa.delete(tables.messages))

    def keep(self, **changed: str) -> None:
        """The directory is applied; ``ann`` and ``bo`` stand for more lines about them."""
        text = DIRECTORY
        for name, lines in changed.items():
            entry = f'email = "{name}@harbor.example"\n'
            zone = 'time_zone = "Europe/Oslo"\n'
            text = text.replace(entry + zone if "time_zone" in lines else entry, entry + lines)
        directory_file.apply(self.office.program.database, directory_file.parse(text))

    def are(self, local: str, zone: str = OSLO) -> None:
        """It becomes that time, and the messages that are due by then are handled."""
        self.now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        self.work()

    def work(self) -> None:
        while due := [row["id"] for row in self.office.plans() if self._at(row) <= self.now]:
            self.due(*due)
            ParcelHandler(self.office.ledger, notifier, attempts=1)(due)

    def due(self, *ids: str) -> None:
        chosen = sa.update(tables.messages).where(tables.messages.c.id.in_(ids))
        with self.office.program.database.transaction() as connection:
            connection.execute(chosen.values(lease_token=None))

    @staticmethod
    def _at(row: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(row["body"]["at"])

    def arrive(self, *sent: Any, **changed: Any) -> list[str]:
        """Items arrive, with what their source said in each revision."""
        found = list(sent) or [sending(**changed)]
        ids = self.office.arrives(*found)
        with self.office.ledger.work() as work:
            for each in found:
                row = {"item_id": each.ref.item_id, "revision": each.revision, "at": work.now}
                work.add(
                    tables.revisions, header=each.header, content=each.content, words="", **row
                )
        return ids

    def summaries(self, recipient: str = ANN) -> list[dict[str, Any]]:
        return [mail for mail in self.office.mails(recipient) if mail["template"] == "summary"]

    def planned(self, recipient: str = ANN) -> list[str]:
        """The moments of the plan that counts, and of those that are outdated."""
        rows = [row["body"] for row in self.office.plans()]
        return sorted(row["at"] for row in rows if row["email"] == recipient)


@pytest.fixture
def days(office: Office, monkeypatch: pytest.MonkeyPatch) -> Days:
    return Days(office, monkeypatch)


# --- when ------------------------------------------------------------------------------------------


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


# --- what ------------------------------------------------------------------------------------------


def test_a_resent_item_is_not_alerted_but_summarized_with_what_changed(days: Days) -> None:
    # Given a commitment that Ann rejected, and that was corrected and sent again
    (item_id,) = days.arrive(content=CONTENT)
    days.office.posts()
    days.office.decides(item_id, Action.REJECT, comment="wrong cost code")
    days.arrive(revision=2, content=CORRECTED, title="Steel, tower B")
    for recipient in (ANN, BO):
        assert days.office.mails(recipient)[-1]["status"] == "held_back"

    # When the next morning comes
    days.are("2026-11-21 09:00")
    days.office.posts()

    # Then both approvers are told that it is back, from whom, and with what
    for recipient in (ANN, BO):
        (mail,) = [mail for mail in days.office.inbox(recipient) if mail["subject"] == SUBJECT]
        for part in ("text", "html"):
            assert "resent after it was rejected by Ann Ode" in mail[part]
            assert "title: was Steel erection, tower B, now Steel, tower B" in mail[part]
            assert "line l-1, cost code: was 05-100, now 05-120" in mail[part]
            assert "amount: was" not in mail[part], "12400 is 12400.00"
            assert f"https://gate.harbor.example/items/{item_id}" in mail[part]
        assert "12,400.00 USD" in mail["text"]
        assert mail["headers"]["X-Gatepost-Reason"].startswith("you are an accounting approver")


def test_a_reject_answered_by_an_acceptance_that_was_taken_back_is_still_told(days: Days) -> None:
    # Given a commitment that was rejected, resent unchanged, accepted and taken back
    (item_id,) = days.arrive(content=CONTENT)
    days.office.decides(item_id, Action.REJECT, comment="no")
    days.arrive(content=CONTENT)
    days.office.decides(item_id, Action.ACCEPT)
    days.office.decides(item_id, Action.TAKE_BACK)

    # When the next morning comes
    days.are("2026-11-21 07:00")

    # Then the summary says so
    (mail,) = days.summaries(ANN)
    assert "resent after it was rejected by Ann Ode; nothing was changed" in mail["text"]


def test_an_update_of_what_is_in_the_erp_is_no_resend(days: Days) -> None:
    (item_id,) = days.arrive(content=CONTENT)
    days.office.decides(item_id, Action.REJECT, comment="no")
    days.arrive(revision=2, content=CORRECTED)
    with days.office.ledger.work() as work:
        work.item(item_id).rejection = None  # as the exporter leaves it
    days.office.is_in_the_erp(item_id)
    days.arrive(revision=3, content=CONTENT)
    days.are("2026-11-21 07:00")
    (mail,) = days.summaries(ANN)
    assert "an update" in mail["text"]
    assert "resent" not in mail["text"]


def test_a_summary_names_what_its_reader_may_decide(days: Days) -> None:
    # Given that Bo decides on projects only, and Ann sent one of two commitments herself
    days.keep(bo='kinds = ["project"]\n')
    project = sending(Kind.PROJECT, "pm-12", number="26-012", title="Harbor Bridge", total=None)
    own = sending(external_id="pm-559", number="SC-2", sent_by=Party(ANN))
    days.arrive(sending(), own, project)

    # When the morning comes
    days.are("2026-11-21 09:00")

    # Then each reads of what they may accept
    (anns,), (bos,) = days.summaries(ANN), days.summaries(BO)
    assert "2 items await" in anns["text"]
    assert "SC-1001" in anns["text"]
    assert "SC-2" not in anns["text"]
    assert "1 item awaits" in bos["text"]
    assert "26-012" in bos["text"]


def test_a_long_list_begins_with_what_came_back_and_counts_the_rest(days: Days) -> None:
    # Given more items than a mail names, the youngest of which is back after a reject
    many = [sending(external_id=f"pm-{n}", number=f"SC-{n}") for n in range(MOST_LISTED + 5)]
    ids = days.arrive(*many)
    days.office.decides(ids[-1], Action.REJECT, comment="no")
    days.arrive(many[-1])

    # When the morning comes
    days.are("2026-11-21 07:00")

    # Then it is the first that is named
    (mail,) = days.summaries(ANN)
    assert f"{len(many)} items await" in mail["text"]
    assert "And 5 more." in mail["text"]
    assert mail["text"].index(f"SC-{MOST_LISTED + 4}:") < mail["text"].index("SC-0:")


def test_amounts_are_for_those_who_read_the_books(days: Days) -> None:
    """An approver always does; the operator, who decides nothing, gets no summary at all."""
    days.arrive()
    days.are("2026-11-21 09:00")
    assert "12,400.00 USD" in days.summaries(ANN)[0]["text"]
    assert not days.summaries(OMAR)


def test_what_is_above_the_reader_s_limit_is_marked(days: Days) -> None:
    # Given Ann, who may accept up to 10,000, and Bo, who may accept anything
    days.keep(ann='amount_limit = "10000"\n')
    days.arrive()

    # When both get their summary, then hers says what she may do about it
    days.are("2026-11-21 09:00")
    marked = "above your limit of 10,000: you may only reject it"
    assert f"12,400.00 USD, {marked}, Harbor Bridge" in days.summaries(ANN)[0]["text"]
    assert marked in days.summaries(ANN)[0]["html"]
    assert marked not in days.summaries(BO)[0]["text"]

    # And once her limit is as high, nothing is marked
    days.keep(ann='amount_limit = "12400"\n')
    days.are("2026-11-22 09:00")
    assert sorted(marked in mail["text"] for mail in days.summaries(ANN)) == [False, True]


def test_without_a_mail_server_summaries_are_written_and_kept(
    unserved: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = Days(unserved, monkeypatch)
    days.arrive()
    days.are("2026-11-21 07:00")
    (mail,) = days.summaries(ANN)
    assert (mail["status"], mail["reason"]) == ("written", "kept: no SMTP server is configured")
    assert mail["subject"] == SUBJECT
