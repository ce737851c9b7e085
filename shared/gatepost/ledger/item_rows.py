"""Items as rows: how one is read, and what has changed in it since."""

from dataclasses import asdict, fields
from typing import Any, Final

from sqlalchemy import RowMapping

from gatepost.domain.decisions import Verdict
from gatepost.domain.items import Cause, Item, Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State

_NAMES: Final = tuple(field.name for field in fields(Item))
_AS_THEY_ARE: Final = tuple(
    name
    for name in _NAMES
    if name not in ("kind", "state", "decision", "cause", "origin", "archived_from")
)


def from_row(row: RowMapping) -> Item:
    """The item in a row of the table ``items``."""
    values: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    cause, origin = row["cause"], row["origin"]
    return Item(
        **values,
        kind=Kind(row["kind"]),
        state=State(row["state"]),
        decision=Verdict(row["decision"]) if row["decision"] else None,
        cause=Cause(**cause) if cause else None,
        origin=_origin(origin) if origin else None,
        archived_from=State(row["archived_from"]) if row["archived_from"] else None,
    )


def to_row(item: Item) -> dict[str, Any]:
    """The item as a row of the table ``items``."""
    row: dict[str, Any] = {name: getattr(item, name) for name in _NAMES}
    row["cause"] = asdict(item.cause) if item.cause else None
    row["cause_key"] = item.cause.key if item.cause else None
    row["origin"] = asdict(item.origin) if item.origin else None
    row["origin_id"] = item.origin.id if item.origin else None
    return row


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """The columns in which two rows of the same item differ."""
    return tuple(name for name, value in after.items() if before[name] != value)


def _origin(document: dict[str, Any]) -> Origin:
    lines = tuple((line[0], line[1]) for line in document.get("lines", ()))
    return Origin(document["id"], document["code"], document["data"], lines)
