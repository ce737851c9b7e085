"""The work: item events of the contract's shape, and the publisher that puts them on RabbitMQ.

Everything is seeded: the same seed gives the same invoices, byte for byte. Their commitments are
what a contender stores and links in ``prepare``, so that every invoice's parent is already synced.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import orjson
from pika import BasicProperties

from benchmarks.publishing import Parcel, Published, send

COMPANY: Final = "bench"
PROJECT: Final = "pm-1"
VENDOR: Final = "v-1"
SENDER: Final = {"email": "uma@bench.example", "name": "Uma Berg"}
CREATOR: Final = {"email": "carla@bench.example", "name": "Carla Ruiz"}
APPROVER: Final = {"email": "ann@bench.example", "name": "Ann Ode"}
SOURCE: Final = "https://pm.example/bench"
EVENTS_EXCHANGE: Final = "bench.events"
SENT: Final = "gatepost.item.sent.v1"
COMMITMENTS: Final = 20
START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TRADES: Final = ("Steel erection", "Concrete works", "Electrical rough-in", "Roofing, phase 2")

Event = dict[str, Any]


def commitment_key(number: int) -> str:
    return f"pm-{500 + number}"


def invoice_key(number: int) -> str:
    return f"inv-{number:06d}"


def commitments() -> list[Event]:
    """The agreements the invoices are billed against, large enough for any number of them."""
    draw = random.Random(0)
    return [_commitment(draw, number) for number in range(COMMITMENTS)]


def invoices(count: int, *, seed: int = 1, first: int = 0) -> list[bytes]:
    """The invoices numbered from ``first``: structured CloudEvents, ready to be published."""
    draw = random.Random(f"{seed}/{first}")
    return [orjson.dumps(_invoice(draw, number)) for number in range(first, first + count)]


def publish(
    amqp_url: str,
    exchange: str,
    routing_key_fn: Callable[[bytes], str],
    bodies: Sequence[bytes],
    rate: float | None = None,
) -> Published:
    """Put CloudEvents on RabbitMQ, all confirmed: at once, or evenly at ``rate`` a second."""
    target = Target(exchange, routing_key_fn)
    return send(amqp_url, target.parcels(bodies), rate=rate)


def cloud_event(body: bytes) -> tuple[bytes, BasicProperties]:
    """A structured CloudEvent as it travels: the body as it is, persistent."""
    return body, BasicProperties(content_type="application/cloudevents+json", delivery_mode=2)


class Target(NamedTuple):
    """Where a contender wants its events, and in which envelope."""

    exchange: str
    routing_key: Callable[[bytes], str]
    envelope: Callable[[bytes], tuple[bytes, BasicProperties]] = cloud_event

    def parcels(self, bodies: Sequence[bytes]) -> Iterator[Parcel]:
        for body in bodies:
            wire, properties = self.envelope(body)
            yield Parcel(self.exchange, self.routing_key(body), wire, properties)


def _commitment(draw: random.Random, number: int) -> Event:
    lines = [
        {
            "external_id": f"l-{place}",
            "cost_code": f"05-1{place}0",
            "cost_type": "S",
            "description": draw.choice(TRADES),
            "quantity": "1000000",
            "unit": "t",
            "unit_cost": "1000.00",
            "amount": "1000000000.00",
        }
        for place in range(1, 5)
    ]
    content = {
        "contract_type": "subcontract",
        "vendor": VENDOR,
        "currency": "USD",
        "retainage_percent": "10",
        "lines": lines,
        "total": "4000000000.00",
    }
    facts = {
        "kind": "commitment",
        "external_id": commitment_key(number),
        "parent": None,
        "number": f"SC-{1001 + number}",
        "title": f"{draw.choice(TRADES)}, tower {number + 1}",
    }
    return _event(draw, number, facts, content)


def _invoice(draw: random.Random, number: int) -> Event:
    parent = draw.randrange(COMMITMENTS)
    amounts = [Decimal(draw.randrange(10_000, 2_500_000)) / 100 for _ in range(4)]
    kept_back = [(amount / 10).quantize(Decimal("0.01")) for amount in amounts]
    lines = [
        {"commitment_line": f"l-{place}", "amount": f"{amount:.2f}", "retainage": f"{kept:.2f}"}
        for place, (amount, kept) in enumerate(zip(amounts, kept_back, strict=True), start=1)
    ]
    content = {
        "billing_date": "2026-11-20",
        "period_start": "2026-11-01",
        "period_end": "2026-11-30",
        "lines": lines,
        "retainage": f"{sum(kept_back):.2f}",
        "total": f"{sum(amounts):.2f}",
    }
    facts = {
        "kind": "invoice",
        "external_id": invoice_key(number),
        "parent": commitment_key(parent),
        "number": f"INV-{number:06d}",
        "title": f"{draw.choice(TRADES)}, application {number % 12 + 1} of SC-{1001 + parent}",
    }
    return _event(draw, number, facts, content)


def _event(draw: random.Random, number: int, facts: Event, content: Event) -> Event:
    kind, external_id = facts["kind"], facts["external_id"]
    return {
        "specversion": "1.0",
        "type": SENT,
        "id": str(uuid.UUID(int=draw.getrandbits(128), version=4)),
        "source": SOURCE,
        "subject": f"{COMPANY}/{kind}/{external_id}",
        "time": (START + timedelta(seconds=number)).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {
            "company": COMPANY,
            "revision": 1,
            "status": "approved",
            "project": PROJECT,
            "created_by": CREATOR,
            "sent_by": SENDER,
            "url": f"{SOURCE}/{kind}s/{external_id}",
            "content": content,
            **facts,
        },
    }
