"""The script of the how-to page, as an ERP that reads files would run it."""

import csv
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.connectors.port import ExportItem, Found, Refused
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import an_item
from tests.connectors.filedrop_erp import dropped, lying_there_in, make_folders

PAGE: Final = Path(__file__).resolve().parents[2] / "docs/how-to/drop-files.md"


class Script:
    """The ERP's side, and the drop before it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.taken = make_folders(folder), folder / "taken"
        self.drop = FileDropConnector(FileDropConfig(folder=str(folder)))
        found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        assert found is not None
        self.file = folder / "take_files.py"
        self.file.write_text(found[1])

    def run(self) -> None:
        words = [sys.executable, str(self.file), str(self.folder), str(self.taken)]
        subprocess.run(words, check=True)

    def found(self, item: ExportItem) -> Found:
        found = self.drop.resolve(item)
        assert isinstance(found, Found)
        return found

    def records(self) -> list[tuple[int, str, str]]:
        with sqlite3.connect(self.taken / "books.db") as books:
            return books.execute("SELECT id, mark, title FROM records ORDER BY id").fetchall()


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path / "drop")


def test_it_enters_what_was_dropped_and_gatepost_reads_its_answers(script: Script) -> None:
    # Given two commitments, one with a title that needs quotes
    plain = an_item(Kind.COMMITMENT)
    quoted = replace(an_item(Kind.COMMITMENT), title='Béton, 12" pipes')
    for item in (plain, quoted):
        dropped(script.drop, item)

    # When the script has run, then both are in the books, with their answers
    script.run()
    assert lying_there_in(script.folder) == []
    titles = {mark: title for _, mark, title in script.records()}
    assert titles == {plain.mark: plain.title, quoted.mark: quoted.title}
    origin = script.found(quoted).origin
    assert origin.code == f"2026-{int(origin.id):04}"

    # And a correction goes into the same record; one of a record that was deleted is refused
    script.found(plain)
    for item, known in ((quoted, origin), (an_item(Kind.COMMITMENT), Origin("99"))):
        with pytest.raises(errors.AnswerAwaited):
            script.drop.update(replace(item, revision=2, title="Tower C", origin=known))
        script.run()
        found = script.drop.resolve(replace(item, revision=2))
        gone = isinstance(found, Refused) and isinstance(found.error, errors.RecordGone)
        assert gone == (known.id == "99")
    assert [title for *_, title in script.records()].count("Tower C") == 1


def test_interrupted_anywhere_it_goes_on_and_enters_nothing_twice(script: Script) -> None:
    # Given a run that ended after it had taken a file, and one that ended before it forgot it
    item = an_item(Kind.COMMITMENT)
    dropped(script.drop, item)
    [name] = lying_there_in(script.folder)
    script.taken.mkdir()
    taken = (script.folder / "outgoing" / name).rename(script.taken / name)
    content = taken.read_bytes()
    script.run()
    first = script.found(item)
    taken.write_bytes(content)

    # When it runs again, then the answer is the same, and the record one
    script.run()
    assert script.found(item) == first
    assert len(script.records()) == 1
    answer = (script.folder / "acknowledgements" / name).read_text()
    [row] = csv.DictReader(answer.splitlines())
    assert (row["revision"], row["status"]) == ("1", "accepted")
