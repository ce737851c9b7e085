"""Gatepost as a contender: its services as they are shipped, one process each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
import psycopg

from benchmarks.contender import Site, Tally
from benchmarks.peers.addresses import plain
from benchmarks.workload import (
    APPROVER,
    COMPANY,
    CREATOR,
    PROJECT,
    SENDER,
    VENDOR,
    Target,
    commitments,
)
from gatepost.domain.items import Item, Origin
from gatepost.domain.lifecycle import State
from gatepost.ledger import directory_file, schema
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost.messages.routes import ITEMS_EXCHANGE
from gatepost.runtime.relay import declare_topology

SERVICES: Final = ("intake", "approval", "exporter", "notifier")
IN_FLIGHT: Final = 64
START_SECONDS: Final = 30.0

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

_TALLY: Final = """
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

_DIRECTORY: Final = f"""
[company]
key = "{COMPANY}"
name = "Bench Builders"
[company.settings]
auto_accept = ["invoice"]

[[connections]]
key = "books"
connector = "sandbox"
in_flight = {IN_FLIGHT}
per_minute = 0
options = {{ url = "ERP_URL" }}

[[people]]
email = "{APPROVER["email"]}"
name = "{APPROVER["name"]}"
erp_tool = "standard"
can_push_to_accounting = true

[[people]]
email = "{SENDER["email"]}"
name = "{SENDER["name"]}"
tools = {{ admin = "admin", commitments = "admin" }}

[[people]]
email = "{CREATOR["email"]}"
name = "{CREATOR["name"]}"
synced_mail = true

[[projects]]
external_id = "{PROJECT}"
name = "Harbor Bridge"
approvers = ["{APPROVER["email"]}"]

[[vendors]]
external_id = "{VENDOR}"
name = "Aker Steel AS"
origin = "V-100"
"""


class GatepostContender:
    """The services of the invoice's trip, each as its own operating-system process."""

    name = "gatepost"

    def __init__(self, site: Site, *, exporters: int = 1, in_flight: int = IN_FLIGHT) -> None:
        self.site = site
        self._exporters = exporters
        self._in_flight = in_flight
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def publish_target(self) -> Target:
        return Target(ITEMS_EXCHANGE, lambda _: f"{COMPANY}.invoice.sent")

    def prepare(self) -> None:
        declare_topology(self.site.amqp_url)
        database = Database(self.site.database_url)
        schema.upgrade(database)
        text = _DIRECTORY.replace("ERP_URL", self.site.erp_url)
        text = text.replace(f"in_flight = {IN_FLIGHT}", f"in_flight = {self._in_flight}")
        directory_file.apply(database, directory_file.parse(text))
        with Ledger(database).work() as work:
            for place, event in enumerate(commitments(), start=1):
                sending, _ = read_sent(read(orjson.dumps(event)))
                item = Item.new(sending, work.now)
                item.state, item.origin = State.SYNCED, Origin(f"PO-{place}")
                work.put(item)
        database.close()
        with psycopg.connect(plain(self.site.database_url), autocommit=True) as connection:
            connection.execute(_STAMP)
            connection.execute("analyze")

    def start(self) -> Sequence[int]:
        names = [name for name in SERVICES for _ in range(self._count(name))]
        self._processes = [self._run(name, number) for number, name in enumerate(names)]
        self._await_heartbeats(len(names))
        return [process.pid for process in self._processes]

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(timeout=30)
        self._processes = []

    def done(self) -> int:
        return int(self._one(_DONE)[0])

    def notified(self) -> Mapping[str, float]:
        with psycopg.connect(plain(self.site.database_url)) as connection:
            return {str(row[0]): float(row[1]) for row in connection.execute(_NOTIFIED)}

    def verify(self) -> Tally:
        return Tally(*(int(value) for value in self._one(_TALLY)))

    def _count(self, name: str) -> int:
        return self._exporters if name == "exporter" else 1

    def _run(self, name: str, number: int) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "GATEPOST_DATABASE_URL": self.site.database_url,
            "GATEPOST_AMQP_URL": self.site.amqp_url,
            "GATEPOST_REDIS_URL": self.site.redis_url,
            "GATEPOST_SECRET_KEY": "of no use outside this run",
        }
        log = (self.site.folder / f"{name}-{number}.log").open("wb")
        command = [sys.executable, "-m", "gatepost.cli", "run", name]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - ours

    def _await_heartbeats(self, workers: int) -> None:
        patience = time.monotonic() + START_SECONDS
        while int(self._one("select count(*) from heartbeats")[0]) < workers:
            if time.monotonic() > patience or any(p.poll() is not None for p in self._processes):
                raise RuntimeError(f"the services did not start; logs are in {self.site.folder}")
            time.sleep(0.1)

    def _one(self, statement: str) -> tuple[Any, ...]:
        with psycopg.connect(plain(self.site.database_url)) as connection:
            row: tuple[Any, ...] | None = connection.execute(statement).fetchone()
        assert row is not None
        return row


def contender(site: Site) -> GatepostContender:
    return GatepostContender(site)
