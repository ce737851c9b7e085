"""The sandbox connector passes the conformance kit, over real HTTP."""

from collections.abc import Iterator

import pytest

from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings
from tests.connectors.sandbox_erp import SandboxErp


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("erp") / "sandbox.db"
    with Sandbox(Settings(http_port=0, smtp_port=0, data=data)) as running:
        yield running


class TestSandbox(ConnectorSuite):
    @pytest.fixture
    def erp(self, sandbox: Sandbox) -> ErpUnderTest:
        return SandboxErp(sandbox)
