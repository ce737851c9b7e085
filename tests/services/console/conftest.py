"""One program with every service in it, the sandbox as its ERP, and real HTTP to the console."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from gatepost.ledger import schema, tokens
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tokens import Scope
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost_approval import service as approval
from gatepost_console import service as console
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings
from gatepost_exporter import service as exporter
from gatepost_intake import service as intake
from gatepost_sandbox import upstream
from gatepost_sandbox.behaviour import Behaviour
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings as SandboxSettings

from .conforming import conforms

if TYPE_CHECKING:
    from .browsing import Browser

Event = dict[str, Any]

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading certificates costs 20 ms a client

ANN, BO = "ann@harbor.example", "bo@harbor.example"  # approvers
CARLA, UMA = "carla@harbor.example", "uma@harbor.example"  # create and send
OMAR, RITA = "omar@harbor.example", "rita@harbor.example"  # an operator; reads only

OTHER_COMPANY = """
[company]
key = "acme"
name = "Acme Builders"
[[people]]
email = "ann@acme.example"
name = "Ann Acme"
erp_tool = "standard"
can_push_to_accounting = true
"""

NILS = """
[[people]]
email = "nils@harbor.example"
name = "Nils Berg"
erp_tool = "none"
operator = true
"""


@dataclass
class House:
    """The whole of it, and ways to talk to it; all it answers is held against its own document."""

    program: Program
    sandbox: Sandbox
    url: str
    secrets: dict[str, str]

    @property
    def ledger(self) -> Ledger:
        return self.program.ledger

    def client(self, name: str | None = "admin", *, acting: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.secrets[name]}"} if name else {}
        if acting:
            headers["Gatepost-As"] = acting
        return httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=120,
            verify=NO_TLS,
            event_hooks={"response": [conforms]},
        )

    def until(self, holds: Callable[[], Any], seconds: float = 120.0) -> Any:  # noqa: ANN401
        """Wait for something to hold; gives what it gave."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, "it did not come about in time"
            time.sleep(0.02)
        return found


def _start(tmp: Path, url: str) -> tuple[Program, Sandbox, Serving]:
    sandbox = Sandbox(SandboxSettings(http_port=0, smtp_port=0, data=tmp / "sandbox.db")).start()
    serving: list[Serving] = []

    def serve(program: Program) -> Serving:
        serving.append(Serving(program, ConsoleSettings(http_port=0, http_decision_wait=5)))
        return serving[0]

    services = [intake, approval, exporter, replace(console, background=(serve,))]
    key = SecretStr("a key for the console alone")
    program = Program(Settings(database_url=SecretStr(url), secret_key=key), services)
    schema.upgrade(program.database)
    directory = upstream.directory().replace("http://127.0.0.1:9009", sandbox.http_url)
    apply(program.database, parse(directory))
    apply(program.database, parse(OTHER_COMPANY))
    program.start()
    return program, sandbox, serving[0]


@contextmanager
def opened(tmp: Path, url: str) -> Iterator[House]:
    """A house of one's own; gone at the end, though pages keep their connections open."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        # Tries follow each other fast, so that what fails for good does so within a test.
        tries = {"FIRST_WAIT": "0.05", "ATTEMPTS": "2", "BREAKER_FAILURES": "1000"}
        for name, value in tries.items():
            monkeypatch.setenv(f"GATEPOST_EXPORTER_{name}", value)
        program, sandbox, serving = _start(tmp, url)
    secrets = {
        scope.value: tokens.create(program.ledger, "harbor", scope.value, [scope])
        for scope in Scope
    }
    secrets["acme"] = tokens.create(program.ledger, "acme", "acme", [Scope.ADMIN])
    yield House(program, sandbox, f"http://127.0.0.1:{serving.port}", secrets)
    serving.stop()
    serving._thread.join(60)
    assert not serving._thread.is_alive()
    program.stop()
    sandbox.stop()


@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]
)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    tmp = tmp_path_factory.mktemp("house")
    url = f"sqlite:///{tmp}/gatepost.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("servers").postgresql.fresh_database()
    with opened(tmp, url) as found:
        yield found


@pytest.fixture
def house(running: House) -> House:
    running.sandbox.switch.turn(Behaviour())
    return running


@pytest.fixture
def api(house: House) -> Iterator[httpx.Client]:
    """A token that may do everything, for nobody in particular."""
    with house.client() as client:
        yield client


@pytest.fixture
def ann(house: House) -> Iterator[httpx.Client]:
    """The same token speaking for an approver."""
    with house.client(acting=ANN) as client:
        yield client


@dataclass
class Source:
    """A source that sends items of its own making, each with an id nobody used before."""

    house: House
    api: httpx.Client
    number: int = 0

    def event(self, like: str = "commitment", **data: Any) -> Event:
        """A sendable event; ``data`` replaces what it says, ``content`` is merged."""
        found = next(e for e in upstream.catalogue() if e["data"]["kind"] == like)
        event = upstream.fresh(found)
        Source.number += 1
        event["data"]["external_id"] = f"t-{Source.number}"
        event["data"]["number"] = f"T-{Source.number}"
        event["data"]["content"] |= data.pop("content", {})
        event["data"] |= data
        named = event["data"]
        event["subject"] = f"{named['company']}/{named['kind']}/{named['external_id']}"
        return event

    def send(self, event: Event) -> httpx.Response:
        return self.api.post("/v1/events", json=event)

    def sent(self, like: str = "commitment", **data: Any) -> str:
        """The id of an item that has arrived."""
        answer = self.send(self.event(like, **data))
        assert answer.status_code == 202, answer.text
        item_id = str(answer.json()["item_id"])
        self.house.until(lambda: self.api.get(f"/v1/items/{item_id}").status_code == 200)
        return item_id

    def becomes(self, item_id: str, state: str) -> Event:
        def looks() -> Event | None:
            found: Event = self.api.get(f"/v1/items/{item_id}").json()
            return found if found.get("state") == state else None

        document: Event = self.house.until(looks)
        return document


@pytest.fixture
def source(house: House, api: httpx.Client) -> Source:
    return Source(house, api)


@pytest.fixture(scope="session")
def browsers(running: House) -> Iterator[Callable[[str], Browser]]:
    """Everybody's browser, signed in."""
    from .browsing import Browser  # it knows the house as well

    found: dict[str, Browser] = {}

    def of(email: str) -> Browser:
        if email not in found:
            found[email] = Browser(running)
            found[email].signs_in(email)
        return found[email]

    yield of
    for each in found.values():
        each.close()


@pytest.fixture
def blind(house: House) -> str:
    """An operator who does not read the books."""
    directory = upstream.directory().replace("http://127.0.0.1:9009", house.sandbox.http_url)
    apply(house.program.database, parse(directory + NILS))
    return "nils@harbor.example"
