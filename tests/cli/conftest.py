"""``gatepost`` as a test runs it: in this process, on a SQLite file of its own."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Read by dramatiq on import: idle workers see sooner that they are to end.
os.environ.setdefault("dramatiq_worker_timeout", "100")

from pydantic import SecretStr

from gatepost.cli import main
from gatepost.ledger import schema
from gatepost.ledger.directory_file import apply, parse
from gatepost.runtime import sweeping
from gatepost.runtime.program import Program
from gatepost.runtime.services import load_service
from gatepost.runtime.settings import Settings
from gatepost_sandbox import upstream
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings as SandboxSettings


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - a JSON document
        return json.loads(self.out)


Gatepost = Callable[..., Said]


@pytest.fixture
def gatepost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Gatepost]:
    """Runs a command; keyword arguments are settings, ``stdin`` is what it reads."""
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before = (root.handlers[:], root.level)

    def run(*arguments: object, stdin: str = "", **settings: object) -> Said:
        for name, value in settings.items():
            monkeypatch.setenv(f"GATEPOST_{name.upper()}", str(value))
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        code: object = 0
        try:
            main([str(each) for each in arguments])
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return Said(int(str(code or 0)), said.out, said.err)

    yield run
    root.handlers[:], root.level = before
    logging.captureWarnings(False)


@dataclass(frozen=True)
class Gate:
    """A running embedded program with an ERP, and the settings commands reach it with."""

    program: Program
    sandbox: Sandbox
    database_url: str


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("gate")
    with pytest.MonkeyPatch.context() as patch:
        # What commands leave is found by the sweep: a test need not wait a second for it.
        patch.setattr(sweeping, "SWEEP_SECONDS", 0.1)
        with running_gate(folder) as gate:
            yield gate


@contextmanager
def running_gate(folder: Path) -> Iterator[Gate]:
    url = f"sqlite:///{folder}/gatepost.db"
    settings = SandboxSettings(http_port=0, smtp_port=0, data=folder / "sandbox.db")
    with Sandbox(settings) as sandbox:
        services = [load_service(name) for name in ("intake", "approval", "exporter")]
        program = Program(Settings(database_url=SecretStr(url)), services)
        schema.upgrade(program.database)
        directory = upstream.directory().replace("http://127.0.0.1:9009", sandbox.http_url)
        apply(program.database, parse(directory))
        program.start()
        try:
            yield Gate(program, sandbox, url)
        finally:
            program.stop()


def eventually(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until something holds."""
    import time

    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def catalogue(*names: str) -> str:
    """Events of the catalogue as JSON lines."""
    events = {event["data"]["external_id"]: event for event in upstream.catalogue()}
    return "\n".join(json.dumps(events[name]) for name in names)
