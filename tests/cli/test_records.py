"""``gatepost connection refresh | sync``, ``gatepost records`` and ``gatepost unlink``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.cli import reading_erps
from gatepost_sandbox.kinds import Kind
from gatepost_sandbox.upstream import directory

from .conftest import Gate, Gatepost, Said, catalogue, eventually

ANN = "ann@harbor.example"
Says = Callable[..., Said]


@pytest.fixture
def says(gate: Gate, gatepost: Gatepost) -> Says:
    """A command at the running gate."""
    return lambda *arguments, **more: gatepost(*arguments, database_url=gate.database_url, **more)


def listed(says: Says, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = says("records", "list", "--json", *more).json["items"]
    return found


def test_what_a_bookkeeper_wrote_is_refreshed_listed_and_imported(gate: Gate, says: Says) -> None:
    # Given a record in the ERP
    entered = gate.sandbox.books.enter(Kind.PROJECT, {"number": "C-1", "title": "Quay wall"})

    # When the ERP is refreshed, then the command tells how it goes, and the record is listed
    told = says("connection", "refresh", "books")
    assert (told.code, told.out) == (0, "")
    assert "the refresh of harbor/books is done" in told.err
    (record,) = listed(says, "--q", "Quay")
    assert record["origin"]["id"] == entered["id"]
    assert "Quay wall" in says("records", "list").out

    # When it is imported, by somebody who may
    refused = says("records", "import", record["id"], "--as", "rita@harbor.example")
    assert (refused.code, "refused" in refused.out) == (4, True)
    done = says("records", "import", record["id"], "--as", ANN, "--external-id", "quay")
    assert (done.code, done.out) == (0, f"{record['id']}  done\n")
    assert says("items", "show", "harbor/project/quay", "--json").json["state"] == "synced"

    # Then it is unlinked once the ERP no longer has it, and put away
    assert says("unlink", "harbor/project/quay", "--as", ANN).code == 4
    gate.sandbox.books.remove(Kind.PROJECT, entered["id"])
    synced = says("connection", "sync", "harbor/books", "--json").json
    assert synced["sync"]["error"] == ""
    assert says("unlink", "harbor/project/quay", "--as", ANN).code == 0
    assert says("archive", "harbor/project/quay", "--as", ANN).code == 0
    assert says("unarchive", "harbor/project/quay", "--as", ANN).code == 0


def test_a_record_is_put_away_and_brought_back(gate: Gate, says: Says) -> None:
    gate.sandbox.books.enter(Kind.PROJECT, {"number": "C-2", "title": "Lighthouse"})
    assert says("connection", "refresh", "books", "--kind", "project").code == 0
    (record,) = listed(says, "--q", "Lighthouse")
    assert says("records", "archive", record["id"], "--as", ANN).code == 0
    assert listed(says, "--q", "Lighthouse") == []
    (archived,) = listed(says, "--q", "Lighthouse", "--list", "archived")
    assert archived["id"] == record["id"]
    assert says("records", "unarchive", record["id"], "--as", ANN).code == 0
    nobody = says("records", "link", record["id"], "harbor/project/none", "--as", ANN)
    assert nobody.code == 4


def test_what_cannot_be_is_said_with_its_exit_code(says: Says) -> None:
    assert says("connection", "refresh", "nothing").code == 4
    assert says("connection", "refresh", "books", "--kind", "cow").code == 2
    assert says("records", "list", "--list", "synced").code == 2
    assert says("records", "import", "x", "y", "--external-id", "z", "--as", ANN).code == 2


def test_a_refresh_that_nobody_carries_out_stands(
    gatepost: Gatepost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_erps, "PATIENCE", 0.3)
    url = f"sqlite:///{tmp_path}/alone.db"
    (tmp_path / "company.toml").write_text(directory())
    assert gatepost("db", "upgrade", database_url=url).code == 0
    assert gatepost("directory", "apply", tmp_path / "company.toml").code == 0
    told = gatepost("connection", "refresh", "books")
    assert told.code == 1
    assert "is the exporter running?" in told.err
    assert "under way already" in gatepost("connection", "refresh", "books", "--no-wait").err


def test_what_an_entry_may_be_chosen_from_is_listed_and_held_against_it(
    gate: Gate, says: Says
) -> None:
    # Given a project, and an ERP whose customers were read
    says("send", "-", stdin=catalogue("pm-13"))
    eventually(lambda: says("items", "show", "harbor/project/pm-13").code == 0)
    assert says("connection", "refresh", "books", "--kind", "customer").code == 0

    # When its page is asked for, then the customers are on it; and they can be searched
    shown = says("items", "show", "harbor/project/pm-13").out
    assert "erp_job_id = " in shown
    assert "    C-10  City of Port Calder" in shown
    found = says("connection", "options", "books", "customer", "--search", "rail")
    assert (found.code, "C-13  Northline Rail" in found.out, "C-10" in found.out) == (
        0,
        True,
        False,
    )
    paged = says("connection", "options", "books", "customer", "--limit", "2", "--json").json
    assert (len(paged["items"]), paged["total"]) == (2, 7)
    assert says("connection", "options", "books", "colour").code == 2

    # And another is refused with what to do about it
    refused = says("accept", "harbor/project/pm-13", "--as", ANN, "--entry", "customer=C-99")
    assert "had no customer C-99 when it was last read" in refused.out
    taken = says("accept", "harbor/project/pm-13", "--as", ANN, "--entry", "customer=C-13")
    assert (taken.code, taken.out) == (0, "harbor/project/pm-13  done\n")
