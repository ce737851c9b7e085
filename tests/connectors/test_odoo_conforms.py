"""The Odoo connector passes the conformance kit: against a stub of each protocol, and a real Odoo."""

from collections.abc import Iterator

import pytest

from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest
from tests.connectors.odoo.readying import NotReady
from tests.connectors.odoo_erp import NOT_LENT, OdooErp, StubErp, lent


@pytest.fixture(scope="module", params=[16, 19])
def stub(request: pytest.FixtureRequest) -> Iterator[StubErp]:
    erp = StubErp(request.param)
    yield erp
    erp.close()


@pytest.fixture(scope="module")
def real() -> Iterator[OdooErp]:
    place = lent()
    if place is None:
        pytest.skip(NOT_LENT)
    erp = OdooErp(place)
    try:
        yield erp.made_ready()
    except NotReady as error:
        pytest.fail(str(error))
    finally:
        erp.close()


class TestOdooStub(ConnectorSuite):
    @pytest.fixture
    def erp(self, stub: StubErp) -> ErpUnderTest:
        return stub


@pytest.mark.odoo
class TestRealOdoo(ConnectorSuite):
    @pytest.fixture
    def erp(self, real: OdooErp) -> ErpUnderTest:
        return real
