"""``gatepost audit``: verify, head and export, as an auditor uses them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.ledger.audit_sealing import seal
from gatepost.ledger.database import Database
from gatepost_sandbox import upstream
from tests.cli.conftest import Gatepost

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "audit-chain.md"


@pytest.fixture
def url(gatepost: Gatepost, tmp_path: Path) -> str:
    """A database with three changes of a directory, of which the last is not sealed."""
    url = f"sqlite:///{tmp_path}/audited.db"
    text = upstream.directory()
    for number, name in enumerate(("Harbor Builders", "Harbor Büro", "Harbor"), 1):
        changed = text.replace("Harbor Builders", name)
        assert gatepost("directory", "apply", "-", stdin=changed, database_url=url).code == 0
        database = Database(url)
        if number < 3:
            assert seal(database) == 1
        database.close()
    return url


def test_a_chain_that_holds_is_said_with_its_counts_and_its_head(
    gatepost: Gatepost, url: str
) -> None:
    head = gatepost("audit", "head", "--json").json["items"][0]
    assert (head["company"], head["seq"], head["unsealed"]) == ("harbor", 2, 1)
    said = gatepost("audit", "verify", "--company", "harbor", "--head", head["hash"])
    assert said.code == 0
    assert "2 rows in 2 seals, 1 row not sealed yet" in said.out
    assert head["hash"] in said.out
    assert gatepost("audit", "verify", "--json").json["items"][0]["holds"] is True


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("verify", "--company", "nobody"), 4),
        (("head", "--company", "nobody"), 4),
        (("export", "-", "--company", "nobody"), 4),
        (("verify", "--head", "f00"), 2),
        (("verify", "--company", "harbor", "--head", "f00"), 1),
    ],
)
def test_what_is_asked_wrongly_is_said(
    gatepost: Gatepost, url: str, arguments: tuple[str, ...], code: int
) -> None:
    assert gatepost("audit", *arguments).code == code


def test_a_changed_row_is_named(gatepost: Gatepost, url: str) -> None:
    database = Database(url)
    with database.transaction() as connection:
        connection.exec_driver_sql("drop trigger history_is_kept_from_update")
        connection.exec_driver_sql("update history set by = 'somebody' where revision = 2")
    database.close()
    said = gatepost("audit", "verify")
    assert said.code == 1
    assert re.search(r"harbor: BROKEN: row [0-9a-f-]{36} of seal 2 was changed", said.out)


def test_an_export_is_verified_without_the_database(
    gatepost: Gatepost, url: str, tmp_path: Path
) -> None:
    file = tmp_path / "harbor.jsonl"
    assert (
        "3 rows of history and 2 seals"
        in gatepost("audit", "export", file, "--company", "harbor").err
    )
    assert gatepost("audit", "verify", file, database_url="sqlite:////nowhere/at.all").code == 0
    file.write_text(file.read_text().replace("Büro", "Buero"))
    said = gatepost("audit", "verify", file, "--json")
    assert (said.code, said.json["items"][0]["broken"]["kind"]) == (1, "row_changed")
    file.write_text("{}")
    assert gatepost("audit", "verify", file).code == 1


def test_the_auditors_own_program_in_the_documentation_comes_to_the_same(
    gatepost: Gatepost, url: str, tmp_path: Path
) -> None:
    # Given the program that stands in the page, and an export
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    script, file = tmp_path / "verify.py", tmp_path / "harbor.jsonl"
    script.write_text(program)
    gatepost("audit", "export", file, "--company", "harbor")
    head = gatepost("audit", "head", "--json").json["items"][0]["hash"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", script, file], capture_output=True, text=True, check=False
        )

    # Then it comes to the same head, with nothing but Python
    assert run().stdout.split()[-1] == head
    # And it finds what was changed
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines[2]["history"]["by"] = "somebody"
    file.write_text("\n".join(json.dumps(line) for line in lines))
    assert run().returncode != 0
