"""Who is due the daily summary when: the same on every database, however many plan at once."""

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from gatepost.domain.decisions import Decision, Verdict
from gatepost.domain.items import Item
from gatepost.ledger import revisions, summary_plan, tables
from gatepost.ledger.database import Database
from gatepost.ledger.statements import Moment
from gatepost.ledger.work import Work
from gatepost.messages.requests import Summarize
from tests.ledger.databases import NOBODY, connects_to
from tests.ledger.office import Office, arriving

ANN, BO = "ann@acme.example", "bo@acme.example"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEVEN = datetime(2026, 11, 21, 7, tzinfo=UTC)


def everybody_gets_it(office: Office) -> None:
    """The company's two approvers want the summary; the plan is made at noon of 20 November."""
    connects_to(NOBODY, office.database, {"daily_summary = false": "daily_summary = true"})
    with office.database.transaction() as connection:
        connection.execute(sa.delete(tables.summaries))
        connection.execute(sa.delete(tables.messages))
    with office.ledger.work() as work:
        at(work, NOON)
        summary_plan.follow(work, "acme")


def at(work: Work, moment: datetime) -> None:
    """It is that moment for this transaction."""
    version = work.statements.moment(work.connection).version
    work.begun(Moment(moment, version))


def plans(database: Database) -> dict[str, tuple[str, datetime]]:
    with database.reading() as connection:
        rows = connection.execute(sa.select(tables.summaries)).mappings()
        return {row["email"]: (row["day"], row["due_at"]) for row in rows}


def test_everybody_who_wants_it_has_one_row_and_one_held_message(office: Office) -> None:
    # Given a company with two approvers among its people
    everybody_gets_it(office)

    # Then both are planned for their next hour, and nothing is offered before it
    assert plans(office.database) == {ANN: ("2026-11-20", SEVEN), BO: ("2026-11-20", SEVEN)}
    messages = office.messages().values()
    assert {row["type"] for row in messages} == {"Summarize"}
    assert all(row["lease_token"] == row["id"] for row in messages)
    assert not office.swept()

    # And planning once more changes nothing
    with office.ledger.work() as work:
        at(work, NOON + timedelta(hours=1))
        summary_plan.follow(work, "acme")
    assert len(office.messages()) == 2


def test_a_request_counts_until_another_is_planned(office: Office) -> None:
    # Given Ann's plan for 7 o'clock
    everybody_gets_it(office)
    request = Summarize(company="acme", email=ANN, at=SEVEN)

    # When her summary is seen to
    with office.ledger.work() as work:
        at(work, SEVEN)
        (planned,) = summary_plan.counting(work, [request, request])
        person = work.directory.company("acme").people[ANN]
        due = summary_plan.due_now(work, planned, person)
        assert due is not None
        assert due.day == date(2026, 11, 21)
        summary_plan.plan_next(work, planned, person, due)

    # Then the request is outdated, and tomorrow's is planned
    with office.ledger.work() as work:
        assert summary_plan.counting(work, [request]) == []
    assert plans(office.database)[ANN] == ("2026-11-22", SEVEN + timedelta(days=1))


def test_an_hour_that_moved_on_without_anybody_planning_is_waited_for(office: Office) -> None:
    # Given a request that comes before its hour, as after a change of the zone's own rules
    everybody_gets_it(office)
    with office.ledger.work() as work:
        at(work, SEVEN - timedelta(hours=1))
        (planned,) = summary_plan.counting(work, [Summarize(company="acme", email=ANN, at=SEVEN)])
        person = work.directory.company("acme").people[ANN]

        # Then it is not due, and is planned anew for the hour
        assert summary_plan.due_now(work, planned, person) is None
        summary_plan.plan_next(work, planned, person, None)
    assert plans(office.database)[ANN] == ("2026-11-21", SEVEN)
    assert len(office.messages()) == 3


def test_a_morning_that_is_brought_forward_is_that_day_s(office: Office) -> None:
    # Given plans for tomorrow at 7, when the morning is brought forward at 13 o'clock
    everybody_gets_it(office)
    one = NOON + timedelta(hours=1)
    with office.ledger.work() as work:
        at(work, one)
        assert summary_plan.bring_forward(work, "acme") == [ANN, BO]

    # Then the plan that was held is overtaken, and tomorrow's summary is due now
    with office.ledger.work() as work:
        at(work, one)
        held = Summarize(company="acme", email=ANN, at=SEVEN)
        assert summary_plan.counting(work, [held]) == []
        (planned,) = summary_plan.counting(work, [held.model_copy(update={"at": one})])
        person = work.directory.company("acme").people[ANN]
        due = summary_plan.due_now(work, planned, person, early=True)
        assert due is not None
        assert due.day == date(2026, 11, 21)
        summary_plan.plan_next(work, planned, person, due)

    # And the one after it is that of the day after tomorrow
    assert plans(office.database)[ANN] == ("2026-11-22", SEVEN + timedelta(days=1))


def test_whoever_leaves_has_no_plan(office: Office) -> None:
    everybody_gets_it(office)
    connects_to(NOBODY, office.database)
    assert plans(office.database) == {}


def test_what_changed_is_read_for_many_items_at_once(office: Office) -> None:
    # Given items that were rejected; one resent with another amount, one unchanged, one without its past
    with office.ledger.work() as work:
        items = [arriving(name, work) for name in ("pm-1", "pm-2", "pm-3")]
        for item in items:
            _was_rejected(item, work)
            work.put(item)
        for item, revision, header, content in (
            (items[0], 1, {"number": "SC-1", "title": "A"}, {"total": "1.00"}),
            (items[0], 2, {"number": "SC-1", "title": "B"}, {"total": "2.00"}),
            (items[1], 1, None, {"total": "1.00"}),
            (items[2], 2, {"number": "SC-1"}, {"total": "1.00"}),
        ):
            row = {"item_id": item.id, "revision": revision, "at": work.now, "words": ""}
            work.add(tables.revisions, header=header, content=content, **row)
        items[0].revision = items[2].revision = 2

    # When it is asked what changed since
    steps = [revisions.since_rejection(item) for item in items]
    with office.database.reading() as connection:
        found = revisions.changed(connection, [*steps, None])

    # Then each says it; what was sent before anything was kept says nothing
    told = [
        [(each.field, each.before, each.after) for each in found[step]] for step in steps if step
    ]
    assert told == [[("title", "A", "B"), ("content.total", "1.00", "2.00")], [], []]
    assert revisions.since_sync(items[0]) is None


def _was_rejected(item: Item, work: Work) -> None:
    company = work.directory.company("acme")
    by = company.people[BO]
    item.reject(Decision(Verdict.REJECT, by, None, "page", comment="no"), company, work.now)
