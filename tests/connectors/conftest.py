"""A drop in a folder, and the ERP's side of it."""

from pathlib import Path

import pytest

from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from tests.connectors.filedrop_erp import Bookkeeping, make_folders


@pytest.fixture(params=["csv", "jsonl"])
def drop(request: pytest.FixtureRequest, tmp_path: Path) -> FileDropConnector:
    folder = make_folders(tmp_path / "drop")
    return FileDropConnector(FileDropConfig(folder=str(folder), format=request.param))


@pytest.fixture
def erp(tmp_path: Path, drop: FileDropConnector) -> Bookkeeping:
    return Bookkeeping(tmp_path / "drop")
