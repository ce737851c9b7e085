"""The line to an Odoo: it carries requests, loses the answers of loads, and is out of service."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Line:
    """An address whose requests go to another one."""

    def __init__(self, to: str) -> None:
        self.loses = self.is_cut = False
        self.to = urlsplit(to)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """While it lasts, nothing arrives over there: the proxy before it says so."""
        self.is_cut = True
        try:
            yield
        finally:
            self.is_cut = False

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """While it lasts, what is loaded arrives, and the answer does not come back."""
        self.loses = True
        try:
            yield
        finally:
            self.loses = False


def _handler(line: Line) -> type[BaseHTTPRequestHandler]:
    class Carrying(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # an answer goes in one piece

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if line.is_cut:
                return self._answer(503, "text/html", b"<html>out of service</html>")
            make = (
                http.client.HTTPSConnection
                if line.to.scheme == "https"
                else http.client.HTTPConnection
            )
            far = make(line.to.netloc, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            far.request("POST", line.to.path.rstrip("/") + self.path, body, headers)
            answer = far.getresponse()
            said = answer.read()
            far.close()
            if line.loses and (self.path.endswith("/load") or b'"load"' in body):
                self.close_connection = True
                return None
            return self._answer(answer.status, answer.headers["Content-Type"] or "", said)

        def _answer(self, status: int, type: str, said: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", type)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """A test's output is its own."""

    return Carrying
