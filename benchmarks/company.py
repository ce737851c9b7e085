"""The company of the benchmarks as Gatepost knows it: its directory, its commitments in the ERP."""

from __future__ import annotations

from typing import Final, NamedTuple

import orjson

from benchmarks.workload import (
    APPROVER,
    COMPANY,
    CREATOR,
    PROJECT,
    SENDER,
    VENDOR,
    commitments,
)
from gatepost.domain.items import Item, Origin
from gatepost.domain.lifecycle import State
from gatepost.ledger import directory_file, revisions, schema
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent

IN_FLIGHT: Final = 64

_DIRECTORY: Final = """
[company]
key = "{COMPANY}"
name = "Bench Builders"
[company.settings]
auto_accept = {auto_accept}

[[connections]]
key = "books"
connector = "sandbox"
in_flight = {in_flight}
per_minute = 0
options = {{ url = "{erp_url}" }}

[[people]]
email = "{APPROVER[email]}"
name = "{APPROVER[name]}"
erp_tool = "standard"
can_push_to_accounting = true

[[people]]
email = "{SENDER[email]}"
name = "{SENDER[name]}"
tools = {{ admin = "admin", commitments = "admin" }}

[[people]]
email = "{CREATOR[email]}"
name = "{CREATOR[name]}"
synced_mail = true

[[projects]]
external_id = "{PROJECT}"
name = "Harbor Bridge"
approvers = ["{APPROVER[email]}"]

[[vendors]]
external_id = "{VENDOR}"
name = "Aker Steel AS"
origin = "V-100"
"""


class Company(NamedTuple):
    """What the measurements set differently from each other."""

    erp_url: str
    in_flight: int = IN_FLIGHT
    accepts_invoices: bool = True  # by itself; else each needs a person's decision

    def directory(self) -> str:
        return _DIRECTORY.format(
            COMPANY=COMPANY,
            APPROVER=APPROVER,
            SENDER=SENDER,
            CREATOR=CREATOR,
            PROJECT=PROJECT,
            VENDOR=VENDOR,
            erp_url=self.erp_url,
            in_flight=self.in_flight,
            auto_accept='["invoice"]' if self.accepts_invoices else "[]",
        )


def settle(database: Database, company: Company) -> None:
    """The schema, the company's directory, and its commitments as they stand once synced."""
    schema.upgrade(database)
    directory_file.apply(database, directory_file.parse(company.directory()))
    with Ledger(database).work() as work:
        for place, event in enumerate(commitments(), start=1):
            sending, _ = read_sent(read(orjson.dumps(event)))
            item = Item.new(sending, work.now)
            item.state, item.origin = State.SYNCED, Origin(f"PO-{place}")
            work.put(item)
            revisions.keep(item, sending, work)
