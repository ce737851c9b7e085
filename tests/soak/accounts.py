"""The end of a soak: every item in exactly one explainable state, every record written once."""

import collections
import json
import urllib.request
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost.ledger.database import Database


@dataclass(frozen=True, slots=True)
class Accounts:
    """What was found. All but ``items`` and ``surplus_calls`` have to be nothing."""

    items: int
    lost: int  # sent and confirmed, but not in the state it has to be in
    doubled: int  # written into the ERP more than once
    surplus_calls: int  # writes that were attempted beyond one for each item
    repeat_alerts: int  # alerts to approvers for a resend after a reject
    ledger_left: int
    parked: int
    wrong: tuple[str, ...] = ()

    @property
    def are_in_order(self) -> bool:
        return not (
            self.lost or self.doubled or self.repeat_alerts or self.ledger_left or self.parked
        )


def take(database: Database, erp_url: str, wanted: set[str]) -> Accounts:
    """Compare what was sent with what is stored and what the ERP holds."""
    with database.reading() as connection:
        statement = sa.select(tables.items.c.id, tables.items.c.state)
        states = {row.id: row.state for row in connection.execute(statement)}
        refused = connection.execute(sa.select(tables.quarantine.c.reason)).scalars().all()
        attempts = _count(connection, tables.export_attempts)
        left = _count(connection, tables.messages)
        parked = _count(connection, tables.messages, tables.messages.c.due_at.is_(None))
        repeated = _count(
            connection,
            tables.mails,
            (tables.mails.c.template == "alert")
            & (tables.mails.c.revision > 1)
            & (tables.mails.c.status != "held_back"),
        )
    records = collections.Counter(record["mark"] for record in _records(erp_url))
    wrong = [f"{item}: {states.get(item)}" for item in wanted if states.get(item) != "synced"]
    missing = [item for item in wanted if records[item] == 0]
    wrong += [f"{item}: {states.get(item)}, and not in the ERP" for item in missing]
    lost = len({entry.partition(":")[0] for entry in wrong})
    wrong += [f"refused: {reason}" for reason in refused if wrong]
    return Accounts(
        items=len(wanted),
        lost=lost,
        doubled=sum(1 for count in records.values() if count > 1),
        surplus_calls=attempts - len(wanted),
        repeat_alerts=repeated,
        ledger_left=left - parked,
        parked=parked,
        wrong=tuple(wrong[:20]),
    )


def _count(
    connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool] | None = None
) -> int:
    statement = sa.select(sa.func.count()).select_from(table)
    if where is not None:
        statement = statement.where(where)
    return int(connection.execute(statement).scalar_one())


def _records(erp_url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{erp_url}/erp/records", timeout=120) as answer:  # noqa: S310 - ours
        found: list[dict[str, Any]] = json.load(answer)["records"]
    return found
