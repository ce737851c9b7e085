"""Which of the ERP's records stand on a list, and how many.

Whether one is a candidate for an import is asked when the list is read: an item may have been tied to
it, or its parent may have come into the ERP, since it was staged.
"""

from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.erp_records import MUST_HAVE_A_PARENT, RecordState
from gatepost.domain.kinds import PARENT_KIND, Kind
from gatepost.domain.lists import WorkList
from gatepost.ledger.tables import erp_records, items

LISTS: Final = {
    WorkList.READY_TO_IMPORT: RecordState.READY_TO_IMPORT,
    WorkList.ARCHIVED: RecordState.ARCHIVED,
}
"""The lists on which records stand, and the state of those that do."""


def counts(connection: sa.Connection, company: str) -> list[tuple[str, str, int]]:
    """How many records stand on each list that has any, as (list, kind, how many)."""
    found: list[tuple[str, str, int]] = []
    for name in LISTS:
        statement = sa.select(erp_records.c.kind, sa.func.count().label("how_many"))
        counted = statement.where(erp_records.c.company == company, stands_on(name))
        rows = connection.execute(counted.group_by(erp_records.c.kind))
        found += [(name.value, row.kind, row.how_many) for row in rows]
    return found


def stands_on(name: WorkList) -> sa.ColumnElement[bool]:
    """The records on a list; what is gone from the ERP is on none."""
    if name not in LISTS:
        return sa.false()  # the other lists hold items
    stands = (erp_records.c.state == LISTS[name]) & ~erp_records.c.gone
    if name is not WorkList.READY_TO_IMPORT:
        return stands
    own = sa.and_(
        items.c.company == erp_records.c.company,
        items.c.kind == erp_records.c.kind,
        items.c.origin_id == erp_records.c.origin_id,
    )
    is_above = above(erp_records.c.company, erp_records.c.parent)
    belongs = sa.or_(
        erp_records.c.parent.is_(None) & erp_records.c.kind.not_in(MUST_HAVE_A_PARENT),
        sa.exists().where(is_above),
    )
    return sa.and_(stands, ~sa.exists().where(own), belongs)


def above(
    company: sa.ColumnElement[Any], origin_id: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Items that others can hang under, by the ERP's id."""
    kinds = sorted({*PARENT_KIND.values(), Kind.SUB_JOB})  # a commitment may hang under a sub job
    return sa.and_(
        items.c.company == company, items.c.kind.in_(kinds), items.c.origin_id == origin_id
    )
