"""What changed between two revisions of an item, field by field: a pure function over documents."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Document = Mapping[str, Any]

LINE_NAMES: Final = ("external_id", "commitment_line")  # what tells one line from another
AMOUNTS: Final = frozenset(
    {"amount", "quantity", "unit_cost", "total", "retainage", "retainage_percent"}
)
_LINE: Final = re.compile(r"lines\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. ``before`` None: it was not there; ``after`` None: it is gone.

    ``field`` is its place in the document, lines by their own names: ``lines[l-1].amount``.
    """

    field: str
    before: Any
    after: Any


def changes(before: Document, after: Document) -> list[Change]:
    """What is different in ``after``, in the order of its fields; what is gone comes last.

    An amount written otherwise (``400`` and ``400.00``) is the same amount, a code is not; a field
    that is empty and one that is not there are the same too.
    """
    return list(_of_documents(before, after, ""))


def in_words(change: Change) -> str:
    """``line l-1, unit cost: was 1240.00, now 1100.00``; what is long ends in an ellipsis."""
    field = _short(place_in_words(change.field), 60)
    if change.before is None:
        return f"{field}: added, {value_in_words(change.after)}"
    if change.after is None:
        return f"{field}: gone, was {value_in_words(change.before)}"
    return f"{field}: was {value_in_words(change.before)}, now {value_in_words(change.after)}"


def place_in_words(field: str) -> str:
    """Where in a document: ``line l-1, unit cost``."""
    place = _LINE.sub(r"line \1", field.removeprefix("content."))
    return place.replace(".", ", ").replace("_", " ")


def value_in_words(value: object, limit: int = 40) -> str:
    """A value in so many characters: of a line what it holds, without its name."""
    if isinstance(value, dict):
        held = [part for name, part in value.items() if name not in LINE_NAMES and part]
        return _short(", ".join(value_in_words(part, limit) for part in held), limit)
    if isinstance(value, list):
        return _short(", ".join(value_in_words(part, limit) for part in value), limit)
    return _short(str(value), limit)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _of_documents(before: Document, after: Document, place: str) -> Iterator[Change]:
    for name in [*after, *(name for name in before if name not in after)]:
        field = f"{place}.{name}" if place else name
        yield from _of_values(before.get(name), after.get(name), field)


def _of_values(before: object, after: object, field: str) -> Iterator[Change]:
    if _is_same(before, after, field.rpartition(".")[2]):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_documents(before, after, field)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, field)
    else:
        yield Change(field, _there(before), _there(after))


def _of_lists(before: list[Any], after: list[Any], field: str) -> Iterator[Change]:
    """Lines by their names, wherever they stand; what has no names by its place."""
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        old, new = dict(enumerate(before)), dict(enumerate(after))
    for name in [*new, *(name for name in old if name not in new)]:
        yield from _of_values(old.get(name), new.get(name), f"{field}[{name}]")


def _by_name(lines: list[Any]) -> dict[Any, Any] | None:
    """The lines by what names them; None where they do not all have a name of their own."""
    for key in LINE_NAMES:
        names = [line.get(key) for line in lines if isinstance(line, dict)]
        if len(names) == len(lines) and all(isinstance(name, str) and name for name in names):
            found = dict(zip(names, lines, strict=True))
            return found if len(found) == len(lines) else None
    return None


def _is_same(before: object, after: object, name: str) -> bool:
    if _there(before) == _there(after):
        return True
    if name in AMOUNTS and isinstance(before, str) and isinstance(after, str):
        try:
            return Decimal(before) == Decimal(after)
        except InvalidOperation:
            return False
    return False


def _there(value: object) -> object:
    """The value; None for everything empty."""
    return None if value in ("", [], {}) else value
