"""The gate of the journeys: one fixture, both stacks."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from gatepost.testing.servers import Servers
from tests.journeys.gate import Gate, Stack
from tests.journeys.stacks import embedded, on_servers
from tests.messages.contract import findings

INSTALLED: Final = Path(__file__).parent / "installed"  # a stranger's package


@pytest.fixture(scope="package")
def a_stranger_s_connector() -> Generator[None]:
    """Have it installed, for this process and for those that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(INSTALLED)
        patch.setenv("PYTHONPATH", str(INSTALLED), prepend=os.pathsep)
        yield


@pytest.fixture(
    scope="package", params=["embedded", pytest.param("servers", marks=pytest.mark.servers)]
)
def gate(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    a_stranger_s_connector: None,
) -> Generator[Gate]:
    """A gate with an ERP and a mailbox; journeys share it, each with items of its own."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        with embedded(folder) as stack:
            yield Gate(stack)
            keeps_the_contract(stack)
    else:
        servers: Servers = request.getfixturevalue("servers")
        with on_servers(folder, servers) as served:
            yield Gate(served)
            keeps_the_contract(served)


def keeps_the_contract(stack: Stack) -> None:
    """Whatever the journeys led to, the outside was told of it as the schemas say."""
    assert [each for event in stack.facts for each in findings(event)] == []


@pytest.fixture(autouse=True)
def a_healthy_erp(gate: Gate) -> Generator[None]:
    yield
    gate.erp_behaves("ok")
