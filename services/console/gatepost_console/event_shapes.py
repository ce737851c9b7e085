"""The shapes of the events a source sends: for the OpenAPI document, made from what reads them."""

from functools import reduce
from operator import or_
from typing import Any, Final

from pydantic import BaseModel, create_model

from gatepost.domain.content import CONTENT
from gatepost.messages.item_events import (
    DIRECTORY_CHANGED,
    ITEM_DECIDED,
    ITEM_RETRIEVED,
    ITEM_SENT,
    ItemDecided,
    ItemRetrieved,
    ItemSent,
)

Schema = dict[str, Any]

_SENT: Final = create_model(
    "ItemSent",
    __base__=ItemSent,
    __doc__=ItemSent.__doc__,
    content=(reduce(or_, CONTENT.values()), ...),  # the shape that its kind has
)
_DATA: Final[dict[str, type[BaseModel]]] = {
    ITEM_SENT: _SENT,
    ITEM_RETRIEVED: ItemRetrieved,
    ITEM_DECIDED: ItemDecided,
}
_NAME: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 300}


def cloud_event() -> dict[str, Schema]:
    """The schemas of an event in structured mode, by their names; ``CloudEvent`` is the whole."""
    found: dict[str, Schema] = {}
    kinds = []
    for kind, model in _DATA.items():
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
        data = {"$ref": f"#/components/schemas/{model.__name__}"}
        kinds.append({"properties": {"type": {"const": kind}, "data": data}})
    kinds.append({"properties": {"type": {"const": DIRECTORY_CHANGED}, "data": {"type": "object"}}})
    found["CloudEvent"] = {
        "type": "object",
        "title": "CloudEvent",
        "description": "A CloudEvent 1.0 in structured mode; id with source names it.",
        "required": ["id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": _NAME,
            "source": _NAME,
            "type": {"enum": [*_DATA, DIRECTORY_CHANGED]},
            "subject": {"type": "string"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"type": "string"},
            "data": {"type": "object"},
        },
        "anyOf": kinds,
    }
    return found
