"""What awaits whose decision: counted for everybody in one query, and what their mails name of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from gatepost.domain.changes import Change
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, Person
from gatepost.domain.policies import awaits
from gatepost.ledger import revisions
from gatepost.ledger.tables import items
from gatepost.ledger.work import Work

MOST_LISTED: Final = 20  # items named in one mail, which says how many more there are


@dataclass(frozen=True, slots=True)
class Awaiting:
    """What awaits one person: how much, and which of it is named, resent items first, then the oldest."""

    count: int
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that waits in some companies: rows of the oldest by company, kind and sender."""

    companies: dict[str, Company]
    rows: Sequence[sa.Row[tuple[str, ...]]]

    def of(self, person: Person, company: str) -> Awaiting:
        """What awaits this person there."""
        house = self.companies[company]
        theirs = [
            row
            for row in self.rows
            if row.company == company and awaits(person, Kind(row.kind), row.sent_by, house)
        ]
        counts = {(row.kind, row.sent_by): row.how_many for row in theirs}
        theirs.sort(key=lambda row: (row.is_first_sent, row.updated_at, row.id))
        return Awaiting(sum(counts.values()), tuple(row.id for row in theirs[:MOST_LISTED]))


def what_awaits(companies: Sequence[Company], work: Work) -> Waiting:
    """Look what waits for decisions in these companies."""
    alike = (items.c.company, items.c.kind, items.c.sent_by)
    is_first_sent = sa.case((items.c.rejection.is_(sa.null()), 1), else_=0)
    first = (is_first_sent, items.c.updated_at, items.c.id)
    numbered = (
        sa.select(
            items.c.id,
            items.c.updated_at,
            *alike,
            is_first_sent.label("is_first_sent"),
            sa.func.count().over(partition_by=alike).label("how_many"),
            sa.func.row_number().over(partition_by=alike, order_by=first).label("place"),
        )
        .where(items.c.company.in_([company.key for company in companies]))
        .where(items.c.state == State.SENT)
        .subquery()
    )
    statement = sa.select(numbered).where(numbered.c.place <= MOST_LISTED)
    rows = work.connection.execute(statement).all()
    return Waiting({company.key: company for company in companies}, rows)


def load(item_ids: Sequence[str], work: Work) -> None:
    """Read what mails name, and the parents that know its currency."""
    work.load(item_ids, lock=False)
    found = (work.find(item_id, lock=False) for item_id in item_ids)
    work.load((item.parent_id for item in found if item and not item.currency), lock=False)


def changed_since_rejection(item_ids: Sequence[str], work: Work) -> dict[str, list[Change]]:
    """What changed in each of these items since it was rejected; items without a reject have no part."""
    found = [item for item_id in item_ids if (item := work.find(item_id, lock=False))]
    steps = {item.id: step for item in found if (step := revisions.since_rejection(item))}
    changed = revisions.changed(work.connection, steps.values())
    return {item_id: changed[step] for item_id, step in steps.items()}
