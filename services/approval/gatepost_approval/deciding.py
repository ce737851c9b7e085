"""Deciding: what people want done with an item, whoever carries it here: one path, one rule set.

A refusal is an answer, not a failure: it goes back to whoever asked, and changes nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gatepost.domain.amounts import must_not_take_two
from gatepost.domain.changes import in_words
from gatepost.domain.decisions import Decision, Verdict
from gatepost.domain.errors import FieldProblem, NotAllowed, Refusal, StaleDecision
from gatepost.domain.items import Item
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import must_be_sender_for
from gatepost.ledger import revisions
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
    except StaleDecision as refusal:
        _refuse(request, _with_changes(refusal, request, work), work)
    except Refusal as refusal:
        _refuse(request, refusal, work)
    else:
        if changed is not None:  # else whoever finds it out will answer
            work.answer("done" if changed else "unchanged")


def accept(request: Decide, item: Item, company: Company, work: Work) -> bool:
    decision = _decision(Verdict.ACCEPT, request, company)
    if not replace(item).accept(decision, company, work.now):  # on a copy: refuses
        return False
    entries, shown = entered(item, request.entries, work), request.preview_hash
    if first := item.first_approver(company):
        _must_agree(first, item, entries, shown)
        shown = shown or item.preview_hash
    item.entries, item.preview_hash = entries, shown
    item.accept(decision, company, work.now)
    if item.first_approval:
        record_acceptance(item, decision, work, "accepted by the first of two")
    else:
        pass_on(item, decision, work)
    return True


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


def reject(request: Decide, item: Item, company: Company, work: Work) -> bool:
    decision = _decision(Verdict.REJECT, request, company)
    if not item.reject(decision, company, work.now):
        return False
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
    must_be_sender_for(request.by, item, company)
    if not item.retrieve(work.now):
        return False
    work.record(item, "retrieved", by=request.by, channel=request.channel)
    work.tell(Fact.RETRIEVED, item, by=request.by, channel=request.channel)
    return True


def retry(request: Decide, item: Item, company: Company, work: Work) -> bool:
    person = company.must_know(request.by)
    if not replace(item).retry(person, request.entries, work.now):  # on a copy: refuses
        return False
    if request.entries:
        item.must_be_acceptable_to(person, company)  # to change what is written is as much
        must_not_take_two(item.total, company.settings)
    entries = entered(item, request.entries, work) if request.entries else {}
    item.retry(person, entries, work.now)
    item.preview_hash = request.preview_hash
    work.record(item, "retried", by=person.email, channel=request.channel, entries=request.entries)
    export(item, work)
    return True


def take_back(request: Decide, item: Item, company: Company, work: Work) -> bool:
    person = company.must_know(request.by)
    item.take_back(person, work.now)
    work.record(item, "taken back", by=person.email, channel=request.channel)
    work.tell(Fact.RECEIVED, item)
    return True


MOST_TOLD: Final = 20  # changes told with a refusal; the item's page shows the item as it is

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


def _decision(verdict: Verdict, request: Decide, company: Company) -> Decision:
    return Decision(
        verdict=verdict,
        by=company.must_know(request.by),
        revision=request.revision,
        channel=request.channel,
        comment=request.comment,
        reason_code=request.reason_code,
        proof=request.proof,
    )


def _with_changes(refusal: StaleDecision, request: Decide, work: Work) -> StaleDecision:
    """The refusal, and what changed since the revision that was decided on."""
    item, seen = work.item(request.item_id), request.revision or 0
    step = (item.id, seen, item.revision)
    found = revisions.changed(work.connection, [step])[step]
    who = refusal.problems[0].who_can_fix
    told = [FieldProblem(each.field, "changed", in_words(each), who) for each in found[:MOST_TOLD]]
    return StaleDecision([*refusal.problems, *told])


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
