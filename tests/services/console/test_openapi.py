"""The OpenAPI document: it is one, and it leaves nothing unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from gatepost.ledger.tokens import Scope
from gatepost_console.app import openapi

from .conforming import conforms

DOCUMENT: Final = openapi()
OPERATIONS: Final = [
    (path, method, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def test_it_is_an_openapi_document(api: httpx.Client) -> None:
    assert api.get("/openapi.json").json() == DOCUMENT
    validate(DOCUMENT, cls=OpenAPIV31SpecValidator)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_a_route_leaves_nothing_unsaid(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["operationId"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    for status, answer in operation["responses"].items():
        assert answer["description"]
        for media_type, content in answer.get("content", {}).items():
            assert content["schema"], (status, media_type)
        assert answer.get("content") or status in {"204", "304"}
    if path.startswith("/v1"):
        named = [scope for way in operation["security"] for scope in way["token"]]
        assert named
        assert set(named) <= set(Scope)
        assert {"401", "403", "422", "500", "503"} <= operation["responses"].keys()
        keys = [each["name"] for each in operation["parameters"]]
        assert ("Idempotency-Key" in keys) == (method != "get")


def test_no_two_routes_have_the_same_name() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_every_text_that_is_sent_has_a_limit() -> None:
    for path, _, operation in OPERATIONS:
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "If-None-Match":  # the server bounds all headers alike
                continue
            for schema in _texts(parameter["schema"]):
                assert "maxLength" in schema, (path, parameter["name"])


def _texts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "string" and not {"enum", "const", "format"} & each.keys():
            yield each


def test_what_the_document_does_not_say_is_noticed(api: httpx.Client) -> None:
    """Every answer to the tests of this room is held against it: that check must be able to fail."""
    good = api.get("/v1/lists")
    for wrong in (
        httpx.Response(200, json=good.json() | {"more": 1}, request=good.request),
        httpx.Response(200, json={"company": "harbor"}, request=good.request),
        httpx.Response(418, json={}, request=good.request),
        httpx.Response(200, html="<p>", request=good.request),
    ):
        with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it notices
            conforms(wrong)
