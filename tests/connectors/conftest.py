"""The ERPs of the rooms' tests: a drop in a folder and its other side, QuickBooks, both Odoos."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from tests.connectors.filedrop_erp import Bookkeeping, make_folders
from tests.connectors.odoo_erp import StubErp
from tests.connectors.quickbooks_erp import QuickBooks


@pytest.fixture(params=["csv", "jsonl"])
def drop(request: pytest.FixtureRequest, tmp_path: Path) -> FileDropConnector:
    folder = make_folders(tmp_path / "drop")
    return FileDropConnector(FileDropConfig(folder=str(folder), format=request.param))


@pytest.fixture
def erp(tmp_path: Path, drop: FileDropConnector) -> Bookkeeping:
    return Bookkeeping(tmp_path / "drop")


@pytest.fixture(scope="module")
def quickbooks() -> Iterator[QuickBooks]:
    running = QuickBooks()
    yield running
    running.close()


@pytest.fixture(scope="module", params=[16, 19])
def odoo(request: pytest.FixtureRequest) -> Iterator[StubErp]:
    erp = StubErp(request.param)
    yield erp
    erp.close()
