"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from gatepost.ledger.database import Database
from gatepost.testing.servers import Servers, ServersMissing
from tests.connectors.tryton.installing import TrytonMissing
from tests.connectors.tryton.server import Tryton
from tests.connectors.tryton_erp import TrytonErp
from tests.ledger.databases import Databases

# Nobody's own settings reach the tests, save for the servers they lend us.
for _name in [name for name in os.environ if name.startswith("GATEPOST_")]:
    if not _name.startswith("GATEPOST_TEST_"):
        del os.environ[_name]

# No test fails because the machine is busy.
hypothesis.settings.register_profile("gatepost", deadline=None)
hypothesis.settings.load_profile("gatepost")

#: Rooms whose tests share something that is costly to start: one worker takes all of them.
SHARING: Final = ("tests/journeys/",)
#: What takes longest is begun first, so that nobody waits for it at the end.
LONGEST: Final = ("tests/soak/", *SHARING, "tests/demo/", "tests/benchmarks/", "tests/runtime/")


class ByFile(LoadScopeScheduling):  # type: ignore[misc] # xdist ships no types
    """Hands out the tests of a file together, and so those of rooms that share something."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((room for room in SHARING if file.startswith(room)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    config.option.loadscopereorder = False  # the order is that of the tests, see below
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, room in enumerate(LONGEST) if item.nodeid.startswith(room)), 99)


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


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonErp]:
    """A real Tryton, installed and started when the first test asks for it.

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


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """SQLite with the company in it; a test or a room that is about both says so."""
    with databases.asked_for(request) as made:
        yield made
