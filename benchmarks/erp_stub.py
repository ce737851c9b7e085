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
from typing import Final

import orjson

from benchmarks.erp_books import Answer, Books, Request

HEAD_END: Final = b"\r\n\r\n"
REASONS: Final = {200: b"OK", 201: b"Created", 400: b"Bad Request", 404: b"Not Found"}


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
