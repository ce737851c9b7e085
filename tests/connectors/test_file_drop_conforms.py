"""The file drop passes the conformance kit: a folder, and a real SFTP server in its own process."""

from collections.abc import Iterator

import pytest

from gatepost.testing.conformance import ConnectorSuite, ErpUnderTest
from tests.connectors.filedrop_erp import FileDropErp
from tests.connectors.sftp_erp import SftpErp


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


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpErp]:
    drop = SftpErp(tmp_path_factory.mktemp("sftp") / "acme")
    drop.start()
    yield drop
    drop.close()


class TestSftp(ConnectorSuite):
    @pytest.fixture
    def erp(self, sftp: SftpErp) -> ErpUnderTest:
        return sftp
