"""How exporting grows with its processes, at an ERP that takes a tenth of a second for an answer.

The requests are laid into the ledger in one transaction while the exporters wait, so that nothing
else is at work. The rate is that of the middle of the finished calls, without ramp and last parcel.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

import psycopg

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.company import Company
from benchmarks.contender import Site
from benchmarks.erp import Erp, running_erp
from benchmarks.gatepost_contender import prepare
from benchmarks.peers.addresses import plain
from benchmarks.processes import Processes
from benchmarks.workload import invoices
from gatepost.domain.decisions import AUTO_ACCEPT, Decision, Verdict
from gatepost.domain.items import Item
from gatepost.ledger import revisions
from gatepost.ledger.database import Database
from gatepost.ledger.exports import ask_for_export
from gatepost.ledger.ledger import Ledger
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost_exporter.settings import ExporterSettings

ANSWER_SECONDS: Final = 0.1
IN_FLIGHT: Final = 256
COUNTS: Final = (1, 2, 4)
ITEMS: Final = 600  # for each exporter
QUICK_ITEMS: Final = 200
CALLS: Final = int(ExporterSettings.model_fields["calls"].default)
PATIENCE: Final = 15.0  # seconds for all items of one step
MIDDLE: Final = (0.1, 0.8)  # of the finished calls

_FINISHED: Final = """
select extract(epoch from a.finished_at)::float8 from export_attempts a
join items i on i.id = a.item_id
where a.outcome = 'Done' and i.state = 'synced' order by a.finished_at, a.id offset %s
"""


def measured(venue: Venue) -> Figures:
    each = QUICK_ITEMS if venue.quick else ITEMS
    figures: Figures = {}
    with running_erp(ANSWER_SECONDS * 1000) as erp:
        site = venue.site("exporters", erp.url)
        prepare(site, Company(erp.url, in_flight=IN_FLIGHT))
        processes = Processes(site, {"GATEPOST_EXPORTER_CALLS": str(CALLS)})
        asked = running = 0
        try:
            for count in COUNTS:
                processes.start(["exporter"] * (count - running))
                running = count
                items = each * count
                _ask(site, invoices(items, seed=venue.seed, first=asked))
                rate = _rate(_finished(site, asked, items))
                ideal = min(count * CALLS, IN_FLIGHT) / ANSWER_SECONDS
                share = round(rate / ideal, 3)
                figures[str(count)] = {"items_per_s": round(rate, 1), "share_of_ideal": share}
                asked += items
        finally:
            processes.stop()
        _check(erp, asked)
    return figures


def rows(figures: Figures) -> Iterable[str]:
    for count, of in figures.items():
        rate, share = of["items_per_s"], of["share_of_ideal"]
        yield f"{count} exporters: {rate:.0f} items/s, {share:.0%} of calls in flight / 0.1 s"


def _ask(site: Site, bodies: Sequence[bytes]) -> None:
    """Lay accepted invoices and the requests to export them into the ledger, all at once."""
    database = Database(site.database_url)
    try:
        with Ledger(database).work() as work:
            company = work.directory.company(read_sent(read(bodies[0]))[0].ref.company)
            for body in bodies:
                sending, _ = read_sent(read(body))
                item = Item.new(sending, work.now)
                decision = Decision(Verdict.ACCEPT, AUTO_ACCEPT, item.revision, channel="setting")
                item.accept(decision, company, work.now)
                work.put(item)
                revisions.keep(item, sending, work)
                ask_for_export(item, work)
    finally:
        database.close()


def _finished(site: Site, before: int, items: int) -> list[float]:
    """When the calls ended that were asked for last, in order."""
    patience = time.monotonic() + PATIENCE
    with psycopg.connect(plain(site.database_url), autocommit=True) as connection:
        while True:
            found = [float(row[0]) for row in connection.execute(_FINISHED, [before])]
            if len(found) >= items:
                return found
            if time.monotonic() > patience:
                raise NotValid(f"{len(found)} of {items} exported after {PATIENCE:.0f} s")
            time.sleep(0.25)


def _rate(finished: Sequence[float]) -> float:
    first, last = (int(len(finished) * share) for share in MIDDLE)
    return (last - first) / (finished[last] - finished[first])


def _check(erp: Erp, items: int) -> None:
    if faults := erp.written().faults(items):
        raise NotValid("; ".join(faults))
