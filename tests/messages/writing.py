"""Events as sources write them, and the bytes they travel in."""

from typing import Any, Final

import orjson

from gatepost.messages.cloud_events import Envelope

STRUCTURED: Final = "application/cloudevents+json"


def data(**changes: Any) -> dict[str, Any]:
    """The data of an ``item.sent`` event about a commitment."""
    return {
        "company": "acme",
        "kind": "commitment",
        "external_id": "pm-558",
        "revision": 1,
        "status": "approved",
        "project": "pm-12",
        "parent": None,
        "number": "SC-1001",
        "title": "Steel erection, tower B",
        "created_by": {"email": "carla@acme.example", "name": "Carla Ruiz"},
        "sent_by": {"email": "uma@acme.example", "name": "Uma Berg"},
        "url": "https://pm.example/acme/commitments/558",
        "content": {
            "contract_type": "subcontract",
            "vendor": "v-7",
            "currency": "USD",
            "retainage_percent": "10",
            "lines": [
                {
                    "external_id": "l-1",
                    "cost_code": "05-120",
                    "cost_type": "S",
                    "description": "Erect steel",
                    "quantity": "10",
                    "unit": "t",
                    "unit_cost": "1240.00",
                    "amount": "12400.00",
                }
            ],
            "total": "12400.00",
        },
        **changes,
    }


def event(**changes: Any) -> dict[str, Any]:
    """An ``item.sent`` event in structured mode."""
    return {
        "specversion": "1.0",
        "type": "gatepost.item.sent.v1",
        "id": "7f6c",
        "source": "https://pm.example/acme",
        "subject": "acme/commitment/pm-558",
        "time": "2026-11-20T09:30:00Z",
        "datacontenttype": "application/json",
        "data": data(),
        **changes,
    }


def body(**changes: Any) -> bytes:
    return orjson.dumps(event(**changes))


def headers(prefix: str, **changes: Any) -> dict[str, Any]:
    """The same event's attributes as headers, for binary mode."""
    attributes = {
        name: value for name, value in event().items() if name not in ("data", "datacontenttype")
    }
    return {prefix + name: value for name, value in {**attributes, **changes}.items()}


def envelope(**changes: Any) -> Envelope:
    """An envelope whose data has some fields changed."""
    return Envelope("7f6c", "https://pm.example/acme", "gatepost.item.sent.v1", "", data(**changes))
