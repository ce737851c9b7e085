"""Accepting: what follows once an item may pass. It goes to the exporter, or waits for its parent."""

from gatepost.domain.decisions import Decision
from gatepost.domain.items import Item
from gatepost.domain.waiting import waits_for
from gatepost.ledger.exports import ask_for_accepted
from gatepost.ledger.work import Work
from gatepost.messages.facts import Fact


def pass_on(item: Item, decision: Decision, work: Work) -> None:
    """Record the acceptance and hand the item to the exporter."""
    record_acceptance(item, decision, work)
    work.tell(
        Fact.ACCEPTED,
        item,
        by=decision.by.email,
        channel=decision.channel,
        comment=decision.comment,
        reason_code=decision.reason_code,
    )
    export(item, work)


def record_acceptance(item: Item, decision: Decision, work: Work, what: str = "accepted") -> None:
    """Into the history, with what was entered and the record that was looked at."""
    shown = {"preview_hash": item.preview_hash} if item.preview_hash else {}
    entered_too = {"entries": item.entries} if item.entries else {}
    work.record(
        item,
        what,
        by=decision.by.email,
        channel=decision.channel,
        comment=decision.comment,
        **entered_too,
        **shown,
        **proof_of(decision),
    )


def proof_of(decision: Decision) -> dict[str, str]:
    """How the approver showed who they are, for the history; nothing where the channel says it."""
    return {"proof": decision.proof} if decision.proof else {}


def export(item: Item, work: Work) -> None:
    """Ask for the export. A child whose parent is not in the ERP yet waits in its state.

    Before it waits, the parent is read again, locked: its own export may have finished just now.
    """
    parent = work.find(item.parent_id, lock=False)
    if parent and not parent.is_linked:
        parent = work.find(item.parent_id)
    if parent and not parent.is_linked:
        item.waits_for = waits_for(parent)
        return
    ask_for_accepted(item, work)
