"""The file drop passes the conformance kit; see ``test_sftp_drop`` for a server."""

from collections.abc import Iterator

import pytest

from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest
from tests.connectors.filedrop_erp import FileDropErp


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileDropErp]:
    drop = FileDropErp(tmp_path_factory.mktemp("drop") / "acme")
    drop.start()
    yield drop
    drop.close()


class TestFolder(ConnectorSuite):
    @pytest.fixture
    def erp(self, folder: FileDropErp) -> ErpUnderTest:
        return folder
