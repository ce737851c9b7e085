"""Written: the record as Gatepost wrote it, however the world around the item has changed since.

Its parent may have come into the ERP after it, or another vendor be linked by now. What was written
is known by the hash that stands with the attempt: the record is made anew until it has that hash.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from gatepost.connectors.port import Connector, ExportItem
from gatepost.domain.drift import Difference, differences
from gatepost.ledger.mapping import request_hash


def drift_of(
    exported: ExportItem, hashes: Collection[str], connector: Connector, found: dict[str, Any]
) -> list[Difference]:
    """Where a record of the ERP's differs from what was written.

    Args:
        exported: the item, with the ERP's ids of all it refers to by now.
        hashes: of what was asked of the ERP in this revision; none where it was linked.
        connector: its mapper.
        found: the record as the ERP has it.

    """
    today = connector.preview(exported)
    if not hashes:
        return differences(today, found)
    written = [each for each in _as_it_may_have_been(exported, connector, today)
               if request_hash(each) in hashes]  # fmt: skip
    if written:
        return min((differences(each, found) for each in written), key=len)
    # What it referred to was another one: of that, nobody knows what was written.
    bare = connector.preview(
        replace(exported, project_origin=None, parent_origin=None, vendor_origin=None)
    )
    unknown = {each.field for each in differences(today, dict.fromkeys(today) | bare)}
    return [each for each in differences(today, found) if each.field not in unknown]


def _as_it_may_have_been(
    exported: ExportItem, connector: Connector, today: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The record as it is made today, and as it was before a parent, or itself, was in the ERP."""
    yield today
    names = ("project_origin", "parent_origin", "origin")
    there = [name for name in names if getattr(exported, name) is not None]
    for left_out in product((False, True), repeat=len(there)):
        if any(left_out):
            gone = {name: None for name, out in zip(there, left_out, strict=True) if out}
            yield connector.preview(replace(exported, **gone))  # type: ignore[arg-type]
