"""What was dropped of an item, in the order it was, and what the ERP said to each of it.

Each file has a note in ``sent``, written before the file is moved into ``outgoing`` in one step. So a
file whose note is there and which still lies in ``writing`` was surely not dropped; one whose note is
there and which does not lie there was, whatever the ERP has done with it since.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import orjson

from gatepost.connectors.errors import OutcomeUnknown, Unavailable
from gatepost.connectors.filedrop.acknowledgements import (
    Acknowledgement,
    Status,
    Unreadable,
    read_acknowledgement,
)
from gatepost.connectors.filedrop.config import Format
from gatepost.connectors.filedrop.names import Folder, of_record, stem
from gatepost.connectors.filedrop.place import TooLarge, Way
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind

MOST: Final = 10_000  # files of one item


@dataclass(frozen=True, slots=True)
class Drop:
    """A file of an item: which, of which revision, with which lines."""

    number: int
    revision: int
    lines: tuple[str, ...]


class Trail:
    """The files of one item.

    Args:
        way: to the drop.
        form: what files are written in.
        kind: the item's.
        mark: the item's.

    """

    def __init__(self, way: Way, form: Format, kind: Kind, mark: str) -> None:
        self._way, self._form, self._kind, self._mark = way, form, kind, mark
        stem(kind, mark, 1)  # a mark that makes no name is refused before anything is asked
        self.last = self._last()
        self._answers: dict[int, Acknowledgement] = {}
        self._unread: dict[int, str] = {}

    def name(self, number: int) -> str:
        """The name of the item's file with that number."""
        return f"{stem(self._kind, self._mark, number)}.{self._form}"

    def drop(self, number: int) -> Drop:
        """What its note says of a file.

        Raises:
            OutcomeUnknown: the note cannot be read.

        """
        name = f"{stem(self._kind, self._mark, number)}.json"
        try:
            note = orjson.loads(self._way.read(Folder.SENT, name) or b"")
            return Drop(number, int(note["revision"]), tuple(map(str, note["lines"])))
        except (TooLarge, ValueError, KeyError, TypeError):
            said = f"{name} in sent cannot be read any more as Gatepost wrote it"
            raise OutcomeUnknown(said) from None  # of this item: the drop itself is in order

    def note(self, drop: Drop) -> None:
        """Write the note of a file that is about to be dropped."""
        name = f"{stem(self._kind, self._mark, drop.number)}.json"
        note = {"revision": drop.revision, "lines": drop.lines}
        self._keep(name, orjson.dumps(note))

    def was_dropped(self, number: int) -> bool:
        """Whether the ERP may have seen the file with that number, whose note is there."""
        return not self._way.is_there(Folder.WRITING, self.name(number))

    def take_back(self, number: int) -> bool:
        """Make a file one that was not dropped; False when the ERP has it already."""
        name = self.name(number)
        return self._way.move(Folder.OUTGOING, name, Folder.WRITING, name)

    def answer(self, drop: Drop) -> Acknowledgement | None:
        """What the ERP said to a file; None while it has said nothing that can be read.

        It may be writing it at this moment, or write it anew; ``missing`` says what was wrong with it.
        """
        if drop.number in self._answers:
            return self._answers[drop.number]
        try:
            found = self._read(drop)
        except Unreadable as error:
            self._unread[drop.number] = str(error)
            return None
        if found is None:
            return None
        if found.status is Status.ACCEPTED:
            self._remember(found.erp_id)
        self._answers[drop.number] = found
        return found

    def missing(self, drop: Drop) -> str:
        """What there is instead of an answer, in a sentence."""
        if drop.number in self._unread:
            return f"the ERP's {self.unread(drop)}"
        return f"the ERP has not acknowledged {self.name(drop.number)} yet"

    def unread(self, drop: Drop) -> str:
        """The same of a file that was answered once, in a few words."""
        name, why = self.name(drop.number), self._unread.get(drop.number)
        if why:
            return f"acknowledgement {name} cannot be read: {why}"
        return f"acknowledgement {name} is missing"

    def age(self, drop: Drop) -> float:
        """Seconds since a file was dropped."""
        return self._way.age(Folder.SENT, f"{stem(self._kind, self._mark, drop.number)}.json")

    def _read(self, drop: Drop) -> Acknowledgement | None:
        try:
            content = self._way.read(Folder.ACKNOWLEDGEMENTS, self.name(drop.number))
        except TooLarge:
            raise Unreadable("it is too large") from None
        if content is None:
            return None
        found = read_acknowledgement(content, self._form, self._mark)
        if found.revision not in (None, drop.revision):
            raise Unreadable(f"it is of revision {found.revision}, the file of {drop.revision}")
        if found.lines and Counter(name for name, _ in found.lines) != Counter(drop.lines):
            raise Unreadable("its lines are not those of the file")
        return found

    def origin(self, drop: Drop, answer: Acknowledgement) -> Origin:
        """The origin an acknowledgement gives, its lines in the item's order."""
        of_line: dict[str, list[str]] = {}
        for name, erp_id in answer.lines:
            of_line.setdefault(name, []).append(erp_id)
        pairs = [(name, of_line[name].pop(0)) for name in drop.lines] if of_line else []
        return Origin(answer.erp_id, answer.erp_number, self.name(drop.number), tuple(pairs))

    def _remember(self, erp_id: str) -> None:
        """Note which item a record of the ERP's is of: it may be asked for by its id alone."""
        name, note = of_record(self._kind, erp_id), orjson.dumps({"mark": self._mark})
        if self._way.read(Folder.SENT, name) != note:
            self._keep(name, note)

    def _keep(self, name: str, content: bytes) -> None:
        self._way.write(Folder.WRITING, name, content)
        self._way.move(Folder.WRITING, name, Folder.SENT, name)

    def _last(self) -> int:
        """The number of the newest file; 0 when there is none."""
        for number in range(1, MOST):
            if not self._way.is_there(Folder.SENT, f"{stem(self._kind, self._mark, number)}.json"):
                return number - 1
        raise Unavailable(f"more than {MOST} files of one item")


def mark_of(way: Way, kind: Kind, erp_id: str) -> str | None:
    """The mark of the item a record of the ERP's is of; None when no acknowledgement has named it."""
    content = way.read(Folder.SENT, of_record(kind, erp_id))
    try:
        return str(orjson.loads(content)["mark"]) if content else None
    except (ValueError, KeyError, TypeError):
        said = f"{of_record(kind, erp_id)} in sent cannot be read any more as Gatepost wrote it"
        raise OutcomeUnknown(said) from None
