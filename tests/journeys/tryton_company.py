"""A company whose ERP is a real Tryton: its directory, and a look into its books."""

from contextlib import AbstractContextManager
from typing import Any, Final

from gatepost.ledger import directory_file
from tests.connectors.tryton.installing import DATABASE, KEY
from tests.connectors.tryton_erp import RETAINAGE, TrytonErp
from tests.journeys.company import DIRECTORY, SANDBOX, Event
from tests.journeys.gate import Gate

COMPANY: Final = "fjord"


def of_fjord(event: Event) -> Event:
    """The same event, of this company."""
    data = {**event["data"], "company": COMPANY}
    return {**event, "data": data, "subject": event["subject"].replace("acme/", f"{COMPANY}/")}


class TrytonCompany:
    """The company, and its bookkeeper."""

    def __init__(self, gate: Gate, tryton: TrytonErp) -> None:
        self._tryton = tryton
        options = f'url = "{tryton.line.url}", database = "{DATABASE}", api_key = "{KEY}"'
        waits = f'retainage_account = "{RETAINAGE}", timeout = 30.0, settle = 0.5'
        connection = f'connector = "tryton"\noptions = {{ {options}, {waits} }}'
        text = DIRECTORY.replace(SANDBOX, connection).replace('key = "acme"', f'key = "{COMPANY}"')
        text = text.replace('"V-100"', f'"{tryton.vendor()}"')
        directory_file.apply(gate.stack.ledger.database, directory_file.parse(text))

    def purchases(self, mark: str) -> list[int]:
        """The purchases with an item's mark, asked of the database."""
        asked = "SELECT DISTINCT purchase FROM purchase_line WHERE note LIKE ?"
        return [id for (id,) in self._tryton.tryton.asked(asked, f"%{mark}:%")]

    def read(self, model: str, id: str, *fields: str) -> dict[str, Any]:
        """A record, as Tryton gives it to anybody."""
        return self._tryton.read(model, id, *fields)

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
