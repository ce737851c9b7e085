"""One Tryton server's life: a process, and books that are a copy of those made once."""

import base64
import contextlib
import http.client
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

from gatepost.testing.servers.processes import Command, Process, free_port
from tests.connectors.tryton.installing import BOOKKEEPER, DATABASE, configuration, installed

_PATIENCE: Final = 60.0  # seconds it may take to come up


class Tryton:
    """A Tryton server of the test's own, with a company in it."""

    def __init__(self, folder: Path) -> None:
        found = installed()
        self.known = found.known
        self.port = free_port()
        self._books = folder / f"{DATABASE}.sqlite"
        shutil.copyfile(found.books, self._books)
        conf = configuration(folder, "[web]", f"listen = 127.0.0.1:{self.port}")
        trytond = str(found.python.parent / "trytond")
        words = [str(found.python), trytond, "-c", str(conf), "-d", DATABASE]
        self._log = folder / "trytond.log"
        self._process = Process(Command(words), self._log)

    def __enter__(self) -> Self:
        self._process.run()
        give_up = time.monotonic() + _PATIENCE
        while not self._answers():
            if time.monotonic() > give_up or not self._process.alive():
                self._process.remove()
                raise AssertionError(f"Tryton did not come up: {self._log.read_text()[-2000:]}")
            time.sleep(0.02)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.remove()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has said, for those whose test failed."""
        return self._log.read_text(errors="replace")

    def asked(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """What stands in its books, asked in SQL: past the server and past the connector."""
        with contextlib.closing(sqlite3.connect(self._books, timeout=60)) as books:
            return books.execute(question, values).fetchall()

    def changed(self, statement: str, *values: Any) -> None:
        """Change what stands in its books, behind everybody's back."""
        with contextlib.closing(sqlite3.connect(self._books, timeout=60)) as books, books:
            books.execute(statement, values)

    def call(self, method: str, path: str, body: object, *fields: str) -> Any:  # noqa: ANN401 - JSON
        """Ask it over its REST API as its bookkeeper does, without the connector."""
        wanted = urlencode([("f", field) for field in fields])
        context = base64.urlsafe_b64encode(b'{"company": 1}').decode()
        headers = {"Authorization": f"Bearer {BOOKKEEPER}", "X-Tryton-Context": context}
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        with contextlib.closing(asked):
            place = f"/{DATABASE}/rest/model/{path}?{wanted}"
            sent = {**headers, "Content-Type": "application/json"}
            asked.request(method, place, json.dumps(body) if body is not None else None, sent)
            answer = asked.getresponse()
            said = answer.read().decode()
        assert answer.status in (200, 204), f"{method} {path}: {answer.status} {said}"
        return json.loads(said) if said else None

    @contextmanager
    def slow(self) -> Iterator[None]:
        """While it lasts, it writes nothing, and works at what it is asked until it can."""
        with contextlib.closing(sqlite3.connect(self._books, timeout=60)) as books:
            books.isolation_level = None
            books.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                books.execute("ROLLBACK")

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            asked.request("GET", f"/{DATABASE}/rest/model/company.company")
            return asked.getresponse().status == http.HTTPStatus.UNAUTHORIZED
        except OSError:
            return False
        finally:
            asked.close()
