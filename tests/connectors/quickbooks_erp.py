"""QuickBooks as the conformance kit wants an ERP: the connector, the exporter's SOAP, the simulator."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from gatepost.connectors.errors import ConnectorError, Unavailable
from gatepost.connectors.port import Connector, ExportItem
from gatepost.connectors.quickbooks import QuickBooksConfig, QuickBooksConnector
from gatepost.connectors.quickbooks import connector as connector_module
from gatepost.connectors.quickbooks.mapping import line_mark
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.runtime.sockets import listening_socket
from gatepost.testing.conformance import ErpUnderTest
from gatepost.testing.quickbooks import CompanyFile, WebConnector
from gatepost_exporter.calling_in.listening import Serving
from gatepost_exporter.calling_in.operations import Operations
from gatepost_exporter.calling_in.post import Post
from gatepost_exporter.calling_in.sessions import Session

USER: Final = "acme/books"
PASSWORD: Final = "kit-secret-5e7d"
PATIENCE: Final = 30.0
IDLE: Final = 0.3  # seconds after which a call in which nothing is asked ends


class Exchange:
    """The ledger's place in these tests: whatever a connector asks is asked in the next call."""

    def __init__(self) -> None:
        self.place = self.version = ""
        self.patience = PATIENCE
        self._asking = 0
        self._post: Post | None = None
        self._changed = threading.Condition()
        self._quiet_since = 0.0

    def ask(self, document: str, *, writes: bool) -> str:
        with self._changed:
            self._asking += 1
            found = self._changed.wait_for(lambda: self._post and self._post.is_open, self.patience)
            post = self._post
        try:
            if not found or post is None:
                raise Unavailable("QuickBooks did not call")
            return post.ask(document, writes=writes)
        finally:
            with self._changed:
                self._asking -= 1
                self._quiet_since = time.monotonic()

    # --- the desk --------------------------------------------------------------------------------

    def recognise(self, key: str, user: str, password: str) -> str | None:
        return USER if (key, user, password) == ("books", USER, PASSWORD) else None

    def admit(self, name: str) -> Session | str:
        return Session(name, Post(PATIENCE), self._work) if self._asking else "none"

    def was_refused(self, session: Session, error: ConnectorError) -> None:
        """Nobody is told here."""

    def _work(self, post: Post) -> None:
        with self._changed:
            self.place, self.version = post.place, post.version
            self._post, self._quiet_since = post, time.monotonic()
            self._changed.notify_all()
        while post.is_open and (self._asking or time.monotonic() - self._quiet_since < IDLE):
            time.sleep(0.01)
        with self._changed:
            self._post = None


class QuickBooks(ErpUnderTest):
    """A company file, and a Web Connector that calls for it."""

    secrets = (PASSWORD,)

    def __init__(self) -> None:
        self.books = CompanyFile()
        self.customer = self.books.enter_customer("City of Port Calder")
        self._vendor = self.books.enter_vendor("Aker Steel AS")
        self.books.enter_items("05-120", "03-300")
        self.books.tables.accounts.add("Retainage Payable")
        self.exchange = Exchange()
        self.operations = Operations(self.exchange)
        self.socket = listening_socket("127.0.0.1", 0)
        self._serving = Serving(self.operations, self.socket)
        self._thread = threading.Thread(target=self._serving.serve, daemon=True)
        self._thread.start()
        url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/quickbooks/books"
        self.web_connector = WebConnector(url, USER, PASSWORD, self.books, pause=0.02)
        self.web_connector.start()

    def close(self) -> None:
        self.operations.sessions.end_all()
        self.web_connector.stop()
        self._serving.stop()
        self._thread.join(10)
        self.socket.close()

    def connector(self) -> Connector:
        return self.connected()

    def connected(self, **options: Any) -> QuickBooksConnector:
        given = {"retainage_account": "Retainage Payable", **options}
        return QuickBooksConnector(QuickBooksConfig(**given), self.exchange)

    def badly_configured(self) -> Connector:
        return self.connected(company_file="Somebody else's.qbw")

    def count(self, item: ExportItem) -> int:
        if item.kind is not Kind.CHANGE_ORDER:
            return len(self.books.marked(item.mark))
        lines = [line for order in self.books.orders() for line in order["lines"]]
        own = [line for line in lines if line.get("Other1") == line_mark(item.mark)]
        assert len(own) % len(item.content["lines"]) == 0, "a change order is whole"
        return len(own) // len(item.content["lines"])

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        self.web_connector.loses_answers = 1
        yield
        assert self.web_connector.loses_answers == 0

    @contextmanager
    def away(self) -> Iterator[None]:
        self.exchange.patience = 0.05
        self.operations.sessions.end_all()
        self.web_connector.stop()
        yield
        self.exchange.patience = PATIENCE
        self.web_connector.start()

    def edit(self, item: ExportItem, origin: Origin) -> bool:
        changed = {"JobDesc": "seen by Ann"} if "/" not in origin.id and item.kind in _JOBS else {}
        self.books.edit(origin.id.partition("/")[0], **(changed or {"VendorMsg": "seen by Ann"}))
        return True

    def amounts(self, item: ExportItem, origin: Origin) -> dict[str, str]:
        records = [*self.books.orders(), *self.books.bills()]
        lines = [line for record in records for line in record.get("lines", ())]
        return {line["TxnLineID"]: line["Amount"] for line in lines}

    def short_pages(self) -> Any:  # noqa: ANN401 - a context
        return patch.object(connector_module, "PAGE", 2)

    def vendor(self) -> str:
        return self._vendor

    def entries(self, kind: Kind) -> dict[str, str]:
        return {"customer": self.customer} if kind is Kind.PROJECT else {}


_JOBS: Final = (Kind.PROJECT, Kind.SUB_JOB)
