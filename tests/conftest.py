"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gatepost.testing.servers import Servers, ServersMissing

# Nobody's own settings reach the tests, save for the servers they lend us.
for _name in [name for name in os.environ if name.startswith("GATEPOST_")]:
    if not _name.startswith("GATEPOST_TEST_"):
        del os.environ[_name]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """RabbitMQ, PostgreSQL and Redis, started when the first test asks for them.

    Missing: the test is skipped at home and fails in CI.
    """
    try:
        started = Servers.start(tmp_path_factory.mktemp("servers"))
    except ServersMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with started:
        yield started
