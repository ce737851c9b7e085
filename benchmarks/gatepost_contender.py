"""Gatepost as a contender: its services as they are shipped, one process each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from benchmarks.company import Company, settle
from benchmarks.contender import Site, Tally
from benchmarks.peers.addresses import plain
from benchmarks.processes import SERVICES, Processes
from benchmarks.workload import COMPANY, Target
from gatepost.ledger.database import Database
from gatepost.messages.routes import ITEMS_EXCHANGE
from gatepost.runtime.relay import declare_topology

# The row of the last hop is stamped when it is inserted, as the peers' are.
_STAMP: Final = "alter table mails add column written_at timestamptz default clock_timestamp()"

_DONE: Final = """
select count(*) from mails m join items i on i.id = m.item_id
where m.template = 'synced' and i.kind = 'invoice'
"""

_NOTIFIED: Final = """
select i.external_id, extract(epoch from m.written_at)::float8
from mails m join items i on i.id = m.item_id
where m.template = 'synced' and i.kind = 'invoice'
"""

#: The fields of a Tally; PostgreSQL and SQLite both understand it.
TALLY: Final = """
select
    (select count(*) from items
     where kind = 'invoice' and state = 'synced' and origin_id is not null) as synced,
    (select count(*) from history h join items i on i.id = h.item_id
     where i.kind = 'invoice' and h.what = 'accepted') as decisions,
    (select count(*) from history h join items i on i.id = h.item_id
     where i.kind = 'invoice') as history,
    (select count(*) from export_attempts where outcome = 'Done') as attempts,
    (select count(*) from mails where template = 'synced') as notifications
"""


class GatepostContender:
    """The services of the invoice's trip, each as its own operating-system process."""

    name = "gatepost"

    def __init__(self, site: Site) -> None:
        self.site = site
        self._processes = Processes(site)

    @property
    def publish_target(self) -> Target:
        return publish_target()

    def prepare(self) -> None:
        prepare(self.site, Company(self.site.erp_url))
        with psycopg.connect(plain(self.site.database_url), autocommit=True) as connection:
            connection.execute(_STAMP)
            connection.execute("analyze")

    def start(self) -> Sequence[int]:
        return self._processes.start(SERVICES)

    def stop(self) -> None:
        self._processes.stop()

    def done(self) -> int:
        return int(self._one(_DONE)[0])

    def notified(self) -> Mapping[str, float]:
        with psycopg.connect(plain(self.site.database_url)) as connection:
            return {str(row[0]): float(row[1]) for row in connection.execute(_NOTIFIED)}

    def verify(self) -> Tally:
        return Tally(*(int(value) for value in self._one(TALLY)))

    def _one(self, statement: str) -> tuple[Any, ...]:
        with psycopg.connect(plain(self.site.database_url)) as connection:
            row: tuple[Any, ...] | None = connection.execute(statement).fetchone()
        assert row is not None
        return row


def publish_target() -> Target:
    """Where Gatepost wants the invoices."""
    return Target(ITEMS_EXCHANGE, lambda _: f"{COMPANY}.invoice.sent")


def prepare(site: Site, company: Company) -> None:
    """Queues, tables and the company, on servers."""
    declare_topology(site.amqp_url)
    database = Database(site.database_url)
    try:
        settle(database, company)
    finally:
        database.close()


def contender(site: Site) -> GatepostContender:
    return GatepostContender(site)
