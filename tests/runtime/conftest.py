"""Servers that may be killed: private ones, so that no other test misses them."""

import gc
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from gatepost.ledger.database import Database
from gatepost.runtime.program import Program
from gatepost.runtime.service import Service
from gatepost.runtime.settings import Settings
from gatepost.testing.servers import PostgreSQL, RabbitMQ
from gatepost.testing.servers.finding import VARIABLES
from tests.ledger.office import Office
from tests.runtime.wire import Wire

MakeProgram = Callable[..., Program]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLES["rabbitmq"], raising=False)
        started = RabbitMQ.start(tmp_path_factory.mktemp("broker"))
    with started:
        yield started


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgreSQL]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLES["postgresql"], raising=False)
        started = PostgreSQL.start(tmp_path_factory.mktemp("postgresql"))
    with started:
        yield started


@pytest.fixture
def wire(broker: RabbitMQ) -> Iterator[Wire]:
    """A virtual host of the test's own."""
    made = Wire(broker)
    yield made
    made.close()
    gc.collect()  # what others did not close is complained of here, where it is expected


@pytest.fixture
def a_program(wire: Wire) -> Iterator[MakeProgram]:
    """Starts programs on the test's virtual host; they are stopped at the end."""
    started: list[Program] = []

    def make(database_url: str, *services: Service, redelivery: float = 1.0) -> Program:
        settings = Settings(
            database_url=SecretStr(database_url),
            amqp_url=SecretStr(wire.url),
            redelivery_seconds=redelivery,
        )
        program = Program(settings, services)
        program.start()
        started.append(program)
        return program

    yield make
    for program in started:
        program.stop()
