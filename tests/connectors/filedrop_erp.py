"""An ERP that reads files and acknowledges them, as the conformance kit wants one."""

import csv
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
from gatepost.connectors.filedrop.names import Folder
from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.kinds import Kind
from gatepost.testing.conformance import ErpUnderTest, an_item

PATIENCE: Final = 60.0
GONE: Final = ErpUnderTest.nowhere


@dataclass
class Bookkeeping:
    """The ERP's side of a drop: it takes each file once, keeps books and answers.

    Args:
        folder: the drop's.
        answers: gives other words for the acknowledgement of a file; nothing is the usual yes.

    """

    folder: Path
    answers: Callable[[dict[str, Any]], dict[str, str]] = field(default=lambda _: {})
    books: list[dict[str, Any]] = field(default_factory=list)
    loses_answers: bool = False
    at_the_folder: threading.Lock = field(default_factory=threading.Lock)
    _open: threading.Event = field(default_factory=threading.Event)
    _ends: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._open.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ends.set()
        self._open.set()
        if self._thread:
            self._thread.join(PATIENCE)

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """The next file arrives and is not taken; all is answered when this ends."""
        self.loses_answers = True
        yield
        self.loses_answers = False
        assert not self._open.is_set(), "a file has arrived"
        self._answers_are_away(False)
        self._open.set()
        self.is_done()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nobody is at work at the ERP's side."""
        self.stop()
        try:
            yield
        finally:
            self._ends.clear()
            self.start()

    def is_done(self) -> None:
        """Wait until everything that lies there is answered."""
        until = time.monotonic() + PATIENCE
        while any((self.folder / Folder.OUTGOING).iterdir()) or any(self._taken.iterdir()):
            assert time.monotonic() < until
            time.sleep(0.01)

    def take_all(self) -> None:
        """Move out what lies there, then read and answer it; what was taken back is left alone."""
        for path in sorted((self.folder / Folder.OUTGOING).iterdir()):
            with suppress(FileNotFoundError):
                path.rename(self._taken / path.name)
        for path in sorted(self._taken.iterdir()):
            self._answer(path)

    def acknowledge(self, name: str, lines: list[str], **said: str) -> None:
        pairs = [(line, f"{said.get('erp_id', '')}-{at}") for at, line in enumerate(lines, 1)]
        self.write(name, acknowledgement(name, pairs, said))

    def write(self, name: str, content: bytes) -> None:
        """A whole acknowledgement at once, as the page asks for."""
        unfinished = self.folder / "unfinished"
        unfinished.write_bytes(content)
        unfinished.replace(self.folder / Folder.ACKNOWLEDGEMENTS / name)

    def _run(self) -> None:
        while not self._ends.wait(0.01):
            if self.loses_answers and any((self.folder / Folder.OUTGOING).iterdir()):
                self._open.clear()
                self._answers_are_away(True)
            self._open.wait()
            with self.at_the_folder:
                if self.folder.is_dir() and not self._ends.is_set():
                    self.take_all()

    def _answers_are_away(self, away: bool) -> None:
        """Nobody reads what it answers: the share with the answers is not mounted."""
        answers = self.folder / Folder.ACKNOWLEDGEMENTS
        hidden = answers.with_suffix(".away")
        answers.rename(hidden) if away else hidden.rename(answers)

    @property
    def _taken(self) -> Path:
        """The ERP's own folder."""
        taken = self.folder / "taken"
        taken.mkdir(exist_ok=True)
        return taken

    def _answer(self, path: Path) -> None:
        record = read_file(path)
        said = {"mark": record["mark"], "status": "accepted", **self.answers(record)}
        known = {each["erp_id"] for each in self.books}
        if record["parent_erp_id"] and record["parent_erp_id"] not in known:
            said |= {"status": "refused", "code": "reference_not_found", "message": "no such job"}
        if said["status"] == "accepted":
            said |= {"erp_number": record["number"], **self._enter(record, said.get("erp_id", ""))}
        self.acknowledge(path.name, record["line_ids"], **said)
        path.unlink()

    def _enter(self, record: dict[str, Any], erp_id: str) -> dict[str, str]:
        if record["action"] == "create":
            erp_id = erp_id or f"E-{len(self.books) + 1}"
            self.books.append({**record, "erp_id": erp_id})
        else:
            erp_id = record["erp_id"]
            assert erp_id in {each["erp_id"] for each in self.books}
        return {"erp_id": erp_id}


