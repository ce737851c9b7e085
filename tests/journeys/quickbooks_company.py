"""A company whose ERP is QuickBooks Desktop: its directory, its company file, its Web Connector."""

from typing import Final

import sqlalchemy as sa

from gatepost.connectors.quickbooks.qwc import password_of, user_of
from gatepost.ledger import gates, tables
from gatepost.testing.quickbooks import CompanyFile, WebConnector
from tests.journeys.company import Event, of_company
from tests.journeys.erp_hands import ErpRecords
from tests.journeys.gate import Gate
from tests.journeys.other_companies import enter
from tests.journeys.stacks import SECRET_KEY

COMPANY: Final = "calder"
RETAINAGE: Final = "Retainage Payable"
_QUICKBOOKS: Final = (
    'connector = "quickbooks_desktop"\n'
    f'options = {{ timeout = 20.0, settle = 0.5, retainage_account = "{RETAINAGE}" }}'
)


def of_calder(event: Event) -> Event:
    """The same event, of this company."""
    return of_company(COMPANY, event)


def with_number(event: Event, number: str) -> Event:
    return {**event, "data": {**event["data"], "number": number}}


class QuickBooksCompany:
    """The company's accountant, with QuickBooks open or closed."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.books = CompanyFile()
        self.customer = self.books.enter_customer("City of Port Calder")
        vendor = self.books.enter_vendor("Aker Steel AS")
        self.books.enter_items("05-120", "03-300")
        self.books.tables.accounts.add(RETAINAGE)
        enter(gate, COMPANY, connection=_QUICKBOOKS, vendor=vendor)
        self.records = ErpRecords(gate, COMPANY)
        url = f"{gate.stack.exporter_url}/quickbooks/books"
        password = password_of(SECRET_KEY, COMPANY, "books")
        self.web_connector = WebConnector(url, user_of(COMPANY, "books"), password, self.books)

    def opens(self) -> None:
        self.web_connector.stop()
        self.web_connector.start()

    def closes(self) -> None:
        self.web_connector.stop()

    def connection(self) -> sa.RowMapping:
        is_it = tables.connections.c.company == COMPANY
        with self._gate.stack.ledger.database.reading() as connection:
            return connection.execute(sa.select(tables.connections).where(is_it)).mappings().one()

    def waits(self) -> str:
        """What the connection says it waits for."""
        row, ledger = self.connection(), self._gate.stack.ledger
        with ledger.database.reading() as connection:
            now = connection.execute(ledger.statements.now).one().now
            return gates.waiting_for_call(connection, row, now)

    def jobs(self) -> list[str]:
        return [each["FullName"] for each in self.books.customers()]

    def order(self, mark: str) -> Event:
        """The one purchase order with a mark."""
        (found,) = self.books.marked(mark)
        return found
