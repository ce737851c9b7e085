"""CloudEvents 1.0 as they come in over RabbitMQ or HTTP, and as they go out.

Structured mode is the plain JSON document; binary mode keeps the attributes in headers with the
prefix ``ce-``, ``cloudEvents:`` or ``cloudEvents_`` (CloudEvents AMQP protocol binding, section 3).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary_event
from cloudevents.core.exceptions import CloudEventValidationError

STRUCTURED: Final = "application/cloudevents+json"
SIZE_LIMIT: Final = 1024 * 1024  # bytes; RabbitMQ 4 refuses messages beyond 16 MiB
DEEPEST: Final = 64  # objects and lists within each other
_HEADER_PREFIXES: Final = ("ce-", "cloudevents:", "cloudevents_")
_REQUIRED: Final = ("id", "source", "type")
_HOLDS_NUL: Final = "holds a NUL character, which no database keeps as text"
_LONGEST: Final = 300  # characters of an id or a source, which together tell events apart
_ESCAPED_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # after an even number of backslashes

_A_BRACKET: Final = re.compile(rb"[\[\]{}]")
# One that does not end goes to the end of the document, so that none is looked at twice.
_A_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)


class Unintelligible(Exception):
    """The message cannot be understood at all; ``str()`` says why. It is kept in quarantine."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An incoming event with its attributes read; ``data`` is still unchecked."""

    id: str
    source: str
    type: str
    subject: str
    data: dict[str, Any]
    traceparent: str = ""


def read(body: bytes, content_type: str = "", headers: Mapping[str, Any] | None = None) -> Envelope:
    """The event in a message, whichever mode it was sent in.

    Raises:
        Unintelligible: too large, not JSON, or not a CloudEvent.
    """
    if len(body) > SIZE_LIMIT:
        raise Unintelligible(f"the message has {len(body)} bytes; the limit is {SIZE_LIMIT}")
    attributes = _binary_attributes(headers or {})
    if attributes and not content_type.startswith(STRUCTURED):
        return _envelope(_from_binary(body, content_type, attributes))
    return _envelope(_json(body))


def glimpse(
    body: bytes, content_type: str = "", headers: Mapping[str, Any] | None = None
) -> Envelope | None:
    """What can be read of a message that cannot be taken, so that its refusal names it.

    Only texts that can be kept and told are in it; what is missing is empty.
    """
    if len(body) > SIZE_LIMIT:
        return None
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    attributes = _binary_attributes(headers or {})
    if attributes and not content_type.startswith(STRUCTURED):
        binary = {name.removeprefix("ce-"): value for name, value in attributes.items()}
        document = {**binary, "data": document}
    if not isinstance(document, dict):
        return None
    raw = document.get("data")
    told = raw.items() if isinstance(raw, dict) else ()
    data = {name: value for name, value in told if not isinstance(value, str) or _clean(value)}
    names = {name: _clean(document.get(name)) for name in (*_REQUIRED, "subject")}
    return Envelope(**names, data=data)


def _clean(text: object) -> str:
    """A text that can be kept and told; empty where it cannot."""
    fits = isinstance(text, str) and len(text) <= _LONGEST and "\0" not in text
    return str(text) if fits else ""


def _binary_attributes(headers: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in headers.items():
        lowered = name.lower()
        for prefix in _HEADER_PREFIXES:
            if lowered.startswith(prefix):
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                found["ce-" + lowered.removeprefix(prefix)] = text
    return found


def _from_binary(body: bytes, content_type: str, attributes: dict[str, str]) -> dict[str, Any]:
    data = _json(body)
    _must_have({name.removeprefix("ce-"): value for name, value in attributes.items()})
    message = RabbitMQMessage(headers=attributes, body=body, content_type=content_type or None)
    try:
        event = from_binary_event(message)
    except (CloudEventValidationError, ValueError, TypeError, KeyError) as error:
        raise Unintelligible(f"not a CloudEvent: {error}") from None
    return {**event.get_attributes(), "data": data}


def _json(body: bytes) -> Any:  # noqa: ANN401 - any JSON document
    if rb"\u0000" in body and _ESCAPED_NUL.search(body):
        raise Unintelligible(f"the document {_HOLDS_NUL}")
    not_too_deep(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unintelligible(f"not JSON in UTF-8: {error}") from None
    names_each_once(body)
    return document


def not_too_deep(body: bytes) -> None:
    """Pass, or refuse a document with too many objects and lists within each other.

    Its text is looked at, for no reader of JSON goes along to any depth.

    Raises:
        Unintelligible: there are more than ``DEEPEST``.
    """
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = 0
    for bracket in _A_BRACKET.findall(_A_TEXT.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise Unintelligible(f"the document is nested deeper than {DEEPEST}")


def names_each_once(body: bytes) -> None:
    """Pass, or refuse a document that says two things under one name: readers differ on which counts.

    Raises:
        Unintelligible: an object in it has the same key twice.
    """
    try:
        json.loads(body, object_pairs_hook=_without_repeats, parse_int=str, parse_float=str)
    except RecursionError:
        raise Unintelligible("the document is nested too deeply") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    if len({name for name, _ in pairs}) == len(pairs):
        return
    for name, _ in pairs:
        if name in seen:
            raise Unintelligible(f'the document has the key "{_clean(name)}" twice in one object')
        seen.add(name)


def _must_have(attributes: Mapping[str, Any]) -> None:
    """Pass, or say which attributes are missing, too long, or no text that can be kept.

    The library gives a message without an id a new one each time, and so no repeat would be seen.
    """
    missing = [
        name
        for name in _REQUIRED
        if not isinstance(attributes.get(name), str) or not attributes[name]
    ]
    if missing:
        raise Unintelligible(f"not a CloudEvent: without {', '.join(missing)}")
    for name in ("id", "source"):
        length = len(attributes[name])
        if length > _LONGEST:
            raise Unintelligible(
                f"its {name} has {length} characters; there are at most {_LONGEST}"
            )
    for name, value in attributes.items():
        if isinstance(value, str) and "\0" in value:
            raise Unintelligible(f"its {name} {_HOLDS_NUL}")


def _envelope(event: Any) -> Envelope:  # noqa: ANN401 - any JSON document
    if not isinstance(event, dict):
        raise Unintelligible("not a CloudEvent: the document is no JSON object")
    _must_have(event)
    if str(event.get("specversion", "1.0")) != "1.0":
        raise Unintelligible(f"CloudEvents {event['specversion']} is not known here; send 1.0")
    data = event.get("data")
    if not isinstance(data, dict):
        raise Unintelligible("the event has no data, or its data is no JSON object")
    return Envelope(
        id=event["id"],
        source=event["source"],
        type=event["type"],
        subject=str(event.get("subject") or ""),
        data=data,
        traceparent=str(event.get("traceparent") or ""),
    )
