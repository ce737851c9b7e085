"""The names of the drop's folders and files. A name tells the kind, the item's mark and a number.

Lower-case letters, digits, dashes and underscores, so that they are names on every system and hold
no path. Nothing an ERP or a sender has written stands in one.
"""

import hashlib
import re
from enum import StrEnum
from typing import Final

from gatepost.connectors.errors import ValidationFailed
from gatepost.domain.kinds import Kind

_MARK: Final = re.compile(r"[0-9a-z-]{8,64}")
_STEM: Final = re.compile(rf"({'|'.join(Kind)})_({_MARK.pattern})_([1-9][0-9]{{0,4}})")
TRIAL: Final = "check"  # the name of an empty file, by which the folders are tried


class Folder(StrEnum):
    """The four folders of a drop; all of them on one file system, for files move between them."""

    OUTGOING = "outgoing"  # the ERP takes its files here
    ACKNOWLEDGEMENTS = "acknowledgements"  # it answers here, by the same name
    SENT = "sent"  # what was dropped, and what became of it: Gatepost's own
    WRITING = "writing"  # what is not whole yet: Gatepost's own


def stem(kind: Kind, mark: str, number: int) -> str:
    """The name of an item's file without its ending; its first file has the number 1.

    Raises:
        ValidationFailed: such a mark makes no file name.

    """
    if not _MARK.fullmatch(mark):
        raise ValidationFailed("the item's mark makes no file name")
    return f"{kind.value}_{mark}_{number}"


def parts(name: str) -> tuple[Kind, str, int] | None:
    """The kind, mark and number in the name of an item's file; None when it is no such name."""
    found = _STEM.fullmatch(name.partition(".")[0])
    return (Kind(found[1]), found[2], int(found[3])) if found else None


def of_record(kind: str, erp_id: str) -> str:
    """The name of the note that says which item an ERP's record is of."""
    digest = hashlib.sha256(erp_id.encode()).hexdigest()
    return f"{kind}_id_{digest[:40]}.json"
