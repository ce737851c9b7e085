"""One chain for all logs, and no secret in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from gatepost.runtime import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    logs.set_up("json", "info", stream=stream)
    yield stream
    root.handlers[:], root.level = before
    logging.captureWarnings(False)


def _last(stream: io.StringIO) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return found


def test_our_own_lines_and_those_of_libraries_look_the_same(stream: io.StringIO) -> None:
    structlog.get_logger("ours").info("hello", item_id="x")
    assert _last(stream)["item_id"] == "x"
    logging.getLogger("uvicorn.error").info("started %s", "now")
    assert _last(stream)["event"] == "started now"
    for line in stream.getvalue().splitlines():
        assert {"level", "logger", "timestamp", "event"} <= set(json.loads(line))


@pytest.mark.parametrize(
    ("event", "secret"),
    [
        ({"error": "amqp://guest:hush-hush@rabbit:5672/v"}, "hush-hush"),
        ({"error": "postgresql+psycopg://u:hush%40hush@db/x?password=hushhush"}, "hush"),
        ({"headers": {"Authorization": "Bearer abc.def-ghi"}}, "abc.def"),
        ({"said": "sent Authorization: Bearer abcdefghi"}, "abcdefghi"),
        ({"password": "hush"}, "hush"),
        ({"api_token": "hush"}, "hush"),
        ({"made": "gp_abcdefghijkl"}, "abcdefghijkl"),
        ({"urls": ["smtp://u:hush@mail"]}, "hush"),
    ],
)
def test_secrets_are_masked(stream: io.StringIO, event: dict[str, Any], secret: str) -> None:
    structlog.get_logger().warning("something", **event)
    assert secret not in stream.getvalue()
    assert "***" in stream.getvalue()


def test_a_traceback_hides_them_too(stream: io.StringIO) -> None:
    try:
        raise ValueError("amqp://guest:hush@rabbit")
    except ValueError:
        logging.getLogger("pika").exception("failed")
    assert "hush" not in stream.getvalue()
    assert "ValueError" in _last(stream)["exception"]


def test_what_is_no_secret_stays() -> None:
    text = "http://127.0.0.1:9009/erp accept-header: a:b@c"
    assert logs.mask(text) == text


def test_the_pretty_form_is_plain_where_nobody_looks() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs.set_up("pretty", "info", stream=stream)
    structlog.get_logger().info("hello", url="amqp://a:hush@b")
    root.handlers[:], root.level = before
    logging.captureWarnings(False)
    assert "hello" in stream.getvalue()
    assert "hush" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
