"""An item's earlier calls, where it is not known what came of them."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from gatepost.domain.items import Item
from gatepost.ledger.tables import export_attempts
from gatepost.ledger.work import Work
from gatepost_exporter.outcomes import NotThereYet

ENDED: Final = "the exporter ended before an answer came"

_newest_first: Final = sa.func.row_number().over(
    partition_by=export_attempts.c.item_id, order_by=export_attempts.c.id.desc()
)


def close_earlier(items: Sequence[Item], work: Work) -> set[str]:
    """Say of calls that were never ended that nobody knows; gives who was looked for last, in vain.

    Of those the ERP has answered since the call whose outcome is not known, and ``settle`` has
    passed: whatever was under way before is over.
    """
    ids = [item.id for item in items if item.unsettled]
    if not ids:
        return set()
    columns = (export_attempts.c[name] for name in ("id", "item_id", "finished_at", "outcome"))
    numbered = sa.select(*columns, _newest_first.label("back")).where(
        export_attempts.c.item_id.in_(ids)
    )
    last = numbered.subquery()
    rows = work.connection.execute(sa.select(last).where(last.c.back == 1)).all()
    for row in rows:
        if row.finished_at is None:
            known = {"finished_at": work.now, "outcome": "OutcomeUnknown", "message": ENDED}
            work.change(export_attempts, row.id, **known)
    return {row.item_id for row in rows if row.outcome == NotThereYet.__name__}
