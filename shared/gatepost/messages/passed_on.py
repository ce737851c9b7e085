"""What a source passes on of its people: a decision made on its own screen, a retrieval."""

from gatepost.messages.cloud_events import Envelope
from gatepost.messages.item_events import ITEM_DECIDED, ItemDecided, ItemRetrieved, read_data
from gatepost.messages.requests import Action, Decide


def request_in(envelope: Envelope) -> Decide:
    """The request to the approvers' service in an ``item.decided`` or ``item.retrieved`` event.

    Raises:
        NotSendable: fields are missing or of the wrong shape; all of them are listed.

    """
    if envelope.type == ITEM_DECIDED:
        decided = read_data(ItemDecided, envelope)
        return Decide(
            item_id=decided.ref.item_id,
            action=Action(decided.decision),
            by=decided.by,
            channel="source",
            revision=decided.revision,
            comment=decided.comment,
            reason_code=decided.reason_code,
            entries=decided.entries,
            event_id=envelope.id,
            event_source=envelope.source,
        )
    retrieved = read_data(ItemRetrieved, envelope)
    return Decide(
        item_id=retrieved.ref.item_id,
        action=Action.RETRIEVE,
        by=retrieved.by,
        channel="source",
        event_id=envelope.id,
        event_source=envelope.source,
    )
