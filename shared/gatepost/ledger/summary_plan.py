"""Who is due the daily summary when: one row for each person, and one held message behind it.

The message is the clock; the row says which message counts. So whoever changes a plan (the
directory, a summary that was seen to) writes the row and sends another message, and the one that was
held before finds, when its time comes, that it is outdated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa

from gatepost.domain.people import Company, Person
from gatepost.domain.policies import gets_summary
from gatepost.domain.summaries import ONE_DAY, Due, next_summary
from gatepost.domain.wording import zone_of
from gatepost.ledger.tables import messages, summaries
from gatepost.ledger.work import Work
from gatepost.messages.requests import Summarize

IS_WORK: Final = messages.c.type != Summarize.TYPE
"""What is left to be done: a summary that is planned for its day is a clock, and always there."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One person's next summary, its row locked until the transaction ends."""

    id: str
    company: str
    email: str
    first: date  # the first local day that has not had its summary; of one who is new, today
    due_at: datetime


def plan_id(company: str, email: str) -> str:
    """The id of somebody's row."""
    return str(uuid5(NAMESPACE_URL, f"gatepost:summaries:{company}/{email}"))


def follow(work: Work, *companies: str) -> None:
    """Plan the next summary of everybody in these companies, by the directory as it is now.

    Nothing is done where the plan stands already. Whoever is new is planned for the next time their
    hour comes. Somebody whose hour or zone changed gets the summary of each day once: at the new
    hour, or at once where that has passed today.
    """
    for key in companies:
        company = work.directory.company(key)
        known = {each.email: each for each in _locked(work, company)}
        for person in company.people.values():
            if gets_summary(person):
                _plan(work, company, person, known.pop(person.email, None))
        forget(work, list(known.values()))  # they have left, or opted out


def bring_forward(work: Work, company: str) -> list[str]:
    """Make the summaries that are planned for a company due now; gives whose they are.

    Each is the summary of the day it was planned for, so the one after it is that of the day after:
    the next morning has come. Only a demo asks for this; who waits for mornings has them by the clock.
    """
    directory = work.directory.company(company)
    known = _locked(work, directory)
    for each in known:
        person = directory.person(each.email)
        zone = zone_of(person.time_zone if person else "UTC")
        day = max(each.first, each.due_at.astimezone(zone).date())
        work.change(summaries, each.id, day=day.isoformat(), due_at=work.now)
        work.send(Summarize(company=company, email=each.email, at=work.now, early=True))
    return sorted(each.email for each in known)


def counting(work: Work, requests: Sequence[Summarize]) -> list[Planned]:
    """The plans that are due by these requests; the others have been overtaken."""
    moments = {(each.company, each.email): set[datetime]() for each in requests}
    for each in requests:
        moments[each.company, each.email].add(each.at)
    rows = work.rows_by_ids(summaries, sorted(plan_id(*each) for each in moments), lock=True)
    found = [_planned(row._mapping) for row in rows]
    return [each for each in found if each.due_at in moments[each.company, each.email]]


def due_now(work: Work, planned: Planned, person: Person, *, early: bool = False) -> Due | None:
    """The summary the person is due by now; None where their hour has moved on meanwhile.

    Args:
        work: tells the moment.
        planned: their plan.
        person: as the directory has them now.
        early: whether the day it is planned for was brought forward.

    """
    if early:
        return Due(planned.first, work.now)
    due = next_summary(work.now, person.summary_hour, person.time_zone, planned.first)
    return due if due.at <= work.now else None


def plan_next(work: Work, planned: Planned, person: Person, seen_to: Due | None) -> None:
    """Plan what comes after a summary that was seen to, whether or not there was one to write."""
    first = seen_to.day + ONE_DAY if seen_to else planned.first
    due = next_summary(work.now, person.summary_hour, person.time_zone, first)
    _change(work, planned, due)


def forget(work: Work, plans: Sequence[Planned]) -> None:
    """Plan nothing for these people any more."""
    if plans:
        ids = [each.id for each in plans]
        work.connection.execute(sa.delete(summaries).where(summaries.c.id.in_(ids)))


def _plan(work: Work, company: Company, person: Person, known: Planned | None) -> None:
    coming = next_summary(work.now, person.summary_hour, person.time_zone)
    if known is None:
        today = work.now.astimezone(zone_of(person.time_zone)).date()
        identity = {"id": plan_id(company.key, person.email), "company": company.key}
        columns = {"email": person.email, "day": today.isoformat(), "due_at": coming.at}
        work.add(summaries, **identity, **columns)
        _send(work, company.key, person.email, coming)
        return
    due = next_summary(work.now, person.summary_hour, person.time_zone, known.first)
    # Who was new after the hour of that day has not had its summary: only another hour brings it.
    if known.due_at not in (due.at, coming.at):
        _change(work, known, due)


def _change(work: Work, planned: Planned, due: Due) -> None:
    work.change(summaries, planned.id, day=due.day.isoformat(), due_at=due.at)
    _send(work, planned.company, planned.email, due)


def _send(work: Work, company: str, email: str, due: Due) -> None:
    wait = (due.at - work.now).total_seconds()
    work.send(Summarize(company=company, email=email, at=due.at), after=max(0.0, wait))


def _locked(work: Work, company: Company) -> list[Planned]:
    statement = sa.select(summaries).where(summaries.c.company == company.key)
    rows = work.connection.execute(statement.order_by(summaries.c.id).with_for_update())
    return [_planned(row) for row in rows.mappings()]


def _planned(row: Any) -> Planned:  # noqa: ANN401 - a row's mapping
    return Planned(
        row["id"], row["company"], row["email"], date.fromisoformat(row["day"]), row["due_at"]
    )
