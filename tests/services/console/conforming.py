"""Holds every answer that a test sees against the OpenAPI document: nothing is missing or unsaid."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any, Final

import httpx
from jsonschema import Draft202012Validator

from gatepost_console.app import openapi

DOCUMENT: Final = openapi()
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


def conforms(answer: httpx.Response) -> None:
    """Fail where an answer has another status, type, header or shape than the document says.

    A field that the document does not name is one more than it should have: here, not for callers.
    """
    answer.read()
    said = _said(answer.request.method.lower(), answer.request.url.path)
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if said is None:  # nothing is there, or another method
        if answer.request.url.path.startswith("/v1"):
            assert media_type == "application/problem+json"
            _validator("Problem").validate(answer.json())
        return
    if answer.status_code == 304:
        return
    expected = said["responses"].get(str(answer.status_code))
    assert expected, f"{said['operationId']} does not speak of {answer.status_code}: {answer.text}"
    for name in expected.get("headers", {}):
        assert name in answer.headers or name == "Idempotency-Replayed", name
    if not answer.content:
        return
    schema = expected["content"][media_type]["schema"]
    if media_type.endswith("json"):
        _validator(schema["$ref"].rpartition("/")[2]).validate(answer.json())


@cache
def _said(method: str, path: str) -> dict[str, Any] | None:
    for template, methods in DOCUMENT["paths"].items():
        pattern = re.sub(
            r"\\{(\w+)\\}", lambda name: _PART[name[1] == "cause"], re.escape(template)
        )
        if method in methods and re.fullmatch(pattern, path):
            found: dict[str, Any] = methods[method]
            return found
    return None


_PART: Final = ("[^/]+", ".+")  # a cause may hold anything


@cache
def _validator(name: str) -> Any:  # noqa: ANN401 - jsonschema ships no types
    components = copy.deepcopy(DOCUMENT["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
