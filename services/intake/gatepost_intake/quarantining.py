"""Quarantine: what could not be taken is kept with its raw bytes, answered, and can be replayed."""

from collections.abc import Sequence

from gatepost.domain.errors import FieldProblem
from gatepost.domain.kinds import ItemRef
from gatepost.ledger import tables
from gatepost.ledger.work import Work
from gatepost.messages.cloud_events import Envelope
from gatepost_intake.incoming import Incoming


def keep(
    incoming: Incoming,
    reason: str,
    problems: Sequence[FieldProblem],
    envelope: Envelope | None,
    work: Work,
    *,
    ref: ItemRef | None = None,
) -> None:
    """Keep a message that is refused, and tell its source why, with every reason."""
    work.add(
        tables.quarantine,
        id=work.new_id(),
        reason=reason,
        problems=list(problems),
        at=work.now,
        replayed_at=None,
        **incoming.as_kept(),
    )
    item = work.find(ref.item_id) if ref else None
    cause, revision = (envelope.id, envelope.data.get("revision")) if envelope else ("", None)
    named = revision if isinstance(revision, int) else None
    work.tell_refusal(ref, problems, cause=cause, item=item, revision=named)
