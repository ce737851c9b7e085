"""The conformance kit: what every connector must show, as a suite of pytest's.

::

    class TestLedgerworks(ConnectorSuite):
        @pytest.fixture
        def erp(self, server: Server) -> ErpUnderTest:
            return Ledgerworks(server)

``docs/how-to/write-a-connector.md`` has one from end to end. Needs pytest, which Gatepost itself does
not.
"""

import pytest

for _part in ("contents", "lists", "suite"):  # before they are imported
    pytest.register_assert_rewrite(f"gatepost.testing.conformance.{_part}")

from gatepost.testing.conformance.erp import ErpUnderTest  # noqa: E402 - as said
from gatepost.testing.conformance.items import an_item  # noqa: E402 - as said
from gatepost.testing.conformance.suite import ConnectorSuite  # noqa: E402 - as said

__all__ = ["ConnectorSuite", "ErpUnderTest", "an_item"]
