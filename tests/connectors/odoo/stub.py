"""A stub of Odoo: a server that speaks JSON-2 as 19 does, or JSON-RPC as 16 to 18 do.

After the published protocol and what was seen of it: see docs/how-to/connect-odoo.md.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from tests.connectors.odoo.books import Books, OdooError, Record

DATABASE: Final = "acme"
LOGIN: Final = "gatepost@acme.example"
KEY: Final = "3f9a1c7e-odoo-key"
DEBUG: Final = "Traceback (most recent call last): /opt/odoo/secret.py"
_STATUS: Final = {
    "AccessError": 403,
    "AccessDenied": 403,
    "Unauthorized": 401,
    "NotFound": 404,
    "MissingError": 404,
    "ValidationError": 422,
    "UserError": 422,
}


class Stub:
    """A running Odoo of that version."""

    def __init__(self, version: int, *, is_fresh: bool = False) -> None:
        self.version = version
        self.books = Books(version, is_fresh=is_fresh)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def json2(self, path: str, headers: Any, named: Record) -> tuple[int, object]:  # noqa: ANN401 - of http.server
        try:
            if headers["Authorization"] != f"Bearer {KEY}":
                raise OdooError("werkzeug.exceptions.Unauthorized", "Invalid apikey")
            if headers["X-Odoo-Database"] != DATABASE:
                raise OdooError("werkzeug.exceptions.NotFound", "no such database")
            model, method = path.removeprefix("/json/2/").split("/")
            return 200, self.books.call(model, method, named)
        except OdooError as error:
            return _STATUS.get(error.name.rpartition(".")[2], 500), _told(error)

    def jsonrpc(self, asked: Record) -> tuple[int, object]:
        answer: Record = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            return 200, {**answer, "result": self._rpc(**asked["params"])}
        except OdooError as error:
            data = {"code": 200, "message": "Odoo Server Error", "data": _told(error)}
            return 200, {**answer, "error": data}

    def _rpc(self, service: str, method: str, args: list[Any]) -> Any:  # noqa: ANN401 - JSON
        if args[0] != DATABASE:
            said = f'FATAL:  database "{args[0]}" does not exist'
            raise OdooError("psycopg2.OperationalError", said)
        if (service, method) == ("common", "authenticate"):
            return 2 if args[1:3] == [LOGIN, KEY] else False
        assert (service, method) == ("object", "execute_kw")
        _, uid, key, model, name, positional, *more = args
        named = more[0] if more else {}
        if (uid, key) != (2, KEY):
            raise OdooError("odoo.exceptions.AccessDenied", "Access Denied")
        by_place = {"write": ("ids", "vals"), "create": ("vals_list",)}.get(name, ())
        if len(positional) != len(by_place):  # these two are called so, and by no names
            raise OdooError("builtins.IndexError", "list index out of range")
        named = {**named, **dict(zip(by_place, positional, strict=True))}
        return self.books.call(model, name, named)


def _told(error: OdooError) -> Record:
    more = {"arguments": [error.message], "context": {}, "debug": DEBUG}
    return {"name": error.name, "message": error.message, **more}


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # an answer goes in one piece

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path.startswith("/json/2/") and stub.version >= 19:
                return self._answer(*stub.json2(self.path, self.headers, asked))
            if self.path == "/jsonrpc" and stub.version < 19:
                return self._answer(*stub.jsonrpc(asked))
            return self._answer(404, None)

        def _answer(self, status: int, document: object) -> None:
            page = b"<html>404: Not Found</html>"
            said = page if status == 404 and document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """A test's output is its own."""

    return Answering
