"""May this event be sent? The same answer for the queue, the API, and the check before sending."""

import re
from dataclasses import dataclass
from typing import Any, Final

from gatepost.connectors.discovery import profile_of
from gatepost.domain import rules
from gatepost.domain.content import Content
from gatepost.domain.erp_records import RECORD_REVISION
from gatepost.domain.errors import FieldProblem, NotFound, NotSendable
from gatepost.domain.items import Item, Party, Sending
from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost.domain.people import Company
from gatepost.domain.rules import Agreement, Submission
from gatepost.ledger.agreements import Agreements
from gatepost.ledger.work import Work
from gatepost.messages.cloud_events import Envelope
from gatepost.messages.contents import read_content
from gatepost.messages.item_events import read_what_can_be

COMES_FIRST: Final = frozenset({"parent_sent", "project_known"})
"""The rules that may hold in a moment: what an item names comes as an event of its own."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What was found about a sending: who it belongs to, and everything against it."""

    company: Company
    problems: tuple[FieldProblem, ...]

    @property
    def only_lacks_its_parent(self) -> bool:
        """Whether waiting a moment may help: the events of what it names may still be on their way."""
        return bool(self.problems) and self.lacking <= COMES_FIRST

    @property
    def lacking(self) -> set[str]:
        """The rules that do not hold."""
        return {problem.rule for problem in self.problems}

    def check(self) -> None:
        """Pass, or refuse with every reason at once.

        Raises:
            NotSendable: at least one rule does not hold.

        """
        if self.problems:
            raise NotSendable(self.problems)


def read_or_refuse(
    envelope: Envelope, work: Work, agreements: Agreements | None = None
) -> tuple[Sending, Content]:
    """The sending in an ``item.sent`` event.

    Raises:
        NotSendable: fields are missing or of the wrong shape; what the rules find in the rest of it
            is said together with that.

    """
    reading = read_what_can_be(envelope)
    if reading.sending and reading.content and not reading.problems:
        return reading.sending, reading.content
    found = list(reading.problems)
    if reading.sending:
        try:
            admission = examine(reading.sending, reading.content, work, agreements)
        except NotFound as unknown:
            found += unknown.problems
        else:
            read = (each for each in admission.problems if _root(each) not in reading.unread)
            found += read
    raise NotSendable(found)


def examine(
    sending: Sending, content: Content | None, work: Work, agreements: Agreements | None = None
) -> Admission:
    """Ask the rules of the kind and of the company's connection, all of them.

    Args:
        sending: what is to be sent.
        content: its content; None when it could not be read.
        work: the transaction.
        agreements: what is known of commitments already; a parcel reads them all at once.

    Raises:
        NotFound: there is no such company.

    """
    company = work.directory.company(sending.ref.company)
    agreement = (agreements or Agreements(work)).of(sending.parent_ref)
    submission = Submission(
        sending,
        content,
        company,
        _is_here(sending.parent_ref, company, work),
        agreement,
        project_known=_project_is_known(sending, agreement, company, work),
    )
    problems = [*rules.problems(submission), *_erp_problems(submission, work)]
    return Admission(company, tuple(problems))


def examine_again(
    item: Item, content: dict[str, Any], work: Work, agreements: Agreements | None = None
) -> list[FieldProblem]:
    """What stands against writing an accepted item by now: its vendor, its commitment, the ERP's limits.

    What was imported was never sent, so no rule was ever asked about it.
    """
    if item.revision <= RECORD_REVISION:
        return []
    try:
        read = read_content(item.kind, content)
    except NotSendable as refusal:  # it was stored by a release that took more
        return list(refusal.problems)
    sending = _as_sending(item, content)
    known = agreements or Agreements(work)
    submission = Submission(
        sending,
        read,
        work.directory.company(item.company),
        parent_sent=True,
        agreement=known.of(sending.parent_ref),
    )
    return [*rules.problems_again(submission), *_erp_problems(submission, work)]


def project_beside(sending: Sending) -> ItemRef | None:
    """The project that an item names besides its commitment; for others it is the parent."""
    beside = PARENT_KIND.get(sending.ref.kind) is Kind.COMMITMENT and sending.project
    return ItemRef(sending.ref.company, Kind.PROJECT, beside) if beside else None


def _as_sending(item: Item, content: dict[str, Any]) -> Sending:
    return Sending(
        ref=item.ref,
        revision=item.revision,
        status=item.status,
        number=item.number,
        title=item.title,
        project=item.project,
        parent=item.parent,
        created_by=Party(item.created_by, item.created_by_name),
        sent_by=Party(item.sent_by, item.sent_by_name),
        url=item.url,
        source=item.source,
        content=content,
        digest=item.digest,
        total=item.total,
        currency=item.currency,
    )


def _root(problem: FieldProblem) -> str:
    """The field of the event in which a problem stands: ``content`` of ``content.lines[0]``."""
    return re.split(r"[.\[]", problem.field, maxsplit=1)[0]


def _is_here(ref: ItemRef | None, company: Company, work: Work) -> bool:
    if ref is None:
        return False
    if ref.kind is Kind.PROJECT and ref.external_id in company.projects:
        return True
    return work.find(ref.item_id, lock=False) is not None


def _project_is_known(
    sending: Sending, agreement: Agreement | None, company: Company, work: Work
) -> bool:
    """Whether the project that it names besides its commitment is here; a commitment says it better."""
    project = project_beside(sending)
    if project is None or (agreement and agreement.project):
        return True
    return _is_here(project, company, work)


def _erp_problems(submission: Submission, work: Work) -> list[FieldProblem]:
    entry = work.directory.connection_of(submission.company.key)
    if entry is None:
        who = "whoever keeps the directory: add a connection"
        message = f"{submission.company.name} has no ERP connection"
        return [FieldProblem("company", "connection", message, who)]
    profile = profile_of(entry.connector, entry.profile)
    return list(profile.problems(submission.sending, submission.content, submission.company))
