"""The gate of the journeys: one fixture, both stacks."""

from collections.abc import Generator
from pathlib import Path

import pytest

from gatepost.testing.servers import Servers
from tests.journeys.gate import Gate
from tests.journeys.stacks import embedded, on_servers


@pytest.fixture(
    scope="package", params=["embedded", pytest.param("servers", marks=pytest.mark.servers)]
)
def gate(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Gate]:
    """A gate with an ERP and a mailbox; journeys share it, each with items of its own."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        with embedded(folder) as stack:
            yield Gate(stack)
    else:
        servers: Servers = request.getfixturevalue("servers")
        with on_servers(folder, servers) as served:
            yield Gate(served)


@pytest.fixture(autouse=True)
def a_healthy_erp(gate: Gate) -> Generator[None]:
    yield
    gate.erp_behaves("ok")
