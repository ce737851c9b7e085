"""One suite, every backend: each test of the ledger runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from gatepost.ledger.database import Database
from gatepost.testing.servers import Servers
from tests.ledger.databases import Databases
from tests.ledger.office import Office


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("ledgers"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    if request.param == "sqlite":
        made = databases.sqlite()
    else:
        servers: Servers = request.getfixturevalue("servers")
        made = databases.postgresql(servers)
    yield made
    made.close()


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
