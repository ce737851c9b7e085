"""Which webhooks are told of an event: read with the directory, asked at every event.

Where a company has no webhook nothing is asked of the database and nothing is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost.messages.facts import Publication
from gatepost.messages.requests import Deliver
from gatepost.messages.routes import EVENTS_EXCHANGE

if TYPE_CHECKING:
    from gatepost.ledger.work import Work


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook that is told of events: those of the types named, or of all where none is."""

    webhook_id: str
    events: frozenset[str]

    def wants(self, kind: str) -> bool:
        return not self.events or kind in self.events


def subscriptions(connection: sa.Connection) -> dict[str, list[Subscription]]:
    """All that are to be told, by company."""
    columns = (tables.webhooks.c.id, tables.webhooks.c.company, tables.webhooks.c.events)
    enabled = sa.select(*columns).where(tables.webhooks.c.disabled_at.is_(None))
    found: dict[str, list[Subscription]] = {}
    for row in connection.execute(enabled.order_by(tables.webhooks.c.id)):
        found.setdefault(row.company, []).append(Subscription(row.id, frozenset(row.events)))
    return found


def leave(publication: Publication, work: "Work") -> None:
    """Leave a delivery for each webhook that wants the event, in the event's own transaction."""
    if publication.exchange != EVENTS_EXCHANGE or not (webhooks := work.directory.webhooks):
        return
    event = publication.event
    theirs = webhooks.get(event["data"]["company"] or "", ())
    leave_for((each.webhook_id for each in theirs if each.wants(event["type"])), event, work)


def leave_for(webhook_ids: Iterable[str], event: dict[str, Any], work: "Work") -> list[str]:
    """Leave an event for webhooks; gives the ids of the deliveries."""
    body, item_id = "", event["data"].get("item_id")
    left = []
    for webhook_id in webhook_ids:
        body = body or orjson.dumps(event).decode()
        delivery_id = work.new_id()
        work.add(
            tables.webhook_deliveries,
            id=delivery_id,
            webhook_id=webhook_id,
            event_id=event["id"],
            type=event["type"],
            item_id=item_id,
            body=body,
            status="waiting",
            attempts=0,
            response_code=None,
            last_error="",
            created_at=work.now,
            asked_at=work.now,
            finished_at=None,
        )
        work.send(Deliver(item_id=item_id or "", delivery_id=delivery_id))
        left.append(delivery_id)
    return left
