"""``gatepost connection`` with an ERP that reads files."""

from pathlib import Path

import pytest

from gatepost.connectors import errors
from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import an_item
from tests.cli.conftest import Gatepost
from tests.connectors.filedrop_erp import lying_there_in, make_folders

DIRECTORY = """
[company]
key = "acme"
name = "Acme Builders"
[[connections]]
key = "books"
connector = "file_drop"
options = { folder = "FOLDER" }
[[connections]]
key = "play"
connector = "sandbox"
options = { url = "http://x" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folders(tmp_path / "drop")


@pytest.fixture
def cli(gatepost: Gatepost, tmp_path: Path, folder: Path) -> Gatepost:
    (tmp_path / "acme.toml").write_text(DIRECTORY.replace("FOLDER", str(folder)))
    gatepost("db", "upgrade", database_url=f"sqlite:///{tmp_path}/gatepost.db")
    assert gatepost("directory", "apply", "acme.toml").code == 0
    return gatepost


def test_a_drop_is_checked_by_writing_and_the_erp_sees_nothing_of_it(
    cli: Gatepost, folder: Path
) -> None:
    said = cli("connection", "check", "books")
    assert (said.code, f"the drop {folder} can be used" in said.out) == (0, True)
    assert lying_there_in(folder) == []

    # Given a folder that is on another disk, or not mounted
    (folder / "sent").rename(folder / "elsewhere")
    said = cli("connection", "check", "books")
    assert (said.code, "is the folder made, and mounted?" in said.out) == (1, True)


def test_an_operator_answers_for_an_erp_that_keeps_silent(cli: Gatepost, folder: Path) -> None:
    # Given a file that the ERP has taken
    drop = FileDropConnector(FileDropConfig(folder=str(folder)))
    item = an_item(Kind.COMMITMENT)
    with pytest.raises(errors.AnswerAwaited):
        drop.create(item)
    [name] = lying_there_in(folder)
    answer = ("connection", "answer", "books", name)
    said = cli(*answer, "--not-there")
    assert (said.code, "has not taken" in said.err) == (4, True)
    (folder / "outgoing" / name).unlink()

    # When somebody has looked: it has to be said what is there, and where
    assert cli(*answer).code == 2
    assert cli(*answer, "--erp-id", "7", "--not-there").code == 2
    assert cli("connection", "answer", "play", name, "--erp-id", "7").code == 2
    said = cli(*answer, "--erp-id", "7", "--number", "2026-7")
    assert (said.code, "synced with 7, once it is retried" in said.err) == (0, True)

    # Then that is the ERP's answer
    assert drop.find(item.mark, Kind.COMMITMENT)[0].code == "2026-7"
    said = cli(*answer, "--not-there")
    assert (said.code, "already: accepted" in said.err) == (4, True)
