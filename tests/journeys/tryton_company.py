"""A company whose ERP is a real Tryton: its directory, and a look into its books."""

from contextlib import AbstractContextManager
from typing import Any

from gatepost.ledger import directory_file
from tests.connectors.tryton.installing import DATABASE, KEY
from tests.connectors.tryton_erp import RETAINAGE, TrytonErp
from tests.journeys.company import DIRECTORY, SANDBOX, Event, of_company
from tests.journeys.erp_hands import ErpRecords
from tests.journeys.gate import Gate


class TrytonCompany:
    """The company, and its bookkeeper.

    Args:
        gate: what it sends its items through.
        tryton: where its books are.
        key: names the company; both stacks write into the same books, and so are two companies.

    """

    def __init__(self, gate: Gate, tryton: TrytonErp, key: str) -> None:
        self._gate, self._tryton, self._key = gate, tryton, key
        self.vendor = tryton.vendor()
        options = f'url = "{tryton.line.url}", database = "{DATABASE}", api_key = "{KEY}"'
        waits = f'retainage_account = "{RETAINAGE}", timeout = 30.0, settle = 0.5'
        connection = f'connector = "tryton"\noptions = {{ {options}, {waits} }}'
        text = DIRECTORY.replace(SANDBOX, connection).replace('key = "acme"', f'key = "{key}"')
        text = text.replace('"V-100"', f'"{self.vendor}"')
        directory_file.apply(gate.stack.ledger.database, directory_file.parse(text))
        self.records = ErpRecords(gate, key)

    def sends(self, event: Event) -> str:
        """Its project software sends an event like that; gives the item's id."""
        return self._gate.sends(of_company(self._key, event))

    def purchases(self, mark: str) -> list[int]:
        """The purchases with an item's mark, asked of the database."""
        asked = "SELECT DISTINCT purchase FROM purchase_line WHERE note LIKE ?"
        return [id for (id,) in self._tryton.tryton.asked(asked, f"%{mark}:%")]

    def read(self, model: str, id: str, *fields: str) -> dict[str, Any]:
        """A record, as Tryton gives it to anybody."""
        return self._tryton.read(model, id, *fields)

    def renames(self, job: str, name: str) -> None:
        """The bookkeeper gives a job another name."""
        values = {"name": name}
        self._tryton.tryton.call("PUT", f"analytic_account.account/{job}", values)

    def enters_job(self, name: str) -> str:
        """The bookkeeper makes a job; gives its id."""
        root = self._tryton.tryton.known["jobs"]
        values = {"name": name, "type": "normal", "root": root, "parent": root, "state": "opened"}
        record = self._tryton.tryton.call("POST", "analytic_account.account", values)
        return str(record["id"])

    def posts(self, invoice: str) -> None:
        self._tryton.does("account.invoice", invoice, "post")

    def losing_answers(self) -> AbstractContextManager[None]:
        return self._tryton.line.losing_answers()

    def slow(self) -> AbstractContextManager[None]:
        """While it lasts, Tryton works at what it is asked and does not get to write it."""
        self._tryton.line.arrived.clear()
        return self._tryton.tryton.slow()

    def is_asked(self) -> bool:
        """Whether something to be written has arrived since it became slow."""
        return self._tryton.line.arrived.wait(60)
