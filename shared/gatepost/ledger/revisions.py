"""What sources sent, revision by revision, and what changed between them."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from gatepost.domain.changes import Change, changes
from gatepost.domain.items import Item, Sending
from gatepost.ledger.searching import words_for
from gatepost.ledger.tables import revisions
from gatepost.ledger.work import Work

Step = tuple[str, int, int]
"""An item's id, and the two revisions to compare."""


def keep(item: Item, sending: Sending, work: Work, *, vendor: str = "") -> None:
    """Keep what was sent beside the item; it is found by its names, and its vendor's."""
    work.add(
        revisions,
        item_id=item.id,
        revision=item.revision,
        header=sending.header,
        content=sending.content,
        at=work.now,
        words=words_for(item.company, item.number, item.title, item.external_id, vendor),
    )


def contents_of(items: Iterable[Item], work: Work) -> dict[str, dict[str, Any]]:
    """What items say in their current revision, by item, read in one query."""
    current = {item.id: item.revision for item in items}
    rows = work.rows_by_ids(revisions, sorted(current), column="item_id")
    return {row.item_id: row.content for row in rows if row.revision == current[row.item_id]}


class Contents:
    """What items say, kept while a transaction lasts: whoever asks for one asks for the next."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[tuple[str, int], dict[str, Any]] = {}

    def of(self, item: Item) -> dict[str, Any]:
        """What an item says; all of its kind that the transaction has in hand are read at once."""
        if (item.id, item.revision) not in self._known:
            alike = [each for each in self._work.loaded if each.kind is item.kind]
            revision = {each.id: each.revision for each in [*alike, item]}
            found = contents_of([*alike, item], self._work)
            self._known |= {(name, revision[name]): each for name, each in found.items()}
        return self._known[item.id, item.revision]

    def expect(self, item: Item, content: dict[str, Any]) -> None:
        """What an item will say once its revision is stored: somebody asks before it is."""
        self._known[item.id, item.revision] = content


def since_rejection(item: Item) -> Step | None:
    """From the revision that was rejected to the current one; None where no reject is answered."""
    return (item.id, item.rejection.revision, item.revision) if item.rejection else None


def since_sync(item: Item) -> Step | None:
    """From the revision that the ERP has to the current one; None where it has none."""
    return (item.id, item.synced_revision, item.revision) if item.synced_revision else None


def changed(connection: sa.Connection, steps: Iterable[Step | None]) -> dict[Step, list[Change]]:
    """What changed in each step, all read in one query. Nothing did within one revision."""
    wanted = {step for step in steps if step}
    ends = {(step[0], revision) for step in wanted if step[1] != step[2] for revision in step[1:]}
    found = _documents(connection, sorted(ends)) if ends else {}
    return {step: _between(found.get(step[:2]), found.get((step[0], step[2]))) for step in wanted}


def _between(before: sa.RowMapping | None, after: sa.RowMapping | None) -> list[Change]:
    if before is None or after is None:
        return []
    with_header = before["header"] is not None and after["header"] is not None
    return changes(_document(before, with_header), _document(after, with_header))


def _document(row: sa.RowMapping, with_header: bool) -> dict[str, Any]:
    """A revision as one document; what the header only repeats from the content is said once."""
    content = row["content"]
    said = [content.get(name) for name in ("number", "code", "name")]
    header = row["header"] if with_header else {}
    own = {name: value for name, value in header.items() if value not in said}
    return {**own, "content": content}


def _documents(
    connection: sa.Connection, ends: list[tuple[str, int]]
) -> dict[tuple[str, int], sa.RowMapping]:
    is_wanted = sa.tuple_(revisions.c.item_id, revisions.c.revision).in_(ends)
    rows = connection.execute(sa.select(revisions).where(is_wanted)).mappings()
    return {(row["item_id"], row["revision"]): row for row in rows}
