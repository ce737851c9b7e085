"""An ERP that is never the bottleneck: one process, one epoll loop, everything in memory.

It books whatever is posted to ``/erp/<kinds>``, answers with an id for the record and for each of
its lines, and remembers under which mark a record came, so that a run can tell whether anything was
written twice. ``--delay-ms`` lets every answer wait without holding up the others.
"""

from __future__ import annotations

import argparse
import heapq
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson

PREFIXES: Final = {
    "projects": "JOB",
    "sub_jobs": "SUB",
    "commitments": "PO",
    "change_orders": "CO",
    "invoices": "BILL",
}
HEAD_END: Final = b"\r\n\r\n"
REASONS: Final = {200: b"OK", 201: b"Created", 400: b"Bad Request", 404: b"Not Found"}


class Request(NamedTuple):
    """One HTTP request, as far as an ERP stub cares."""

    method: bytes
    target: str
    body: bytes


class Answer(NamedTuple):
    """What goes back: a status and a JSON value."""

    status: int
    value: Any


@dataclass(slots=True)
class Books:
    """The records this ERP holds."""

    posts: int = 0
    records: list[dict[str, Any]] = field(default_factory=list)
    marks: Counter[str] = field(default_factory=Counter)

    def answer(self, request: Request) -> Answer:
        url = urlsplit(request.target)
        rooms = url.path.strip("/").split("/")
        match request.method, rooms:
            case b"POST", ["erp", kinds] if kinds in PREFIXES:
                return self.book(kinds, request.body)
            case b"GET", ["stats"]:
                return Answer(200, self.stats())
            case b"GET", ["erp", "records"]:
                return Answer(200, {"records": self.found(dict(parse_qsl(url.query)))})
            case b"GET", ["erp", "customers" | "vendors"]:
                return Answer(200, {"records": []})
        return Answer(404, {"error": f"nothing at {request.target}"})

    def book(self, kinds: str, body: bytes) -> Answer:
        try:
            record = orjson.loads(body)
        except orjson.JSONDecodeError:
            return Answer(400, {"error": "not JSON"})
        self.posts += 1
        number = f"{PREFIXES[kinds]}-{self.posts}"
        record |= {"id": number, "kind": kinds.removesuffix("s")}
        self.records.append(record)
        if mark := record.get("mark"):
            self.marks[mark] += 1
        lines = [
            {
                "external_id": line.get("external_id") or line.get("commitment_line"),
                "id": f"{number}/{place}",
            }
            for place, line in enumerate(record.get("lines", ()), start=1)
        ]
        named = record.get("number")
        return Answer(201, {"id": number, "number": named, "version": 1, "lines": lines})

    def found(self, wanted: dict[str, str]) -> list[dict[str, Any]]:
        return [
            record
            for record in self.records
            if all(record.get(name) == value for name, value in wanted.items())
        ]

    def stats(self) -> dict[str, int]:
        doubled = sum(1 for times in self.marks.values() if times > 1)
        return {"posts": self.posts, "marks": len(self.marks), "doubled": doubled}


class Caller:
    """One keep-alive connection and the bytes of it that are not yet a whole request."""

    __slots__ = ("received", "sock")

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.received = b""

    def requests(self) -> list[Request] | None:
        """The requests that are complete now; None once the caller has hung up."""
        try:
            chunk = self.sock.recv(65536)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not chunk:
            return None
        self.received += chunk
        complete = []
        while request := self._next():
            complete.append(request)
        return complete

    def _next(self) -> Request | None:
        end = self.received.find(HEAD_END)
        if end < 0:
            return None
        head = self.received[:end]
        start = end + len(HEAD_END)
        stop = start + content_length(head)
        if len(self.received) < stop:
            return None
        method, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
        body = self.received[start:stop]
        self.received = self.received[stop:]
        return Request(method, target.decode(), body)

    def send(self, wire: bytes) -> None:
        try:
            sent = self.sock.send(wire)
            if sent < len(wire):  # a long list: rare, and nobody is being timed
                self.sock.settimeout(5)
                self.sock.sendall(wire[sent:])
                self.sock.setblocking(False)
        except OSError:
            return  # the caller has gone; its record stands, as in a real ERP


def content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


def wire_form(answer: Answer) -> bytes:
    body = orjson.dumps(answer.value)
    return b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        answer.status,
        REASONS[answer.status],
        len(body),
        body,
    )


class Desk:
    """The loop: accepts callers, answers them, at once or when their answer is due."""

    def __init__(self, listener: socket.socket, delay: float) -> None:
        self.books = Books()
        self.delay = delay
        self.listener = listener
        self.callers: dict[int, Caller] = {}
        self.waiting: list[tuple[float, int, Caller, bytes]] = []
        self.ticket = 0
        self.epoll = select.epoll()
        self.epoll.register(listener.fileno(), select.EPOLLIN)

    def serve(self) -> None:
        while True:
            for number, _ in self.epoll.poll(self.patience()):
                if number == self.listener.fileno():
                    self.welcome()
                else:
                    self.hear(self.callers[number])
            self.send_due()

    def patience(self) -> float:
        return max(self.waiting[0][0] - time.monotonic(), 0) if self.waiting else -1

    def welcome(self) -> None:
        caller = Caller(self.listener.accept()[0])
        self.callers[caller.sock.fileno()] = caller
        self.epoll.register(caller.sock.fileno(), select.EPOLLIN)

    def hear(self, caller: Caller) -> None:
        requests = caller.requests()
        if requests is None:
            self.part(caller)
            return
        for request in requests:
            wire = wire_form(self.books.answer(request))
            if self.delay and request.method == b"POST":
                self.ticket += 1
                due = time.monotonic() + self.delay
                heapq.heappush(self.waiting, (due, self.ticket, caller, wire))
            else:
                caller.send(wire)

    def part(self, caller: Caller) -> None:
        self.epoll.unregister(caller.sock.fileno())
        del self.callers[caller.sock.fileno()]
        caller.sock.close()

    def send_due(self) -> None:
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, _, caller, wire = heapq.heappop(self.waiting)
            caller.send(wire)


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.erp_stub", description=__doc__)
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free one")
    arguments.add_argument("--delay-ms", type=float, default=0, help="time until an answer")
    given = arguments.parse_args(argv)
    listener = socket.create_server(("127.0.0.1", given.port), backlog=512)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    Desk(listener, given.delay_ms / 1000).serve()


if __name__ == "__main__":
    main()
