"""An ERP for each file of tests, and an exporter's room for each test."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import fakeredis
import pytest
from pydantic import SecretStr

from gatepost.ledger.database import Database
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost_sandbox.behaviour import Behaviour
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings as SandboxSettings
from tests.journeys import company
from tests.ledger.databases import connects_to
from tests.services.exporter.room import Room

QUICK: Final = {
    "GATEPOST_EXPORTER_FIRST_WAIT": "0.2",
    "GATEPOST_EXPORTER_ATTEMPTS": "3",
    "GATEPOST_EXPORTER_BREAKER_FAILURES": "3",
}
_numbers = count(1)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("erp") / "sandbox.db"
    with Sandbox(SandboxSettings(http_port=0, smtp_port=0, data=data)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.switch.turn(Behaviour())
    return running


@pytest.fixture
def a_room(
    database: Database, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Room]]:
    """Makes rooms; ``changes`` are words of the directory, ``settings`` the exporter's."""
    made: list[Room] = []

    def make(changes: dict[str, str] | None = None, **settings: object) -> Room:
        quick = {company.PATIENCE: "timeout = 0.3, settle = 0.6"}
        connects_to(sandbox.http_url, database, {**quick, **(changes or {})})
        given = {f"GATEPOST_EXPORTER_{name.upper()}": str(each) for name, each in settings.items()}
        for name, value in {**QUICK, **given}.items():
            monkeypatch.setitem(os.environ, name, value)
        url = database.url.render_as_string(hide_password=False)
        program = Program(Settings(database_url=SecretStr(url)), [])
        program.redis = fakeredis.FakeRedis(server=fakeredis.FakeServer(), decode_responses=True)
        made.append(Room(program, sandbox))
        return made[-1]

    yield make
    for room in made:
        room.program.database.close()


@pytest.fixture
def room(a_room: Callable[..., Room]) -> Room:
    return a_room()


@pytest.fixture
def commitments() -> Callable[..., list[dict[str, Any]]]:
    """Makes events of new commitments, never the same twice."""
    return lambda how_many=1, **more: [
        company.commitment(f"e-{next(_numbers)}", **more) for _ in range(how_many)
    ]


@pytest.fixture(scope="session")
def golden() -> Path:
    return Path(__file__).parent / "golden"
