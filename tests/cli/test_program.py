"""``gatepost`` itself: its help, its version, what it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import Gatepost

HEAVY = ("sqlalchemy", "pydantic", "pika", "dramatiq", "structlog", "fastapi", "alembic", "uvicorn",
         "redis", "fakeredis", "jinja2", "orjson", "cloudevents", "rich")  # fmt: skip
COMMANDS = ("demo", "run", "db", "topology", "directory", "token", "send", "items", "accept",
            "reject", "retrieve", "failed", "connection", "quarantine", "messages", "listen",
            "config", "health")  # fmt: skip


def test_help_is_there_at_once_because_it_imports_next_to_nothing() -> None:
    code = (
        "import sys\nfrom gatepost.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], len(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    last = ran.stdout.splitlines()[-1]
    assert last.startswith("[] "), last
    assert int(last.rpartition(" ")[2]) < 300
    assert all(name in ran.stdout for name in COMMANDS)


def test_the_version(gatepost: Gatepost) -> None:
    said = gatepost("--version")
    assert said.code == 0
    assert said.out.startswith("gatepost 0.")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(gatepost: Gatepost, command: str) -> None:
    assert gatepost(command, "--help").code == 0


def test_an_unknown_command_is_a_usage_error(gatepost: Gatepost) -> None:
    assert gatepost("nonsense").code == 2


def test_a_database_nobody_knows_is_named_in_a_sentence(gatepost: Gatepost) -> None:
    said = gatepost("items", "list", database_url="nonsense")
    assert said.code == 2
    assert "GATEPOST_DATABASE_URL" in said.err
    assert "Traceback" not in said.err


def test_a_database_that_is_away_is_said_in_a_sentence(gatepost: Gatepost) -> None:
    said = gatepost("items", "list", database_url="postgresql+psycopg://u:hush@127.0.0.1:9/x")
    assert said.code == 1
    assert "database" in said.err
    assert "hush" not in said.err
