"""What commitments promise: read for all children of a parcel in one query.

The commitment counts as its latest revision says, whatever became of it; a change order counts once
accounting has accepted it, with the revision that was accepted. What earlier invoices have billed is
not added up here (decision 12). What was imported promises nothing: its lines are the ERP's own.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.erp_records import RECORD_REVISION
from gatepost.domain.items import Sending
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.rules import Agreement
from gatepost.ledger.tables import items, revisions
from gatepost.ledger.work import Work

_ACCEPTED: Final = (State.EXPORTING, State.SYNCED, State.FAILED)
_READ: Final = (
    items.c.id,
    items.c.kind,
    items.c.parent_id,
    items.c.external_id,
    items.c.number,
    items.c.project,
    revisions.c.content,
)


def _statement() -> sa.CompoundSelect[Any]:
    """Commitments and their accepted change orders, by the commitments' ids."""
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    sent_again = items.c.state == State.SENT  # what was accepted before is still agreed
    accepted = sa.case((sent_again, items.c.synced_revision), else_=items.c.revision)
    counts = items.c.state.in_(_ACCEPTED) | (sent_again & items.c.synced_revision.is_not(None))
    of_item = revisions.c.item_id == items.c.id
    commitments = (
        sa.select(*_READ)
        .join_from(items, revisions, of_item & (revisions.c.revision == items.c.revision))
        .where(items.c.id.in_(ids), items.c.revision > RECORD_REVISION)
    )
    changes = (
        sa.select(*_READ)
        .join_from(items, revisions, of_item & (revisions.c.revision == accepted))
        # A literal: only with it does either database take the index ix_items_change_orders.
        .where(items.c.parent_id.in_(ids), sa.text("items.kind = 'change_order'"), counts)
        .where(accepted > RECORD_REVISION)
    )
    return sa.union_all(commitments, changes)


_STATEMENT: Final = _statement()


class Agreements:
    """The agreements that the children in one transaction refer to.

    Args:
        work: the transaction.

    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[str, Agreement | None] = {}

    def load(self, refs: Iterable[ItemRef | None]) -> None:
        """Read the agreements of commitments in one query; none when there are none to read."""
        wanted = {ref.item_id for ref in refs if ref and ref.kind is Kind.COMMITMENT}
        missing = sorted(wanted - self._known.keys())
        if not missing:
            return
        rows = self._work.connection.execute(_STATEMENT, {"ids": missing}).all()
        read = [(row, amounts) for row in rows if (amounts := _amounts(row.content)) is not None]
        found = {row.id: _commitment(row, lines) for row, lines in read if _is_commitment(row)}
        for row, amounts in read:
            if not _is_commitment(row) and row.parent_id in found:
                agreement = found[row.parent_id]
                changes = {**agreement.changes, row.external_id: amounts}
                found[row.parent_id] = replace(agreement, changes=changes)
        self._known.update(dict.fromkeys(missing) | found)

    def of(self, ref: ItemRef | None) -> Agreement | None:
        """The agreement with a commitment; None when it is no commitment, or not here."""
        if ref is None or ref.kind is not Kind.COMMITMENT:
            return None
        self.load([ref])
        return self._known[ref.item_id]

    def stored(self, sending: Sending) -> None:
        """A commitment was stored within this transaction: its children may follow in it."""
        if sending.ref.kind is not Kind.COMMITMENT:
            return
        label = f"commitment {sending.number or sending.ref.external_id}"
        lines, project = _amounts(sending.content) or {}, sending.project or ""
        now = Agreement(label, sending.currency or "", lines, project=project)
        if before := self._known.get(sending.ref.item_id):
            now = replace(now, changes=before.changes)
        self._known[sending.ref.item_id] = now


def _is_commitment(row: sa.Row[Any]) -> bool:
    return bool(row.kind == Kind.COMMITMENT)


def _commitment(row: sa.Row[Any], lines: dict[str, Decimal]) -> Agreement:
    label = f"commitment {row.number or row.external_id}"
    return Agreement(label, row.content.get("currency", ""), lines, project=row.project or "")


def _amounts(content: dict[str, Any]) -> dict[str, Decimal] | None:
    """The amounts of a stored content by line id.

    None where it is of a shape that an earlier release took: what it promises is not known.
    """
    amounts: dict[str, Decimal] = {}
    try:
        for line in content.get("lines", ()):
            name = line["external_id"]
            amounts[name] = amounts.get(name, Decimal(0)) + Decimal(line["amount"])
    except (ArithmeticError, KeyError, TypeError):
        return None
    return amounts
