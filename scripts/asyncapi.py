"""Writes docs/reference/asyncapi.json and a JSON Schema for each event, from the models and routes.

``python -m scripts.asyncapi`` writes them; a test holds them against the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import models_json_schema

from gatepost import __version__
from gatepost.domain.content import CONTENT
from gatepost.ledger.directory_file import DirectoryChange
from gatepost.messages import item_events
from gatepost.messages.cloud_events import STRUCTURED
from gatepost.messages.fact_data import FACT_DATA, DirectoryApplied, DirectoryRefused, WebhookTest
from gatepost.messages.facts import DIRECTORY_APPLIED, DIRECTORY_REFUSED, WEBHOOK_TEST, Fact
from gatepost.messages.routes import EVENTS_EXCHANGE, ITEMS_EXCHANGE, Queue

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "reference"
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
AMQP: Final = "0.3.0"  # versions of the bindings
HTTP: Final = "0.3.0"

Document = dict[str, Any]

ItemSent: Final = create_model(
    "ItemSent",
    __base__=item_events.ItemSent,
    __doc__=item_events.ItemSent.__doc__,
    content=(reduce(or_, CONTENT.values()), ...),  # the shape that its kind has
)
INCOMING: Final[dict[str, type[BaseModel]]] = {
    item_events.ITEM_SENT: ItemSent,
    item_events.ITEM_RETRIEVED: item_events.ItemRetrieved,
    item_events.ITEM_DECIDED: item_events.ItemDecided,
    item_events.DIRECTORY_CHANGED: DirectoryChange,
}
OUTGOING: Final[dict[str, type[BaseModel]]] = {
    **{fact.type: model for fact, model in FACT_DATA.items()},
    DIRECTORY_APPLIED: DirectoryApplied,
    DIRECTORY_REFUSED: DirectoryRefused,
    WEBHOOK_TEST: WebhookTest,
}


class CloudEvent(BaseModel):
    """The envelope: CloudEvents 1.0 in structured mode."""

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, max_length=300, description="with source: the same twice is once")
    source: str = Field(min_length=1, max_length=300)
    subject: str = Field(default="", description="company/kind/external_id")
    time: datetime | None = None
    datacontenttype: Literal["application/json"] = "application/json"


class WebhookHeaders(BaseModel):
    """What Standard Webhooks puts into the headers."""

    webhook_id: str = Field(alias="webhook-id", description="the event's id; the same at every try")
    webhook_timestamp: str = Field(alias="webhook-timestamp", description="seconds since 1970")
    webhook_signature: str = Field(
        alias="webhook-signature",
        description="v1, and the HMAC-SHA256 over id.timestamp.body in base64; perhaps several",
    )


def event_model(way: str, kind: str, data: type[BaseModel]) -> type[BaseModel]:
    """The whole event of a type: its envelope with its data."""
    about = "".join(part.title() for part in kind.replace("_", ".").split(".")[1:-1])
    fields: Document = {"type": (Literal[kind], ...), "data": (data, ...)}
    name = f"{about}{way.title()}"
    return create_model(name, __base__=CloudEvent, __doc__=data.__doc__, **fields)


#: By way and type: what a source says has the same name as what it is told, once.
EVENTS: Final = {
    (way, kind): event_model(way, kind, data)
    for way, models in (("in", INCOMING), ("out", OUTGOING))
    for kind, data in models.items()
}


def documents() -> dict[str, str]:
    """Every file by its name below docs/reference."""
    found = {f"schemas/{way}/{kind}.json": schema_of(way, kind) for way, kind in EVENTS}
    made = {"asyncapi.json": asyncapi(), **found}
    return {
        name: json.dumps(each, indent=2, ensure_ascii=False) + "\n" for name, each in made.items()
    }


def schema_of(way: str, kind: str) -> Document:
    """The JSON Schema of one type of event, complete in itself."""
    return {"$schema": DRAFT, **EVENTS[way, kind].model_json_schema()}


def asyncapi() -> Document:
    """What Gatepost takes and tells, as AsyncAPI 3."""
    facts = [kind for kind in OUTGOING if kind != WEBHOOK_TEST]
    failed = [Fact.FAILED.type]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gatepost",
            "version": __version__,
            "description": "The accounting gate between operational systems and the ERP. Events are "
            "CloudEvents 1.0; fields are only ever added.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": STRUCTURED,
        "servers": {
            "rabbitmq": {
                "host": "rabbitmq.example:5672",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "GATEPOST_AMQP_URL",
            }
        },
        "channels": {
            "items": _exchange(
                ITEMS_EXCHANGE, "verb", "What a source says of its items.", INCOMING
            ),
            "events": _exchange(EVENTS_EXCHANGE, "event", "What became of them.", facts),
            "failedToExport": _queue(Queue.FAILED_TO_EXPORT, failed),
            "webhooks": {
                "address": None,
                "description": "The endpoints that companies name: gatepost webhook add.",
                "messages": _messages("posted", OUTGOING),
            },
        },
        "operations": {
            "takeItems": _operation("receive", "items", INCOMING),
            "tellEvents": _operation("send", "events", facts),
            "keepFailures": _operation("send", "failedToExport", failed),
            "postEvents": {
                **_operation("send", "webhooks", OUTGOING),
                "bindings": {"http": {"method": "POST", "bindingVersion": HTTP}},
            },
        },
        "components": {"messages": _described(), "schemas": _schemas()},
    }


def _schemas() -> Document:
    pairs: Any = [(model, "validation") for model in (*EVENTS.values(), WebhookHeaders)]
    _, schemas = models_json_schema(pairs, ref_template="#/components/schemas/{model}")
    found: Document = schemas["$defs"]
    return found


def _exchange(name: str, last: str, description: str, kinds: Iterable[str]) -> Document:
    binding = {
        "is": "routingKey",
        "exchange": {"name": name, "type": "topic", "durable": True, "autoDelete": False},
        "bindingVersion": AMQP,
    }
    words = {"verb": "what is said: sent, retrieved, decided", "event": "what happened: synced"}
    return {
        "address": f"{{company}}.{{kind}}.{{{last}}}",
        "description": description,
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "parameters": {
            "company": {"description": "the company's key"},
            "kind": {"description": "kind of the item", "enum": [kind.value for kind in CONTENT]},
            last: {"description": words[last]},
        },
        "messages": _messages("in" if last == "verb" else "out", kinds),
        "bindings": {"amqp": binding},
    }


def _queue(name: str, kinds: Iterable[str]) -> Document:
    queue = {"name": name, "durable": True, "exclusive": False, "autoDelete": False}
    return {
        "address": name,
        "description": "Every failed export, for whoever wants to watch it.",
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "messages": _messages("out", kinds),
        "bindings": {"amqp": {"is": "queue", "queue": queue, "bindingVersion": AMQP}},
    }


def _operation(action: str, channel: str, kinds: Iterable[str]) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{kind}"} for kind in kinds],
    }


def _messages(way: str, kinds: Iterable[str]) -> Document:
    return {kind: {"$ref": f"#/components/messages/{way}-{kind}"} for kind in kinds}


def _described() -> Document:
    """Every message; one that is posted has headers besides."""
    found = {f"{way}-{kind}": _message(way, kind) for way, kind in EVENTS}
    headers = {"$ref": "#/components/schemas/WebhookHeaders"}
    posted = {f"posted-{kind}": {**_message("out", kind), "headers": headers} for kind in OUTGOING}
    return found | posted


def _message(way: str, kind: str) -> Document:
    model = EVENTS[way, kind]
    return {
        "name": kind,
        "summary": str(model.__doc__).partition("\n")[0].replace("``", ""),
        "contentType": STRUCTURED,
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }


def main() -> None:
    for name, text in documents().items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")
        print((FOLDER / name).relative_to(ROOT))


if __name__ == "__main__":
    main()
