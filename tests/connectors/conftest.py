"""The ERP that runs as a process beside the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.connectors.tryton.installing import TrytonMissing
from tests.connectors.tryton.server import Tryton
from tests.connectors.tryton_erp import TrytonErp


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonErp]:
    """A real Tryton, installed when the first test asks for it.

    Missing: the test is skipped at home and fails in CI.
    """
    try:
        server = Tryton(tmp_path_factory.mktemp("tryton"))
    except TrytonMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with server:
        erp = TrytonErp(server)
        yield erp
        erp.close()
