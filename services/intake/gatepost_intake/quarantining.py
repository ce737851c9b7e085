"""Quarantine: what could not be taken is kept with its raw bytes, answered, and can be replayed."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from gatepost.domain.errors import FieldProblem
from gatepost.domain.kinds import ItemRef
from gatepost.ledger import quarantined, tables
from gatepost.ledger.directory_events import company_of
from gatepost.ledger.work import Work
from gatepost.messages import facts
from gatepost.messages.cloud_events import Envelope
from gatepost.messages.item_events import DIRECTORY_CHANGED, digest_of_event
from gatepost_intake.incoming import Incoming

UNINTELLIGIBLE: Final = "unintelligible"
_A_KEY: Final = re.compile(r"[^/.\s\x00#*]{1,100}")  # what may stand in a routing key


def keep(
    incoming: Incoming,
    reason: str,
    problems: Sequence[FieldProblem],
    envelope: Envelope | None,
    work: Work,
    *,
    ref: ItemRef | None = None,
) -> None:
    """Keep a message that is refused, and tell its source why, with every reason.

    What is kept already is not kept a second time: of what was replayed and is refused again, its row
    says why now.
    """
    named = _company(envelope)
    if incoming.kept_as:
        quarantined.keep_again(work, incoming.kept_as, reason, problems)
    else:
        work.add(
            tables.quarantine,
            id=work.new_id(),
            reason=reason,
            problems=list(problems),
            at=work.now,
            replayed_at=None,
            fingerprint=_fingerprint(incoming, None if reason == UNINTELLIGIBLE else envelope),
            company=named,
            subject=ref.subject if ref else None,
            **incoming.as_kept(),
        )
    if envelope and envelope.type == DIRECTORY_CHANGED:
        refused = facts.directory_refused(
            named, problems, work.new_id(), work.now, cause=envelope.id
        )
        work.publish(refused)
        return
    item = work.find(ref.item_id) if ref else None
    revision = envelope.data.get("revision") if envelope else None
    work.tell_refusal(
        ref,
        problems,
        cause=envelope.id if envelope else "",
        item=item,
        revision=revision if isinstance(revision, int) else None,
        company=named or "",
    )


def _company(envelope: Envelope | None) -> str | None:
    """The company an event names, if that can be read and could be one's key."""
    named = company_of(envelope.data) if envelope else None
    return named if named and _A_KEY.fullmatch(named) else None


def _fingerprint(incoming: Incoming, envelope: Envelope | None) -> str:
    """What tells a kept message from all others: the event it is, else the bytes it has."""
    seen: tuple[object, ...] = (incoming.content_type, incoming.headers, incoming.body)
    if envelope:
        seen = (envelope.source, envelope.id, digest_of_event(envelope))
    return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()
