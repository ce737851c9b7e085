"""The OpenAPI document: what holds for every route is said here, once; the rest stands at the routes.

The shapes describe answers and do not check them: a document is not read again on its way out. That
it has its shape is for the tests to see.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel

from gatepost_console.body_limit import LARGEST_BODY
from gatepost_console.event_shapes import cloud_event
from gatepost_console.problems import MEDIA_TYPE
from gatepost_console.shapes import ProblemDocument

Schema = dict[str, Any]

UNSAFE: Final = ("post", "put", "patch", "delete")
KEY_HEADER: Final = "Idempotency-Key"

_PROBLEM: Final = "Problem"
_WHY: Final = {
    "400": "The body is no JSON document in UTF-8.",
    "401": "No token came with the request, or one that is not valid.",
    "403": "The token does not reach that far, or the person lacks a right; it says who can grant it.",
    "404": "There is no such thing, or not for this caller.",
    "409": "It contradicts what is there by now.",
    "413": f"The body is larger than {LARGEST_BODY} bytes, or the event than 1 MiB.",
    "415": "The body is of another type than JSON.",
    "422": "The request is understood and wrong; every reason is listed.",
    "500": "A fault of Gatepost; it is written down in the log.",
    "503": "The database does not answer just now.",
}
_KEY: Final[Schema] = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "Names this request: when it comes again under the same key, the same answer is "
    "given and nothing is done again. Kept for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"},
    "example": "5f1c2b0e-9d6a-4a5e-8a39-0d3c9c1d7b54",
}
_REPLAYED: Final[Schema] = {
    "description": "true: this answer was given before, to a request with the same key",
    "schema": {"type": "string", "const": "true"},
}
_KNOWN: Final[Schema] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETags of what is known already; if it is that, the answer is 304.",
    "schema": {"type": "string"},
    "example": '"0c5d3a4fbd2e6a1b7c8d9e0f"',
}
_TAG: Final[Schema] = {
    "description": "names this version of what is shown",
    "schema": {"type": "string"},
}
_EXAMPLES: Final = {
    "item_id": "41c755a4-87ff-5f63-a33a-8e4f9ca23e1c",
    "record_id": "01a1fea6-bd29-7120-b1ef-aa9849c1298d",
    "mail_id": "01a1fea6-bd29-7120-b1ef-aa9849c1298d",
    "webhook_id": "01a1fea6-bd29-7120-b1ef-aa9849c1298d",
    "Gatepost-As": "ann@acme.example",
    "company": "acme",
    "project": "pm-12",
    "key": "books",
    "cause": "ReferenceNotFound:vendor",
    "created_by": "carla@acme.example",
    "sent_by": "uma@acme.example",
    "to": "ann@acme.example",
    "since": "2026-11-01T00:00:00Z",
    "until": "2026-12-01T00:00:00Z",
    "q": "steel 1001",
    "code": "not_sendable",
}
_HEADERS: Final[dict[str, tuple[str, str]]] = {
    "401": ("WWW-Authenticate", "how to ask: RFC 6750"),
    "503": ("Retry-After", "seconds to wait"),
}
_TAGS: Final = {
    "events": "For sources: send an event, or ask whether it would be taken.",
    "items": "The lists and what is on them.",
    "decisions": "What people want done with items. Each is somebody's: name them in `Gatepost-As`.",
    "failures": "What failed to export, by cause.",
    "records": "What the ERP has and nobody has linked yet.",
    "connections": "The ways to the ERPs.",
    "mails": "Who was written to, or was not, and why.",
    "webhooks": "Who is told of the company's events.",
    "operations": "Signs of life, metrics, the version. No token is asked for.",
}


def answers(shape: type[BaseModel], *statuses: int) -> dict[int | str, Schema]:
    """How a route answers when all is well: with this shape, under each of the statuses."""
    said = (shape.__doc__ or "").strip().partition("\n")[0]
    return {status: {"model": shape, "description": said} for status in statuses or (200,)}


class DescribedApi(FastAPI):
    """An application whose OpenAPI document is complete."""

    def openapi(self) -> Schema:
        known = self.openapi_schema
        document = super().openapi()
        if document is not known:
            _complete(document)
        return document


def _complete(document: Schema) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = ProblemDocument.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    for name, schema in problem.pop("$defs").items():
        schemas.setdefault(name, schema)
    schemas[_PROBLEM] = problem
    for name, schema in cloud_event().items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two shapes are called {name}")
    document["tags"] = [{"name": name, "description": said} for name, said in _TAGS.items()]
    document["servers"] = [{"url": "/"}]
    for path, method, operation in _operations(document):
        _summarize(operation)
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in _EXAMPLES:
                parameter["example"] = _EXAMPLES[parameter["name"]]
        _refuse(path, method, operation)
        _reach(operation)
        if path.startswith("/v1/"):
            (_repeat if method in UNSAFE else _revalidate)(operation)


def _repeat(operation: Schema) -> None:
    """What changes something may come again."""
    operation.setdefault("parameters", []).append(_KEY)
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            answer.setdefault("headers", {})["Idempotency-Replayed"] = _REPLAYED


def _revalidate(operation: Schema) -> None:
    """What is only read may be known already."""
    operation.setdefault("parameters", []).append(_KNOWN)
    operation["responses"]["200"].setdefault("headers", {})["ETag"] = _TAG
    operation["responses"]["304"] = {"description": "It is as it was.", "headers": {"ETag": _TAG}}


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _summarize(operation: Schema) -> None:
    """The first sentence of what is said about a route is its summary."""
    said = operation.get("description", "")
    operation["summary"] = said.partition("\n")[0].rstrip(".")


def _refuse(path: str, method: str, operation: Schema) -> None:
    """Name every refusal that may come, by what the route takes."""
    found = operation["responses"]
    for status in [status for status in found if "X" in status or status == "422"]:
        del found[status]
    for status in sorted(_refusals(path, method, operation)):
        answer = {
            "description": _WHY[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_PROBLEM}"}}},
        }
        if status in _HEADERS:
            name, words = _HEADERS[status]
            answer["headers"] = {name: {"description": words, "schema": {"type": "string"}}}
        found.setdefault(status, answer)


def _refusals(path: str, method: str, operation: Schema) -> Iterator[str]:
    names = {each["name"] for each in operation.get("parameters", ())}
    if "{" in path or "company" in names or path == "/v1/events":  # an event names an item
        yield "404"
    yield "500"
    if names or method in UNSAFE:
        yield "422"
    if "security" not in operation:
        return
    yield from ("401", "403", "503")
    if method in UNSAFE or path.endswith("/preview"):
        yield "409"
    if "requestBody" in operation:
        yield from ("400", "413", "415")


def _reach(operation: Schema) -> None:
    """One of the scopes is enough, and an OpenAPI document says that with alternatives."""
    if security := operation.get("security"):
        [(scheme, scopes)] = security[0].items()
        operation["security"] = [{scheme: [scope]} for scope in scopes]
