"""One house and one ERP for all walks: each walk is about an item of its own."""

import os
from collections.abc import Iterator

import fakeredis
import pytest
from pydantic import SecretStr

from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings as SandboxSettings
from tests.ledger.databases import Databases, connects_to
from tests.walks.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("walks")
    database = Databases(folder).sqlite()
    wanted = SandboxSettings(http_port=0, smtp_port=0, data=folder / "sandbox.db")
    with Sandbox(wanted) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "GATEPOST_EXPORTER_ATTEMPTS", "2")
        patch.setitem(os.environ, "GATEPOST_EXPORTER_FIRST_WAIT", "0.1")
        connects_to(sandbox.http_url, database)
        url = database.url.render_as_string(hide_password=False)
        program = Program(Settings(database_url=SecretStr(url)), [])
        program.redis = fakeredis.FakeRedis(server=fakeredis.FakeServer(), decode_responses=True)
        yield House(program, sandbox)
        program.database.close()
        database.close()
