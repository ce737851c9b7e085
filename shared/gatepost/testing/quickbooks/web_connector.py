"""The Web Connector: it calls a service over HTTP, hands what it gets to the company file, and goes on."""

import http.client
import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree

from gatepost.testing.quickbooks.company_file import CompanyFile
from gatepost.testing.quickbooks.schema import ParseError

_SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMES: Final = "http://developer.intuit.com/"
PATIENCE: Final = 60.0  # seconds for one answer of the service


class WebConnector:
    """A Web Connector with one company file open.

    Args:
        url: the service's address, as in the ``.qwc`` file.
        user: the name in it.
        password: as it was typed in.
        books: the company file that is open.
        pause: seconds between two calls.

    """

    def __init__(
        self, url: str, user: str, password: str, books: CompanyFile, *, pause: float = 0.05
    ) -> None:
        self.books = books
        self.said: list[str] = []  # what came of each call, the newest last
        self.version = ("13", "0")
        self.loses_answers = 0  # how many of the next writes are done without telling
        self.trouble: tuple[str, str] | None = None  # QuickBooks cannot be opened: HRESULT, message
        self.hold: Callable[[], None] | None = None  # QuickBooks takes its time over a write
        self._url = url
        self._user, self._password = user, password
        self._pause = pause
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._schema: Any = None

    # --- calling, again and again ----------------------------------------------------------------

    def start(self) -> "WebConnector":
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="web connector", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Fall silent, as when the machine it runs on is switched off."""
        self._stopping.set()
        if self._thread:
            self._thread.join(PATIENCE)

    def __enter__(self) -> "WebConnector":
        return self.start()

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.said.append(self.call())
            except (OSError, http.client.HTTPException) as error:
                self.said.append(f"no service: {error!r}")
            self._stopping.wait(self._pause)

    # --- one call --------------------------------------------------------------------------------

    def call(self) -> str:
        """One session; gives how it ended."""
        self.operation("serverVersion")
        refusal = self.operation("clientVersion", strVersion="2.3.0.215")
        if refusal.startswith("E:"):
            return refusal
        ticket, admitted, *_ = self.several(
            "authenticate", strUserName=self._user, strPassword=self._password
        )
        if admitted in ("nvu", "none", "busy"):
            return admitted
        if self.trouble:
            code, message = self.trouble
            self.operation("connectionError", ticket=ticket, hresult=code, message=message)
            return "could not open QuickBooks"
        ended = self._converse(ticket)
        self.books.hang_up()
        return ended

    def _converse(self, ticket: str) -> str:
        while True:
            request = self.operation(
                "sendRequestXML", ticket=ticket, strHCPResponse="",
                strCompanyFileName=self.books.path, qbXMLCountry="US",
                qbXMLMajorVers=self.version[0], qbXMLMinorVers=self.version[1],
            )  # fmt: skip
            if not request:
                said = self.operation("getLastError", ticket=ticket)
                self.operation("closeConnection", ticket=ticket)
                return said or "nothing to do"
            writes = "newMessageSetID" in request
            if writes and self.hold:
                self.hold()
            given = {"response": "", "hresult": "", "message": ""}
            try:
                given["response"] = self.books.process(request)
            except ParseError as error:  # QuickBooks itself does not say where
                said = f"error when parsing the XML: {error}"
                given |= {"hresult": "0x80040400", "message": said}
            if writes and self.loses_answers:
                self.loses_answers -= 1
                self.operation("closeConnection", ticket=ticket)
                return "the answer was lost"
            done = int(self.operation("receiveResponseXML", ticket=ticket, **given))
            if done < 0 or done >= 100:
                if done < 0:
                    self.operation("getLastError", ticket=ticket)
                self.operation("closeConnection", ticket=ticket)
                return f"{done}"

    # --- SOAP ------------------------------------------------------------------------------------

    def operation(self, name: str, **given: str) -> str:
        """Call an operation that gives one text."""
        found = self._post(name, given).find(f".//{{{_NAMES}}}{name}Result")
        return str(found.text or "")

    def several(self, name: str, **given: str) -> list[str]:
        """Call an operation that gives several."""
        found = self._post(name, given).findall(f".//{{{_NAMES}}}string")
        return [str(each.text or "") for each in found]

    def _post(self, name: str, given: dict[str, str]) -> Any:  # noqa: ANN401 - lxml has no types
        envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soap": _SOAP})
        body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
        called = etree.SubElement(body, f"{{{_NAMES}}}{name}", nsmap={None: _NAMES})
        for each, value in given.items():
            etree.SubElement(called, f"{{{_NAMES}}}{each}").text = value
        self._described(called)
        answer = etree.fromstring(self.request("POST", etree.tostring(envelope), name))
        self._described(answer.find(f"{{{_SOAP}}}Body")[0])
        return answer

    def _described(self, element: Any) -> None:  # noqa: ANN401 - lxml has no types
        """What goes over the line is what the service's own description says."""
        if self._schema is None:
            wsdl = etree.fromstring(self.request("GET", b"", query="?wsdl"))
            types = wsdl.find(".//{http://www.w3.org/2001/XMLSchema}schema")
            # Written and read again: so it stands alone, with the namespaces of what was around it.
            self._schema = etree.XMLSchema(etree.fromstring(etree.tostring(types)))
        self._schema.assertValid(etree.ElementTree(element))

    def request(self, method: str, body: bytes, operation: str = "", query: str = "") -> bytes:
        """A request as it is, for those who want to send something else."""
        parts = urlsplit(self._url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=PATIENCE
        )
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{_NAMES}{operation}"',
        }
        try:
            connection.request(method, parts.path + query, body or None, headers)
            return connection.getresponse().read()
        finally:
            connection.close()
