"""Repeats: whether an event came before. The same event twice is once."""

from collections.abc import Mapping, Sequence

from gatepost.domain.errors import Conflict
from gatepost.ledger.work import Work
from gatepost.messages.cloud_events import Envelope

Known = Mapping[tuple[str, str], str]
"""Digests of events by their source and id."""


def known_events(envelopes: Sequence[Envelope], work: Work) -> dict[tuple[str, str], str]:
    """The events of these ids that were taken before."""
    ids = [envelope.id for envelope in envelopes]
    rows = work.statements.known_events(work.connection, ids)
    return {(source, event_id): digest for event_id, source, digest in rows}


def is_repeated(envelope: Envelope, digest: str, known: Known) -> bool:
    """Whether the same event was taken before. One that was refused is examined again.

    Raises:
        Conflict: another event came under the same id.

    """
    before = known.get((envelope.source, envelope.id))
    if before is not None and before != digest:
        raise Conflict.because(
            f"another event came from {envelope.source} under the id {envelope.id}",
            field="id",
            who_can_fix="the source: give each event an id of its own",
        )
    return before is not None
