"""Which items look like a record of the ERP: asked for before somebody links the two."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

from gatepost.domain.erp_records import StagedRecord, Suggestion
from gatepost.domain.items import Item

ALIKE: Final = 0.6  # names less alike than this are not suggested
MOST: Final = 3  # suggestions for one record


class Matching:
    """The items that are not linked, arranged to be looked up for many records.

    Names are compared only where they have a word in common: all with all would cost too much.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._by_id: dict[tuple[str, str], Item] = {}
        self._by_number: dict[tuple[str, str], list[Item]] = defaultdict(list)
        self._by_word: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in items:
            self._by_id[item.kind, item.id] = item
            self._by_number[item.kind, _plain(item.number)].append(item)
            for word in set(_plain(item.title).split()):
                self._by_word[item.kind, word].append(item)

    def suggestions(self, record: StagedRecord) -> Sequence[Suggestion]:
        """The items most like the record: its mark first, then the same number, then a like name."""
        found: dict[str, Suggestion] = {}
        if marked := self._by_id.get((record.kind, record.mark or "")):
            found[marked.id] = _suggestion(marked, "mark", 1.0)
        code = _plain(record.origin.code)
        for item in self._by_number.get((record.kind, code), ()) if code else ():
            found.setdefault(item.id, _suggestion(item, "number", 1.0))
        by_name = sorted(self._alike(record), key=lambda pair: -pair[0])
        for likeness, item in by_name[:MOST]:
            found.setdefault(item.id, _suggestion(item, "name", round(likeness, 2)))
        return list(found.values())[:MOST]

    def _alike(self, record: StagedRecord) -> Iterable[tuple[float, Item]]:
        name = _plain(record.name)
        near = {
            item.id: item
            for word in set(name.split())
            for item in self._by_word.get((record.kind, word), ())
        }
        for item in near.values():
            likeness = SequenceMatcher(None, name, _plain(item.title)).ratio()
            if likeness >= ALIKE:
                yield likeness, item


def _suggestion(item: Item, why: str, likeness: float) -> Suggestion:
    return Suggestion(item.id, item.external_id, item.number, item.title, item.state, why, likeness)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
