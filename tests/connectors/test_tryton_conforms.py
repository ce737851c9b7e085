"""The Tryton connector passes the conformance kit, against a real Tryton."""

import pytest

from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest
from tests.connectors.tryton_erp import TrytonErp

pytestmark = pytest.mark.erp


class TestTryton(ConnectorSuite):
    @pytest.fixture
    def erp(self, tryton: TrytonErp) -> ErpUnderTest:
        return tryton
