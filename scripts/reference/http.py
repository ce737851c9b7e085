"""The page of the HTTP API, from its OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gatepost_console.app import openapi
from gatepost_console.problems import meanings
from scripts.reference.parts import table, yes

Schema = Mapping[str, Any]

#: Told once, above the routes.
_EVERYWHERE: Final = ("Gatepost-As", "Idempotency-Key", "If-None-Match")
_ALWAYS: Final = {"401", "403", "422", "500", "503"}


def http_page() -> Iterator[str]:
    document = openapi()
    schemas = document["components"]["schemas"]
    yield "# The HTTP API"
    yield ""
    yield "Served by the console; `/openapi.json` is the same for machines, with the shape of every answer."
    yield "How to call it: [Call the API](../how-to/call-the-api.md)."
    yield from (
        "",
        "Besides what a route names, each under `/v1` may answer 401, 403, 422, 500 and 503, and",
    )
    yield "takes these headers:"
    yield ""
    yield from table(("header", "on", "what it says"), _headers(document))
    for tag in document["tags"]:
        yield from ("", f"## {tag['name'].capitalize()}", "", tag["description"])
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield from _route(method, path, operation, schemas)
    yield from (
        "",
        "## Problems",
        "",
        "`code` of a problem document; its `type` is `/problems/<code>`.",
        "",
    )
    yield from table(("code", "means"), [(f"`{code}`", said) for code, said in meanings().items()])


def _headers(document: Schema) -> Iterator[tuple[str, str, str]]:
    found = {
        (each["name"], each["description"], "GET" if method == "get" else "what changes something")
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for each in operation.get("parameters", ())
        if each["name"] in _EVERYWHERE[1:]
    }
    yield ("`Authorization`", "all", "`Bearer gp_...`: a token of `gatepost token create`")
    yield (
        "`Gatepost-As`",
        "all",
        "e-mail of the person the token speaks for: then their rights hold",
    )
    for name, said, where in sorted(found):
        yield (f"`{name}`", where, said)


def _route(method: str, path: str, operation: Schema, schemas: Schema) -> Iterator[str]:
    yield from (
        "",
        f"### `{method.upper()} {path}`",
        "",
        " ".join(operation["description"].split()),
    )
    scopes = [f"`{scope}`" for way in operation.get("security", ()) for scope in way["token"]]
    responses = operation["responses"]
    good = [_answer(status, answer) for status, answer in responses.items() if status[0] == "2"]
    bad = [status for status in responses if status[0] in "45" and status not in _ALWAYS]
    yield ""
    yield f"- scope: {' or '.join(scopes) or 'none'}"
    yield f"- answers: {', '.join(good)}" + (f"; also {', '.join(sorted(bad))}" if bad else "")
    rows = [*_parameters(operation), *_fields(operation, schemas)]
    if rows:
        yield ""
        yield from table(("name", "in", "type", "required"), rows)


def _answer(status: str, answer: Schema) -> str:
    shapes = {_type(each["schema"]) for each in answer.get("content", {}).values()}
    named = sorted(shape for shape in shapes if shape[:1].isupper())
    return f"{status} {' '.join(named)}".strip()


def _parameters(operation: Schema) -> Iterator[tuple[str, ...]]:
    for each in operation.get("parameters", ()):
        if each["name"] not in _EVERYWHERE:
            yield f"`{each['name']}`", each["in"], _type(each["schema"]), yes(each["required"])


def _fields(operation: Schema, schemas: Schema) -> Iterator[tuple[str, ...]]:
    content = operation.get("requestBody", {}).get("content", {}).values()
    for name in sorted({name for each in content for name in _refs(each["schema"])}):
        body = schemas[name]
        for field, schema in body.get("properties", {}).items():
            yield f"`{field}`", "body", _type(schema), yes(field in body.get("required", ()))


def _refs(schema: Schema) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for each in schema.get("anyOf", ()):
        yield from _refs(each)


def _type(schema: Schema) -> str:
    """A schema in a word or two: ``text, at most 300``."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        kinds = [_type(each) for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kind = schema.get("format") or {"string": "text"}.get(
        schema.get("type", ""), schema.get("type", "")
    )
    bounds = {"minimum": "from", "maximum": "to", "maxLength": "at most"}
    said = [str(kind)] + [
        f"{words} {schema[name]}" for name, words in bounds.items() if name in schema
    ]
    return ", ".join(said)
