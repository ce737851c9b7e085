"""One suite, every backend: each test of the ledger runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from gatepost.ledger.database import Database
from tests.ledger.databases import Databases
from tests.ledger.office import Office


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    with databases.asked_for(request) as made:
        yield made


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
