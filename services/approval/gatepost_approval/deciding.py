"""Deciding: what people want done with an item, whoever carries it here: one path, one rule set.

A refusal is an answer, not a failure: it goes back to whoever asked, and changes nothing.
"""

from collections.abc import Callable
from typing import Final

from gatepost.domain import correcting
from gatepost.domain.errors import Refusal
from gatepost.domain.items import Item
from gatepost.domain.people import Company
from gatepost.ledger import judging
from gatepost.ledger.entering import entered
from gatepost.ledger.work import Work
from gatepost.messages.facts import Fact
from gatepost.messages.requests import Action, Decide, TellOfRejection
from gatepost_approval.accepting import export, pass_on, proof_of, record_acceptance
from gatepost_approval.putting_away import archive, unarchive, unlink


def decide(request: Decide, work: Work) -> None:
    """Do what is asked, or say why not."""
    try:
        item = work.item(request.item_id)
        company = work.directory.company(item.company)
        changed = ACTIONS[request.action](request, item, company, work)
    except Refusal as refusal:
        _refuse(request, refusal, work)
    else:
        if changed is not None:  # else whoever finds it out will answer
            work.answer("done" if changed else "unchanged")


def accept(request: Decide, item: Item, company: Company, work: Work) -> bool:
    found = judging.acceptance(request, item, work)
    if found is None:
        return False
    item.entries, item.preview_hash = found.entries, found.shown
    item.accept(found.decision, company, work.now)
    if item.first_approval:
        record_acceptance(item, found.decision, work, "accepted by the first of two")
    else:
        pass_on(item, found.decision, work)
    return True


def reject(request: Decide, item: Item, company: Company, work: Work) -> bool:
    decision = judging.rejection(request, item, work)
    if decision is None:
        return False
    item.reject(decision, company, work.now)
    work.record(
        item,
        "rejected",
        by=decision.by.email,
        channel=decision.channel,
        comment=decision.comment,
        reason_code=decision.reason_code,
        **proof_of(decision),
    )
    work.tell(
        Fact.REJECTED,
        item,
        by=decision.by.email,
        channel=decision.channel,
        comment=decision.comment,
        reason_code=decision.reason_code,
    )
    work.send(TellOfRejection(item_id=item.id, revision=item.revision))
    return True


def retrieve(request: Decide, item: Item, company: Company, work: Work) -> bool:
    """Senders take back what they sent, by whichever way they ask."""
    if not judging.retrieval(request, item, work):
        return False
    item.retrieve(work.now)
    work.record(item, "retrieved", by=request.by, channel=request.channel)
    work.tell(Fact.RETRIEVED, item, by=request.by, channel=request.channel)
    return True


def retry(request: Decide, item: Item, company: Company, work: Work) -> bool:
    person = company.must_know(request.by)
    if not correcting.may_retry(item, person, company, corrects=bool(request.entries)):
        return False
    entries = entered(item, request.entries, work) if request.entries else {}
    if not correcting.retry(item, person, entries, request.preview_hash, company, work.now):
        return False
    what = "corrected by the first of two" if item.first_approval else "retried"
    work.record(item, what, by=person.email, channel=request.channel, entries=request.entries)
    if not item.first_approval:
        export(item, work)
    return True


def take_back(request: Decide, item: Item, company: Company, work: Work) -> bool:
    person = company.must_know(request.by)
    item.take_back(person, work.now)
    work.record(item, "taken back", by=person.email, channel=request.channel)
    work.tell(Fact.RECEIVED, item)
    return True


ACTIONS: Final[dict[Action, Callable[[Decide, Item, Company, Work], bool | None]]] = {
    Action.ACCEPT: accept,
    Action.REJECT: reject,
    Action.RETRIEVE: retrieve,
    Action.RETRY: retry,
    Action.TAKE_BACK: take_back,
    Action.UNLINK: unlink,
    Action.ARCHIVE: archive,
    Action.UNARCHIVE: unarchive,
}


def _refuse(request: Decide, refusal: Refusal, work: Work) -> None:
    """Answer the caller who waits, and tell the source that sent the decision as an event."""
    work.answer("refused", refusal)
    item = work.find(request.item_id)
    if item:
        work.record(
            item,
            f"{request.action} refused",
            by=request.by,
            channel=request.channel,
            comment=str(refusal),
        )
    if request.channel == "source":
        ref = item.ref if item else None
        work.tell_refusal(ref, refusal.problems, cause=request.event_id, item=item)
        work.release_event(request.event_id, request.event_source)
