"""Telling the outside what happened to an item: a CloudEvent on the topic exchange, confirmed."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Final, NamedTuple

from celery import Celery

EXCHANGE: Final = "bench.events"


class Told(NamedTuple):
    """What every event says about its item."""

    item_id: str
    company: str
    kind: str
    external_id: str
    revision: int
    state: str


def announce(app: Celery, event: str, item: Told) -> None:
    """Publish ``item.<event>`` and wait until RabbitMQ has confirmed it."""
    body = {
        "specversion": "1.0",
        "type": f"gatepost.item.{event}.v1",
        "id": str(uuid.uuid4()),
        "source": "/benchmarks/peers",
        "subject": f"{item.company}/{item.kind}/{item.external_id}",
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {**item._asdict(), "badge": item.state, "editable": False},
    }
    with app.producer_or_acquire() as producer:
        producer.publish(
            json.dumps(body),
            exchange=EXCHANGE,
            routing_key=f"{item.company}.{item.kind}.{event}",
            content_type="application/cloudevents+json",
            content_encoding="utf-8",
            delivery_mode=2,
        )
