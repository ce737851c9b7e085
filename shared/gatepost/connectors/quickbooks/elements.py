"""Elements of qbXML as classes: their fields are in the order of the published schema, with its limits.

QuickBooks refuses a request as a whole, and without a reason, when one element stands in the wrong
place. So nothing here is put together by hand: the order of the fields is the order that is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final

from lxml import etree

AMOUNT: Final = r"-?\d{1,13}\.\d{2}"  # no separators, always two decimals
DECIMAL: Final = r"-?\d{1,13}(\.\d{1,5})?"
DATE: Final = r"\d{4}-\d{2}-\d{2}"
_CONTROL: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(limit: int) -> Any:  # noqa: ANN401 - a field
    """A text of at most so many characters."""
    return field(default=None, metadata={"limit": limit})


def like(pattern: str) -> Any:  # noqa: ANN401 - a field
    """A text of a certain shape."""
    return field(default=None, metadata={"pattern": pattern})


def many() -> Any:  # noqa: ANN401 - a field
    """Any number of elements of one name."""
    return field(default=())


@dataclass(frozen=True, slots=True)
class Objection:
    """What QuickBooks would not take in one place of a request."""

    place: str
    rule: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """An element with others in it; what is None is left out."""

    def fill(self, parent: Any) -> None:  # noqa: ANN401 - lxml has no types
        """Write the fields below ``parent``, in their order."""
        for name, value in self._given():
            for each in value if isinstance(value, tuple) else (value,):
                below = etree.SubElement(parent, name)
                if isinstance(each, Element):
                    each.fill(below)
                else:
                    below.text = each

    def told(self) -> dict[str, Any]:
        """The same as a document, for people and for hashes."""
        found: dict[str, Any] = {}
        for name, value in self._given():
            if isinstance(value, tuple):
                found[name] = [each.told() if isinstance(each, Element) else each for each in value]
            else:
                found[name] = value.told() if isinstance(value, Element) else value
        return found

    def objections(self, below: str = "") -> Iterator[Objection]:
        """Everything the schema does not allow: lengths, shapes, characters XML has no way to say."""
        rules = {each.name: each.metadata for each in fields(self)}
        for name, value in self._given():
            several = isinstance(value, tuple)
            for at, each in enumerate(value if several else (value,)):
                place = f"{below}{name}[{at}]" if several else f"{below}{name}"
                if isinstance(each, Element):
                    yield from each.objections(f"{place}.")
                else:
                    yield from _objections(place, each, rules[name])

    def _given(self) -> Iterator[tuple[str, Any]]:
        for each in fields(self):
            value = getattr(self, each.name)
            empty = isinstance(value, Element) and not any(value._given())
            if value not in (None, (), "") and not empty:
                yield each.name, value


def _objections(place: str, value: str, rules: Any) -> Iterator[Objection]:  # noqa: ANN401 - metadata
    limit, pattern = rules.get("limit"), rules.get("pattern")
    if limit is not None and len(value) > limit:
        said = f"{place} has {len(value)} characters; QuickBooks Desktop takes at most {limit}"
        yield Objection(place, "max_length", said)
    if pattern is not None and not re.fullmatch(pattern, value):
        said = f'{place} is "{value[:40]}", which QuickBooks Desktop cannot hold'
        yield Objection(place, "format", said)
    if found := _CONTROL.search(value):
        said = f"{place} has a character in it that cannot be sent: {found.group()!r}"
        yield Objection(place, "forbidden_character", said)
