"""A real Tryton as the conformance kit wants an ERP: a server process, and a line to it."""

from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

from gatepost.connectors.port import Connector, ExportItem
from gatepost.connectors.tryton import TrytonConfig, TrytonConnector
from gatepost.connectors.tryton import connector as connector_module
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import ErpUnderTest
from tests.connectors.tryton.installing import DATABASE, KEY
from tests.connectors.tryton.line import Line
from tests.connectors.tryton.server import Tryton

WRONG_KEY: Final = "not-the-key-5e7d"
RETAINAGE: Final = "2.3.7"
_JOBS: Final = "SELECT id FROM analytic_account_account WHERE note LIKE ?"
_PURCHASES: Final = "SELECT DISTINCT purchase FROM purchase_line WHERE note LIKE ?"
_INVOICES: Final = "SELECT DISTINCT invoice FROM account_invoice_line WHERE note LIKE ?"
_COUNTED: Final = {
    Kind.PROJECT: _JOBS,
    Kind.SUB_JOB: _JOBS,
    Kind.COMMITMENT: _PURCHASES,
    Kind.CHANGE_ORDER: _PURCHASES,
    Kind.INVOICE: _INVOICES,
}
_EDITS: Final = {
    _JOBS: "UPDATE analytic_account_account SET note = note || '\n\nseen by Ann' WHERE id = ?",
    _PURCHASES: "UPDATE purchase_purchase SET description = 'seen by Ann' WHERE id = ?",
    _INVOICES: "UPDATE account_invoice SET description = 'seen by Ann' WHERE id = ?",
}


class TrytonErp(ErpUnderTest):
    """A company's books in Tryton."""

    secrets = (KEY, WRONG_KEY)
    nowhere = "999999999"

    def __init__(self, tryton: Tryton) -> None:
        self.tryton = tryton
        self.line = Line(tryton.port)

    def close(self) -> None:
        self.line.close()

    def connector(self) -> TrytonConnector:
        return self.connected()

    def connected(self, **options: Any) -> TrytonConnector:
        given = {
            "url": self.line.url,
            "database": DATABASE,
            "api_key": KEY,
            "retainage_account": RETAINAGE,
            "timeout": 60.0,
        }
        return TrytonConnector(TrytonConfig.model_validate({**given, **options}))

    def badly_configured(self) -> Connector:
        return self.connected(api_key=WRONG_KEY)

    def count(self, item: ExportItem) -> int:
        return len(self.records(item))

    def records(self, item: ExportItem) -> list[int]:
        """The ids of an item's records, as they stand in the books."""
        found = self.tryton.asked(_COUNTED[item.kind], f"%{item.mark}:%")
        return [id for (id,) in found]

    def losing_answers(self) -> AbstractContextManager[None]:
        return self.line.losing_answers()

    def away(self) -> AbstractContextManager[None]:
        return self.line.cut()

    def edit(self, item: ExportItem, origin: Origin) -> bool:
        self.tryton.changed(_EDITS[_COUNTED[item.kind]], int(origin.id))
        return True

    def amounts(self, item: ExportItem, origin: Origin) -> dict[str, str]:
        model = "account.invoice.line" if item.kind is Kind.INVOICE else "purchase.line"
        found = {id: self.read(model, id, "amount")["amount"] for _, id in origin.lines}
        return {id: str(amount["decimal"]) for id, amount in found.items()}

    def short_pages(self) -> AbstractContextManager[object]:
        return patch.object(connector_module, "PAGE", 2)

    # --- what a bookkeeper does ------------------------------------------------------------------

    def does(self, model: str, id: str, action: str) -> None:
        """Press a button of a record."""
        self.tryton.call("POST", f"{model}/{id}/{action}", {})

    def adds_line(self, model: str, id: str, line: dict[str, Any]) -> None:
        self.tryton.call("PUT", f"{model}/{id}", {"lines": [["create", [line]]]})

    def account(self, code: str) -> int:
        """The id of an account by its code."""
        ((id,),) = self.tryton.asked("SELECT id FROM account_account WHERE code = ?", code)
        return int(id)

    def charges(self, line: str, account: int) -> None:
        """Put a line of a supplier invoice on an account."""
        self.tryton.call("PUT", f"account.invoice.line/{line}", {"account": account})

    def read(self, model: str, id: str, *fields: str) -> dict[str, Any]:
        """What stands in some fields of a record."""
        record: dict[str, Any] = self.tryton.call("GET", f"{model}/{id}", None, *fields)
        return record

    def vendor(self) -> str:
        return str(self.tryton.known["vendors"][0])
