"""A company whose ERP is QuickBooks Desktop: its directory, its company file, its Web Connector."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from gatepost.connectors.quickbooks.qwc import password_of, user_of
from gatepost.domain.erp_records import RecordKind, StagedRecord
from gatepost.ledger import directory_file, erp_readings, erp_records, gates, tables
from gatepost.ledger.options import offered
from gatepost.messages.requests import Purpose
from gatepost.testing.quickbooks import CompanyFile, WebConnector
from tests.journeys.company import ANN, DIRECTORY, SANDBOX, Event
from tests.journeys.gate import Gate
from tests.journeys.stacks import SECRET_KEY

COMPANY: Final = "calder"
RETAINAGE: Final = "Retainage Payable"
_QUICKBOOKS: Final = (
    'connector = "quickbooks_desktop"\n'
    f'options = {{ timeout = 20.0, settle = 0.5, retainage_account = "{RETAINAGE}" }}'
)


def of_company(event: Event) -> Event:
    """The same event, of this company."""
    data = {**event["data"], "company": COMPANY}
    return {**event, "data": data, "subject": event["subject"].replace("acme/", f"{COMPANY}/")}


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
        text = DIRECTORY.replace(SANDBOX, _QUICKBOOKS).replace('"V-100"', f'"{vendor}"')
        text = text.replace('key = "acme"', f'key = "{COMPANY}"')
        directory_file.apply(gate.stack.ledger.database, directory_file.parse(text))
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

    def reads(self, purpose: Purpose) -> None:
        """Somebody presses Refresh or Sync, and waits until QuickBooks has called and it is done."""
        ledger = self._gate.stack.ledger
        with ledger.work() as work:
            assert erp_readings.begin(work, COMPANY, "books", purpose, by=ANN)

        def done() -> object:
            with ledger.database.reading() as connection:
                found = erp_readings.readings_of(connection, COMPANY)["books", purpose]
            assert not found.finished_at or not found.error, found.error
            return found.finished_at

        self._gate.eventually(done, f"{purpose} is done")

    def staged(self) -> Sequence[StagedRecord]:
        """What was read, as it stands in the ledger."""
        records = tables.erp_records
        with self._gate.stack.ledger.database.reading() as connection:
            rows = connection.execute(sa.select(records).where(records.c.company == COMPANY))
            return [erp_records.from_row(row) for row in rows]

    def offers(self, kind: RecordKind) -> dict[str, str]:
        """What an approver may choose from: names by their ids."""
        found = offered(self._gate.stack.ledger, COMPANY, "books", kind)
        return {each.id: each.name for each in found.items}

    def jobs(self) -> list[str]:
        return [each["FullName"] for each in self.books.customers()]

    def order(self, mark: str) -> Event:
        """The one purchase order with a mark."""
        (found,) = self.books.marked(mark)
        return found
