"""Summarizing: once a day, at each approver's own hour, what waits for their decision.

The request is the clock: handled late, it still writes the summary of its day, and it leaves the
next one. A summary's id is made of the person and the day, so there cannot be two.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy.exc import DBAPIError

from gatepost.domain.people import Person
from gatepost.domain.policies import Addressee, gets_summary
from gatepost.domain.summaries import Due
from gatepost.ledger import summary_plan
from gatepost.ledger.summary_plan import Planned
from gatepost.ledger.work import Work
from gatepost.messages.requests import Summarize
from gatepost_notifier.awaiting import changed_since_rejection, load, what_awaits
from gatepost_notifier.digest import digest
from gatepost_notifier.noting import leave
from gatepost_notifier.reasons import why_summary

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()


class Planning:
    """Plans the summaries of whoever has none planned, when a notifier starts.

    That is what a directory from before there were summaries needs; ``directory apply`` does the same
    for every other one.
    """

    def __init__(self, program: "Program") -> None:
        self._ledger = program.ledger

    def start(self) -> None:
        try:
            self._ledger.database.again_on_deadlock(self._plan)
        except DBAPIError as error:  # the plans that stand hold; the next start is another chance
            log.warning("summaries could not be planned", error=repr(error))

    def _plan(self) -> None:
        with self._ledger.work() as work:
            summary_plan.follow(work, *sorted(work.directory.companies))

    def stop(self) -> None:
        """Nothing runs here: the messages of the ledger are the clock."""


def summarize(requests: Sequence[Summarize], work: Work) -> None:
    """Write the summaries that are due, and plan each person's next one."""
    due: list[tuple[Planned, Person, Due]] = []
    gone: list[Planned] = []
    brought_forward = {(each.company, each.email, each.at) for each in requests if each.early}
    for planned in summary_plan.counting(work, requests):
        person = work.directory.company(planned.company).person(planned.email)
        if person is None or not gets_summary(person):
            gone.append(planned)
            continue
        early = (planned.company, planned.email, planned.due_at) in brought_forward
        found = summary_plan.due_now(work, planned, person, early=early)
        summary_plan.plan_next(work, planned, person, found)
        if found:
            due.append((planned, person, found))
    summary_plan.forget(work, gone)
    if due:
        _write(due, work)


def _write(due: Sequence[tuple[Planned, Person, Due]], work: Work) -> None:
    keys = sorted({planned.company for planned, _, _ in due})
    waiting = what_awaits([work.directory.company(key) for key in keys], work)
    found = [waiting.of(person, planned.company) for planned, person, _ in due]
    named = sorted({item_id for awaiting in found for item_id in awaiting.named})
    load(named, work)
    changed = changed_since_rejection(named, work)
    for (planned, person, day), awaiting in zip(due, found, strict=True):
        if not awaiting.count:
            continue
        company = work.directory.company(planned.company)
        known = mail_id(company.key, person.email, day)
        leave(
            digest(person.email, awaiting, company, changed, work, known),
            "summary",
            company.key,
            Addressee(person.email, person.name),
            why_summary(company),
            work,
            mail_id=known,
        )


def mail_id(company: str, email: str, due: Due) -> str:
    """The id of the one summary that somebody gets for a day."""
    return str(uuid5(NAMESPACE_URL, f"gatepost:summary:{company}/{email}/{due.day}"))
