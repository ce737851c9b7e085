"""The QuickBooks connector passes the conformance kit: connector, SOAP over HTTP, simulator."""

from collections.abc import Iterator

import pytest

from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest
from tests.connectors.quickbooks_erp import QuickBooks


@pytest.fixture(scope="module")
def quickbooks() -> Iterator[QuickBooks]:
    running = QuickBooks()
    yield running
    running.close()


class TestQuickBooks(ConnectorSuite):
    @pytest.fixture
    def erp(self, quickbooks: QuickBooks) -> ErpUnderTest:
        return quickbooks
