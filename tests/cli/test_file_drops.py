"""``gatepost connection`` with an ERP that reads files."""

from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from gatepost.connectors import errors
from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost.testing.conformance import an_item
from tests.cli.conftest import Gatepost
from tests.connectors.filedrop_erp import lying_there_in, make_folders
from tests.journeys.company import commitment

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
    assert (said.code, "synced with 7: by itself at the next look, or when" in said.err) == (
        0,
        True,
    )

    # Then that is the ERP's answer
    assert drop.find(item.mark, Kind.COMMITMENT)[0].code == "2026-7"
    said = cli(*answer, "--not-there")
    assert (said.code, "already: accepted" in said.err) == (4, True)


def test_a_record_that_another_item_has_is_no_answer(
    cli: Gatepost, folder: Path, tmp_path: Path
) -> None:
    # Given a commitment that is PO-7 in the ERP, and the file of another one that the ERP has taken
    program = Program(Settings(database_url=SecretStr(f"sqlite:///{tmp_path}/gatepost.db")), [])
    with program.ledger.work() as work:
        first = Item.new(read_sent(read(orjson.dumps(commitment("c-1"))))[0], work.now)
        first.state, first.origin = State.SYNCED, Origin("PO-7")
        work.put(first)
    program.database.close()
    drop = FileDropConnector(FileDropConfig(folder=str(folder)))
    item = an_item(Kind.COMMITMENT)
    with pytest.raises(errors.AnswerAwaited):
        drop.create(item)
    [name] = lying_there_in(folder)
    (folder / "outgoing" / name).unlink()

    # When somebody says that it is PO-7, then that is refused with the item that has it
    said = cli("connection", "answer", "books", name, "--erp-id", " PO-7 ")
    assert (said.code, said.err) == (
        4,
        "gatepost: acme/commitment/c-1 is PO-7 in the ERP already\n",
    )
    with pytest.raises(errors.AnswerAwaited):
        drop.resolve(item)

    # And another record, or that one for its own item, is taken
    assert cli("connection", "answer", "books", name, "--erp-id", "PO-8").code == 0
    own = cli("connection", "answer", "books", f"commitment_{first.id}_1.csv", "--erp-id", "PO-7")
    assert "was ever dropped here" in own.err