def read_file(path: Path) -> dict[str, Any]:
    """What the ERP reads of a file."""
    text = path.read_bytes().decode()
    if path.suffix == ".jsonl":
        record = json.loads(text)
        return {**record, "line_ids": [line["line"] for line in record.get("lines", ())]}
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    return {**rows[0], "rows": rows, "line_ids": [row["line"] for row in rows if row.get("line")]}


def acknowledgement(name: str, lines: list[tuple[str, str]], said: dict[str, str]) -> bytes:
    """The text of an acknowledgement of the file of that name."""
    if name.endswith(".jsonl"):
        pairs = [{"line": line, "erp_id": id} for line, id in lines]
        return json.dumps({**said, "lines": pairs}).encode() + b"\n"
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [*said, "line", "line_erp_id"])
    table.writeheader()
    for line, id in lines or [("", "")]:
        table.writerow({**said, "line": line, "line_erp_id": id})
    return text.getvalue().encode()


def dropped(drop: FileDropConnector, item: ExportItem) -> str:
    """Drop an item; it says which acknowledgement it waits for."""
    with pytest.raises(errors.AnswerAwaited) as awaited:
        drop.create(item)
    return awaited.value.message


def lying_there(erp: Bookkeeping) -> list[str]:
    return lying_there_in(erp.folder)


def lying_there_in(folder: Path) -> list[str]:
    """The files that the ERP may take."""
    return sorted(path.name for path in (folder / Folder.OUTGOING).iterdir())


def make_folders(root: Path) -> Path:
    for folder in Folder:
        (root / folder).mkdir(parents=True)
    return root


class FileDropErp(ErpUnderTest):
    """A drop with an ERP behind it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = make_folders(folder)
        self.options = {"folder": str(folder), "wait": 30.0, "timeout": 60.0, **options}
        self.erp = Bookkeeping(self.folder)

    def start(self) -> None:
        self.erp.start()
        self._has_deleted_one_of_each_kind()

    def close(self) -> None:
        self.erp.stop()

    def connected(self, **options: Any) -> FileDropConnector:
        return FileDropConnector(FileDropConfig(**{**self.options, **options}))

    def connector(self) -> Connector:
        return self.connected()

    def badly_configured(self) -> Connector | None:
        (self.folder.parent / "a-file").touch()
        return self.connected(folder=str(self.folder.parent / "a-file"))

    def count(self, item: ExportItem) -> int:
        return sum(each["mark"] == item.mark for each in self.erp.books)

    def losing_answers(self) -> AbstractContextManager[object]:
        return self.erp.losing_answers()

    @contextmanager
    def away(self) -> Iterator[None]:
        with self.erp.at_the_folder:
            self.folder.rename(self.folder.with_suffix(".away"))
        yield
        self.folder.with_suffix(".away").rename(self.folder)

    def vendor(self) -> str:
        return "V-100"

    def _has_deleted_one_of_each_kind(self) -> None:
        """Records it says are gone: of an id nobody ever told it of, a drop cannot know anything."""
        connector = self.connected()
        self.erp.answers = lambda _: {"erp_id": GONE}
        for kind in Kind:
            item = an_item(kind)
            name = connector.create(item).data
            self.erp.acknowledge(name, [], mark=item.mark, status="gone", erp_id=GONE)
            assert connector.look_up(RecordKind(kind), GONE) is None
        self.erp.answers = lambda _: {}
        self.erp.books.clear()
