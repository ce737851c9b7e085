"""External ids: an item's mark, and on lines the line's id, as names under which Odoo knows records.

Odoo keeps them beside its records, each only once: whatever is loaded under one is the same record.
"""

import re
from dataclasses import dataclass
from typing import Final

from gatepost.connectors.odoo.calling import plain
from gatepost.domain.kinds import Kind

MODULE: Final = "gatepost"
TOTAL: Final = "+total"  # the line of an item that has none
RETAINAGE: Final = "+retainage"
OURS: Final = "+"  # a line that no line of the item stands for begins with it
BEFORE: Final = "+before-"  # a line that was there before the record was the item's, by its id
_NAME: Final = re.compile(rf"({'|'.join(Kind)})_([0-9a-f-]{{36}})(?:_(.+))?")
_PLAIN: Final = re.compile(r"[^0-9A-Za-z-]")
_CODED: Final = re.compile(r"_([0-9a-f]+)_")


@dataclass(frozen=True, slots=True)
class Name:
    """What an external id says. ``line`` is empty on the record itself."""

    kind: Kind
    mark: str
    line: str = ""

    def __str__(self) -> str:
        """The name without its module: letters, digits, dashes and underscores only."""
        coded = _PLAIN.sub(lambda each: f"_{ord(each[0]):x}_", self.line)
        return "_".join(filter(None, (self.kind, self.mark, coded)))

    @property
    def whole(self) -> str:
        """As it is loaded."""
        return f"{MODULE}.{self}"


def read_name(text: str) -> Name | None:
    """What a name without its module says; None: it is none of ours."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    line = _CODED.sub(lambda each: chr(int(each[1], 16)), found[3] or "")
    return Name(Kind(found[1]), found[2], line)


def below(name: Name) -> str:
    """The pattern of the names of a record's lines."""
    return plain(f"{name}_") + "%"
