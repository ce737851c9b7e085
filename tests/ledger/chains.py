"""Hands for the tests of the audit chain: record, seal, intrude, look."""

from __future__ import annotations

from typing import Final

import orjson

from gatepost.ledger.audit import Break, Seal, Verdict
from gatepost.ledger.audit_export import Span, export
from gatepost.ledger.audit_reading import seals, verify
from gatepost.ledger.audit_sealing import seal
from gatepost.ledger.database import Database
from tests.ledger.office import Office

COMPANY: Final = "acme"


def with_seals(office: Office) -> Office:
    """Four seals: the directory's own row, and three times two rows."""
    seal(office.database)
    for number in range(3):
        record(office, f"pm-{number}", times=2)
        seal(office.database)
    return office


def record(office: Office, external_id: str, *, times: int = 1) -> None:
    (item_id,) = office.stores(external_id)
    for number in range(times):
        with office.ledger.work() as work:
            work.record(
                work.item(item_id), "noted", by="ann", channel="test", n=number, why="\u00fc\n"
            )


def verdict(office: Office) -> Verdict:
    return verify(office.database, COMPANY)


def chain(office: Office) -> list[Seal]:
    with office.database.reading() as connection:
        return seals(connection, COMPANY)


def broken(office: Office) -> Break:
    found = verdict(office).broken
    assert found is not None
    return found


def lines(office: Office, span: Span | None = None) -> list[bytes]:
    return [orjson.dumps(line) for line in export(office.database, COMPANY, span or Span())]


def intrude(database: Database, *statements: str) -> None:
    """What somebody does who may do everything: first of all, take the triggers away."""
    with database.transaction() as connection:
        if database.is_sqlite:
            names = connection.exec_driver_sql(
                "select name from sqlite_master where type = 'trigger'"
            )
            for name in names.scalars().all():
                connection.exec_driver_sql(f"drop trigger {name}")
        else:
            for table in ("history", "history_seals"):
                connection.exec_driver_sql(f"alter table {table} disable trigger user")
        for statement in statements:
            connection.exec_driver_sql(statement)
