"""What stands against a decision: the same answer for the service that takes it and for a source that waits.

Nothing is changed here. Every reason is given at once: the right that is missing, and beside it what
has become of the item or, where it is open to decide on, what the decision lacks.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from gatepost.domain.changes import in_words
from gatepost.domain.decisions import Decision, Verdict, is_news, must_explain
from gatepost.domain.errors import FieldProblem, NotAllowed, Refusal, StaleDecision
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State, Step, after
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import must_be_sender_for
from gatepost.ledger import revisions
from gatepost.ledger.objecting import complete
from gatepost.ledger.revisions import Contents
from gatepost.ledger.work import Work
from gatepost.messages.requests import Action, Decide

MOST_TOLD: Final = 20  # changes told with a refusal; the item's page shows the item as it is


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An acceptance against which nothing stands: with all its entries, and the hash of what was shown."""

    decision: Decision
    entries: dict[str, str]
    shown: str


def judge(request: Decide, item: Item, work: Work, content: dict[str, Any] | None = None) -> None:
    """Pass, or refuse what a source passes on of its people.

    Args:
        request: a decision or a retrieval.
        item: as it will stand when the request is handled; it is not changed.
        work: the transaction.
        content: what the item says, where its revision is not stored yet.

    Raises:
        Refusal: every reason is in it.

    """
    if content is not None:
        work.kept(Contents).expect(item, content)
    match request.action:
        case Action.ACCEPT:
            acceptance(request, item, work)
        case Action.REJECT:
            rejection(request, item, work)
        case Action.RETRIEVE:
            retrieval(request, item, work)


def acceptance(request: Decide, item: Item, work: Work) -> Acceptance | None:
    """The acceptance that is asked for; None when it was made before.

    Raises:
        Refusal: it may not be made; every reason is in it.

    """
    company = work.directory.company(item.company)
    decision = _decision(Verdict.ACCEPT, request, company)
    found: Acceptance | None = None

    def must_be_entitled() -> None:
        company.must_know(request.by)
        item.must_be_acceptable_to(decision.by, company)

    def must_be_open() -> None:
        nonlocal found
        if is_news(decision, item):
            after(Step.ACCEPT, item.state)
            found = _complete(request, decision, item, company, work)

    _hold(must_be_entitled, must_be_open, request, item, work)
    return found if replace(item).accept(decision, company, work.now) else None


def rejection(request: Decide, item: Item, work: Work) -> Decision | None:
    """The rejection that is asked for; None when it was made before.

    Raises:
        Refusal: it may not be made; every reason is in it.

    """
    company = work.directory.company(item.company)
    decision = _decision(Verdict.REJECT, request, company)

    def must_be_entitled() -> None:
        company.must_know(request.by).must_be_approver_for(item.kind)

    def must_be_open() -> None:
        if is_news(decision, item):
            after(Step.REJECT, item.state)
            must_explain(decision, item, company)

    _hold(must_be_entitled, must_be_open, request, item, work)
    return decision if replace(item).reject(decision, company, work.now) else None


def retrieval(request: Decide, item: Item, work: Work) -> bool:
    """Whether the item is to be taken back for its sender; it may have been before.

    Raises:
        Refusal: it may not be; every reason is in it.

    """
    company = work.directory.company(item.company)

    def must_be_open() -> None:
        if item.state is not State.RETRIEVED:
            after(Step.RETRIEVE, item.state)

    def must_be_entitled() -> None:
        must_be_sender_for(request.by, item, company)

    _hold(must_be_entitled, must_be_open, request, item, work)
    return item.state is not State.RETRIEVED


def _complete(
    request: Decide, decision: Decision, item: Item, company: Company, work: Work
) -> Acceptance:
    entries = complete(item, request.entries, work)
    shown = request.preview_hash
    if first := item.first_approver(company):
        _must_agree(first, item, entries, shown)
        shown = shown or item.preview_hash
    return Acceptance(decision, entries, shown)


def _must_agree(first: Person, item: Item, entries: dict[str, str], shown: str) -> None:
    """Pass, or refuse a second approver who would write something else than the first accepted.

    Raises:
        NotAllowed: the entries, or the record that was looked at, are not the same.

    """
    saw_another = shown and item.preview_hash and shown != item.preview_hash
    if entries != item.entries or saw_another:
        raise NotAllowed.because(
            f"{first.name} has accepted it with other entries; two approvers accept the same",
            field="entries",
            who_can_fix="the approver: accept it as it is, or reject it",
        )


def _decision(verdict: Verdict, request: Decide, company: Company) -> Decision:
    return Decision(
        verdict=verdict,
        by=company.person(request.by) or Person(request.by, request.by),
        revision=request.revision,
        channel=request.channel,
        comment=request.comment,
        reason_code=request.reason_code,
        proof=request.proof,
    )


def _hold(
    must_be_entitled: Callable[[], object],
    must_be_open: Callable[[], object],
    request: Decide,
    item: Item,
    work: Work,
) -> None:
    refusals: list[Refusal] = []
    with _noted(refusals):
        must_be_entitled()
    with _noted(refusals):
        must_be_open()
    if not refusals:
        return
    problems = [problem for refusal in refusals for problem in refusal.problems]
    if isinstance(refusals[0], StaleDecision):
        problems += _changes(refusals[0], request, item, work)
    raise type(refusals[0])(problems)


@contextmanager
def _noted(refusals: list[Refusal]) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        refusals.append(refusal)


def _changes(
    refusal: StaleDecision, request: Decide, item: Item, work: Work
) -> Iterator[FieldProblem]:
    """What changed since the revision that was decided on."""
    step = (item.id, request.revision or 0, item.revision)
    who = refusal.problems[0].who_can_fix
    for change in revisions.changed(work.connection, [step])[step][:MOST_TOLD]:
        yield FieldProblem(change.field, "changed", in_words(change), who)
