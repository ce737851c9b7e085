"""On which line of a TOML document each table, key and element stands: no TOML library says it.

Only for documents that ``tomllib`` has read: what is no TOML is not noticed here.
"""

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

Place = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES: Final = re.compile(r"[ \t]*")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE: Final = re.compile(r"[^,\]}#\n]*")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


class TomlLines:
    """The lines of one document."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._lines: dict[Place, int] = {(): 1}
        self._last: dict[Place, int] = {}  # of each array of tables, the index of its last one
        self._document()

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it that is there."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def _document(self) -> None:
        table: Place = ()
        while self._skip(_BLANK) < len(self._text):
            begun = self._at
            if self._takes("[["):
                table = self._table(self._keys(), is_array=True)
                self._mark(table, begun)
                self._takes("]]")
            elif self._takes("["):
                table = self._table(self._keys(), is_array=False)
                self._mark(table, begun)
                self._takes("]")
            else:
                self._pair(table)

    def _table(self, keys: list[str], *, is_array: bool) -> Place:
        """Where a header leads: through the last table of each array on the way."""
        place: Place = ()
        for number, key in enumerate(keys, 1):
            place = (*place, key)
            self._mark(place, self._at)
            if is_array and number == len(keys):
                self._last[place] = self._last.get(place, -1) + 1
            if place in self._last:
                place = (*place, self._last[place])
        return place

    def _pair(self, table: Place) -> None:
        begun, place = self._at, table
        for key in self._keys():
            place = (*place, key)
            self._mark(place, begun)
        self._takes("=")
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip(_SPACES)
        if self._takes("["):
            self._elements(place)
        elif self._takes("{"):
            while self._skip(_BLANK) < len(self._text) and not self._takes("}"):
                self._pair(place)
                self._skip(_BLANK)
                self._takes(",")
        elif self._at == self._skip(_STRING):  # it was none: the place is still the same
            self._skip(_BARE_VALUE)

    def _elements(self, place: Place) -> None:
        index = 0
        while self._skip(_BLANK) < len(self._text) and not self._takes("]"):
            self._mark((*place, index), self._at)
            self._value((*place, index))
            self._skip(_BLANK)
            self._takes(",")
            index += 1

    def _keys(self) -> list[str]:
        """A dotted key."""
        keys: list[str] = []
        while True:
            self._skip(_SPACES)
            found = _STRING.match(self._text, self._at) or _BARE_KEY.match(self._text, self._at)
            if found is None:
                return keys
            self._at = found.end()
            keys.append(_unquoted(found[0]))
            self._skip(_SPACES)
            if not self._takes("."):
                return keys

    def _mark(self, place: Place, at: int) -> None:
        self._lines.setdefault(place, bisect_right(self._starts, at))

    def _takes(self, text: str) -> bool:
        self._skip(_SPACES)
        is_there = self._text.startswith(text, self._at)
        self._at += len(text) if is_there else 0
        return is_there

    def _skip(self, what: re.Pattern[str]) -> int:
        if found := what.match(self._text, self._at):
            self._at = found.end()
        return self._at


def _unquoted(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"':
        return key
    return _ESCAPE.sub(
        lambda found: (
            chr(int(found[1] or found[2], 16))
            if found[1] or found[2]
            else _ESCAPED.get(found[3], found[3])
        ),
        key[1:-1],
    )
