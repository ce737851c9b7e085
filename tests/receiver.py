"""A stranger's endpoint for webhooks: a real HTTP server, which answers as it is told to."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from standardwebhooks import Webhook

SECRET_KEY: Final = "a key for the tests of webhooks alone"
PATIENCE: Final = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted to it, and what it answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def fact(self) -> str:
        return str(self.event["type"].split(".")[2])

    def is_signed_with(self, secret: str) -> bool:
        """Whether a library of Standard Webhooks takes it; raises where it does not."""
        event = Webhook(secret).verify(self.body, self.headers)
        return bool(event["id"] == self.headers["webhook-id"])


class Receiver(ThreadingHTTPServer):
    """Answers with the codes it is given one after another, then with 204."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[Posted] = []
        self.codes: list[int] = []
        self.delay = 0.0  # seconds before it answers
        self.is_called = threading.Event()  # a request has come
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.more_headers: dict[str, str] = {}
        self.said = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def answers(self, *codes: int) -> None:
        self.codes[:] = codes

    def taken(self) -> list[Posted]:
        """What it answered with 2xx, each event once."""
        found = {each.headers["webhook-id"]: each for each in self.posted if each.answered < 300}
        return list(found.values())

    def facts(self, item_id: str) -> list[str]:
        """What it was told of an item, sorted: the order on the way is nobody's promise."""
        mine = [each for each in self.taken() if each.event["data"].get("item_id") == item_id]
        return sorted(each.fact for each in mine)

    def hears(self, item_id: str, facts: Sequence[str]) -> None:
        """Wait until it was told these of an item, and nothing else."""
        end = time.monotonic() + PATIENCE
        while self.facts(item_id) != sorted(facts):
            assert time.monotonic() < end, f"it was told {self.facts(item_id)}"
            time.sleep(0.05)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver
    timeout = 5

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.is_called.set()
        time.sleep(server.delay)
        server.may_answer.wait(PATIENCE)
        code = server.codes.pop(0) if server.codes else 204
        headers = {name.lower(): value for name, value in self.headers.items()}
        server.posted.append(Posted(self.path, headers, body, code))
        self.send_response(code)
        for name, value in server.more_headers.items():
            self.send_header(name, value)
        said = b"" if code == 204 else server.said
        if code != 204:
            self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_arguments: object) -> None:
        """Not into the tests' output."""
