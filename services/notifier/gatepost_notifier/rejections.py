"""Which rejection a mail tells of: the item may have moved on since, and been decided again."""

from dataclasses import dataclass
from datetime import datetime

from gatepost.domain.decisions import Verdict
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company
from gatepost.ledger import tables
from gatepost.ledger.work import Work


@dataclass(frozen=True, slots=True)
class Rejection:
    """What an approver decided. ``stands``: nothing has happened to the item since."""

    by: str
    at: datetime
    comment: str
    reason_code: str
    stands: bool


def rejection_of(item: Item, revision: int, company: Company, work: Work) -> Rejection:
    """The rejection of that revision: from the item, or from its history once it has moved on."""
    by, at = item.decided_by_name or item.decided_by, item.decided_at or work.now
    stands = item.state is State.REJECTED
    if item.decision is not Verdict.REJECT or item.decided_revision != revision:
        history = tables.history.c
        of_it = (history.item_id == item.id) & (history.revision == revision)
        rows = work.rows(tables.history, of_it & (history.what == "rejected"))
        if rows:
            row = max(rows, key=lambda row: str(row["id"]))
            person = company.person(row["by"])
            by, at = person.name if person else row["by"], row["at"]
            return Rejection(by, at, row["comment"], row["detail"].get("reason_code", ""), False)
    return Rejection(by, at, item.comment, item.reason_code, stands)
