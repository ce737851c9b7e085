"""Items as rows: how one is read, and what has changed in it since.

Thousands of items a second pass here, so rows are read by position and compared as tuples.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from gatepost.domain.amounts import Approval
from gatepost.domain.decisions import Rejection, Verdict
from gatepost.domain.items import Cause, Item, Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State

COLUMNS: Final = tuple(field.name for field in fields(Item))
"""The columns of the table ``items`` in the order of the item's own fields."""

Snapshot = tuple[Any, ...]

snapshot: Final = attrgetter(*COLUMNS)
"""All fields of an item, as they are now."""

_KIND, _STATE, _DECISION, _APPROVAL, _ORIGIN, _CAUSE, _ARCHIVED_FROM, _REJECTION = (
    COLUMNS.index(name)
    for name in (
        "kind",
        "state",
        "decision",
        "first_approval",
        "origin",
        "cause",
        "archived_from",
        "rejection",
    )
)


def from_row(row: Sequence[Any]) -> Item:
    """The item in a row that has :data:`COLUMNS`."""
    values = list(row)
    values[_KIND] = Kind(values[_KIND])
    values[_STATE] = State(values[_STATE])
    if values[_DECISION]:
        values[_DECISION] = Verdict(values[_DECISION])
    if values[_CAUSE]:
        values[_CAUSE] = Cause(**values[_CAUSE])
    if values[_APPROVAL]:
        values[_APPROVAL] = Approval(**values[_APPROVAL])
    if values[_ORIGIN]:
        values[_ORIGIN] = origin_of(values[_ORIGIN])
    if values[_ARCHIVED_FROM]:
        values[_ARCHIVED_FROM] = State(values[_ARCHIVED_FROM])
    if found := values[_REJECTION]:
        values[_REJECTION] = Rejection(**{**found, "at": datetime.fromisoformat(found["at"])})
    return Item(*values)


def to_row(item: Item) -> dict[str, Any]:
    """A new item as a row of the table ``items``."""
    return _columns(dict(zip(COLUMNS, snapshot(item), strict=True)))


def changes(before: Snapshot, item: Item) -> dict[str, Any]:
    """The columns in which an item differs from what it was, as they are now."""
    after = snapshot(item)
    if before == after:
        return {}
    pairs = zip(COLUMNS, before, after, strict=True)
    return _columns({name: new for name, old, new in pairs if old is not new and old != new})


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """Fields as columns: documents for what has parts, and what is searched for beside them."""
    if "cause" in values:
        cause = values["cause"]
        values["cause_key"] = cause.key if cause else None
        values["cause"] = asdict(cause) if cause else None
    if values.get("first_approval"):
        values["first_approval"] = asdict(values["first_approval"])
    if "origin" in values:
        origin = values["origin"]
        values["origin_id"] = origin.id if origin else None
        values["origin"] = origin_document(origin) if origin else None
    if values.get("rejection"):
        values["rejection"] = asdict(values["rejection"])
    return values


def origin_document(origin: Origin) -> dict[str, Any]:
    return {"id": origin.id, "code": origin.code, "data": origin.data, "lines": origin.lines}


def origin_of(document: dict[str, Any]) -> Origin:
    lines = tuple((line[0], line[1]) for line in document.get("lines", ()))
    return Origin(document["id"], document["code"], document["data"], lines)
