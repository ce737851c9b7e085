"""Sending over HTTP: what the console answers becomes a line and an exit code."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.cli.conftest import Gatepost, catalogue


class Console(BaseHTTPRequestHandler):
    """Takes every event but sub jobs, from whoever has the token."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != "Bearer gp_right":
            self._answer(401, {"title": "Unauthorized", "detail": "the token is not known"})
        elif json.loads(body)["data"]["kind"] == "sub_job":
            who = "the sender"
            errors = [{"field": "code", "message": "it is too long", "who_can_fix": who}]
            self._answer(422, {"title": "Unprocessable", "errors": errors})
        else:
            self._answer(202, {"item_id": "x"})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Console) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_refused_is_said_line_by_line(gatepost: Gatepost, url: str) -> None:
    way = ("--via", "http", "--url", url, "--token", "gp_right")
    said = gatepost("send", "-", *way, stdin=catalogue("pm-12", "pm-207"))
    assert said.code == 3
    event_id = json.loads(catalogue("pm-207"))["id"]
    line = f"line 2  {event_id}  harbor/sub_job/pm-207  refused: code: it is too long (the sender)"
    assert line in said.err.splitlines()


def test_what_is_no_event_is_refused_with_its_line_and_sent_nowhere(
    gatepost: Gatepost, url: str
) -> None:
    way = ("--via", "http", "--url", url, "--token", "gp_right")
    twice = catalogue("pm-13").replace('"data":', '"data": {}, "data":', 1)
    lines = ['{"a": 1}', catalogue("pm-12"), "not json", twice]
    said = gatepost("send", "-", *way, stdin="\n".join(map(str.strip, lines)))
    assert said.code == 3
    assert 'refused: the document has the key "data" twice in one object' in said.err
    assert "line 1  refused: not a CloudEvent: without id, source, type" in said.err
    assert "line 3  refused: not JSON" in said.err
    assert "1 sent, 3 refused" in said.err


def test_a_token_is_needed_and_must_be_known(gatepost: Gatepost, url: str) -> None:
    way = ("--via", "http", "--url", url)
    assert gatepost("send", "-", *way, stdin=catalogue("pm-12")).code == 2
    said = gatepost("send", "-", *way, stdin=catalogue("pm-12"), token="gp_wrong")
    assert (said.code, "the token is not known" in said.err) == (4, True)


def test_a_console_that_is_away_is_said_in_a_sentence(gatepost: Gatepost) -> None:
    way = ("--via", "http", "--url", "http://127.0.0.1:9", "--token", "gp_right")
    said = gatepost("send", "-", *way, stdin=catalogue("pm-12"))
    assert (said.code, "does not answer" in said.err) == (1, True)
