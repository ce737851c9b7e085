"""A real browser, and a console of each stack for it to look at; both are started once."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gatepost.runtime.program import Program
from gatepost.testing.servers import Servers, ServersMissing
from gatepost.testing.servers.finding import chromium, provide
from gatepost.testing.servers.processes import free_port
from gatepost_console import service as console
from gatepost_console import sessions
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings
from tests.journeys.gate import Gate
from tests.journeys.stacks import embedded, on_servers


@dataclass(frozen=True)
class Site:
    """A console that a browser can open, and the gate behind it."""

    url: str
    gate: Gate

    def signs_in(self, page: Page, email: str, company: str = "acme") -> None:
        """Give the browser a session, as if it had signed in; journeys do it by the mail."""
        secret = sessions.begin(
            self.gate.stack.ledger, ConsoleSettings(), company=company, email=email, channel="test"
        )
        page.context.add_cookies([{"name": "gatepost_session", "value": secret, "url": self.url}])

    def code_for(self, email: str) -> str:
        """The code in the newest mail to somebody."""
        self.gate.mail(email, "Your code to sign in")
        text = self.gate.mails(email, "Your code to sign in")[-1].text
        found = re.search(r"^ +(\d{6})$", text, re.MULTILINE)
        assert found
        return found[1]


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    """Debian's chromium. Missing: the test is skipped at home and fails in CI."""
    try:
        provide(["chromium"])
    except ServersMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(executable_path=chromium(), args=as_root)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Site:
    """The console of the embedded program; with ``GATEPOST_TEST_SITE=servers`` the other stack's."""
    name = "site_on_servers" if os.environ.get("GATEPOST_TEST_SITE") == "servers" else "site_alone"
    found: Site = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="session")
def site_alone(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """The console in one process with all the others."""
    serving: list[Serving] = []

    def serve(program: Program) -> Serving:
        serving.append(Serving(program, ConsoleSettings(http_port=0)))
        return serving[0]

    with embedded(tmp_path_factory.mktemp("site"), replace(console, background=(serve,))) as stack:
        yield Site(f"http://127.0.0.1:{serving[0].port}", Gate(stack))


@pytest.fixture(scope="session")
def site_on_servers(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Generator[Site]:
    """The console as a process of its own, beside the others."""
    port = free_port()
    settings = {"GATEPOST_HTTP_PORT": str(port)}
    with on_servers(tmp_path_factory.mktemp("site"), servers, **settings) as stack:
        yield Site(f"http://127.0.0.1:{port}", Gate(stack))


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def either_site(request: pytest.FixtureRequest) -> Site:
    """The one and the other."""
    name = "site_alone" if request.param == "embedded" else "site_on_servers"
    found: Site = request.getfixturevalue(name)
    return found
