"""A company file in memory: lists, purchase orders, bills, and what QuickBooks does not take."""

import copy
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from lxml import etree

from gatepost.testing.quickbooks.schema import ParseError, check, check_published, published
from gatepost.testing.quickbooks.tables import Refused, Tables, copied, described

_LONGEST_SET_ID: Final = 24


class CompanyFile:
    """One company's books. Requests are done one after the other, as QuickBooks does.

    Args:
        path: where it is, as QuickBooks says it.

    Raises:
        LookupError: ``QBXML_XSD_DIR`` is set, and names a folder without a schema that can be read.

    """

    def __init__(self, path: str = r"C:\Books\Acme Builders.qbw") -> None:
        self.path = path
        self.tables = Tables()
        self.requests: list[str] = []  # everything that was asked, as it came
        self.refusals: list[int] = []  # status codes of the next writes
        self.before_change: Callable[[], None] | None = None  # a bookkeeper, one moment earlier
        self._published = published()
        self._kept: dict[str, tuple[str, Any]] = {}
        self._iterators: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    # --- what a bookkeeper sees and does ---------------------------------------------------------

    def enter_customer(self, name: str) -> str:
        """A customer; gives its ListID."""
        return self.tables.enter("Customer", Name=name)

    def enter_vendor(self, name: str) -> str:
        return self.tables.enter("Vendor", Name=name)

    def enter_items(self, *names: str) -> None:
        """Service items: what lines are of."""
        self.tables.items.update(names)

    def customers(self) -> list[dict[str, Any]]:
        return self._all("Customer")

    def orders(self) -> list[dict[str, Any]]:
        return self._all("PurchaseOrder")

    def bills(self) -> list[dict[str, Any]]:
        return self._all("Bill")

    def marked(self, mark: str) -> list[dict[str, Any]]:
        """Every record with a mark."""
        found = [*self.customers(), *self.orders(), *self.bills()]
        return [each for each in found if each.get("ExternalGUID") == f"{{{mark}}}"]

    def edit(self, record_id: str, **values: str) -> None:
        """A bookkeeper changes a record."""
        with self._lock:
            record = self.tables.record(record_id)
            for name, value in values.items():
                self.tables.put(record, name, value)
            self.tables.stamp(record)

    def remove(self, record_id: str) -> None:
        with self._lock:
            self.tables.remove(record_id)

    def hang_up(self) -> None:
        """A session ends: its iterators are forgotten."""
        self._iterators.clear()

    def _all(self, name: str) -> list[dict[str, Any]]:
        with self._lock:
            return [described(each) for each in self.tables.of(name)]

    # --- what the Web Connector hands in ---------------------------------------------------------

    def process(self, document: str) -> str:
        """The answer to a request.

        Raises:
            ParseError: it is not of the schema, or not in plain ASCII.

        """
        with self._lock:
            self.requests.append(document)
            if not document.isascii():
                raise ParseError("a character beyond ASCII that is no reference")
            root = etree.fromstring(document.encode())
            if self._published is not None:
                check_published(root, self._published)
            asked = root.find("QBXMLMsgsRq")
            if asked is None or not asked.get("onError"):
                raise ParseError("no message set")
            for request in asked:
                check(request)
            answer = self._recovered(asked, document)
            root = etree.Element("QBXML")
            root.append(answer)
            said: str = etree.tostring(root).decode()
            return f'<?xml version="1.0" ?>{said}'

    def _recovered(self, asked: Any, document: str) -> Any:  # noqa: ANN401 - lxml has no types
        """The answer, kept under its id or given again."""
        new, old = asked.get("newMessageSetID"), asked.get("oldMessageSetID")
        if new is None and old is not None:
            if old in self._kept:
                return _with_status(copy.deepcopy(self._kept[old][1]), 0)
            return _with_status(etree.Element("QBXMLMsgsRs"), 600)
        if new is None:
            return self._done(asked)
        if len(new) > _LONGEST_SET_ID:
            return _with_status(etree.Element("QBXMLMsgsRs"), 9004)
        if old is not None:
            self._kept.pop(old, None)
        if new in self._kept:
            first, answer = self._kept[new]
            if first != document:
                return _with_status(etree.Element("QBXMLMsgsRs"), 9001)
            return _with_status(copy.deepcopy(answer), 0)
        answer = _with_status(self._done(asked), 0)
        self._kept[new] = (document, copy.deepcopy(answer))
        return answer

    def _done(self, asked: Any) -> Any:  # noqa: ANN401 - lxml has no types
        answers, failed = etree.Element("QBXMLMsgsRs"), False
        for request in asked:
            name = request.tag.removesuffix("Rq")
            answer = etree.SubElement(answers, f"{name}Rs", requestID=request.get("requestID", ""))
            try:
                if failed:
                    raise Refused(3231, "The request has not been processed.")
                for record in self._one(name, request, answer):
                    answer.append(record)
                _say(answer, 0 if len(answer) else 1, "Info", "Status OK")
            except Refused as refused:
                failed = refused.code >= 1000
                severity = "Error" if failed else "Warn"
                _say(answer, refused.code, severity, refused.message)
        return answers

    def _one(self, name: str, request: Any, answer: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
        if name == "CompanyQuery":
            company = etree.Element("CompanyRet")
            etree.SubElement(company, "CompanyName").text = "Acme Builders"
            yield company
        elif name.endswith("Query"):
            yield from self._query(name.removesuffix("Query"), request, answer)
        else:
            if self.refusals:
                raise Refused(self.refusals.pop(0), "refused, as it was told to")
            if self.before_change and name.endswith("Mod"):
                self.before_change()
            yield copied(self.tables.write(name, request[0]))

    def _query(self, name: str, request: Any, answer: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
        if request.get("iterator") == "Continue":
            found = self._iterators.pop(request.get("iteratorID"), None)
            if found is None:
                raise Refused(3000, "The iterator is not known.")
        else:
            found = self.tables.asked_for(name, request)
        most = int(request.findtext("MaxReturned") or len(found) or 1)
        if request.get("iterator"):
            rest = found[most:]
            iterator = f"{{iterator-{self.tables.next_number()}}}"
            self._iterators[iterator] = rest
            answer.set("iteratorRemainingCount", str(len(rest)))
            answer.set("iteratorID", iterator)
        wanted = [each.text for each in request.findall("IncludeRetElement")]
        lines = name in ("Customer", "Vendor") or request.findtext("IncludeLineItems") == "true"
        linked = request.findtext("IncludeLinkedTxns") == "true"
        for record in found[:most]:
            yield copied(record, only=wanted, lines=lines, linked=linked)


def _with_status(answer: Any, status: int) -> Any:  # noqa: ANN401 - lxml has no types
    answer.set("messageSetStatusCode", str(status))
    return answer


def _say(answer: Any, code: int, severity: str, message: str) -> None:  # noqa: ANN401 - as above
    answer.set("statusCode", str(code))
    answer.set("statusSeverity", severity)
    answer.set("statusMessage", message)
