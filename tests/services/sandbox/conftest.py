"""A sandbox for each file of tests, calm again before each test."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gatepost_sandbox.behaviour import Behaviour
from gatepost_sandbox.mailbox import MailBehaviour
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(http_port=0, smtp_port=0, data=tmp_path / "sandbox.db")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("books") / "sandbox.db"
    with Sandbox(Settings(http_port=0, smtp_port=0, data=data)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def wire(running: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.http_url, timeout=120) as client:
        yield client


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.switch.turn(Behaviour())
    running.mailbox.switch.turn(MailBehaviour())
    running.mailbox.clear()
    return running


@pytest.fixture
def erp(sandbox: Sandbox, wire: httpx.Client) -> httpx.Client:
    """The wire to a sandbox that is calm."""
    return wire
