"""One run of one contender: as fast as it goes, then at a light load, then checked row by row."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from benchmarks.accounting import Meter, PeakMemory, Tree, Used
from benchmarks.contender import Contender
from benchmarks.erp import Erp
from benchmarks.publishing import Published, send
from benchmarks.workload import invoice_key, invoices

__all__ = ["Contender", "Plan", "Run", "ServerTrees", "Stuck", "measure"]

LOOK_EVERY: Final = 0.5  # seconds between looks at how far it is
PATIENCE: Final = 60.0  # seconds without any progress


class Plan(NamedTuple):
    """How much work a run is."""

    items: int
    warm_up: int = 100
    quiet_seconds: float = 6.0
    quiet_rate: float = 50.0

    @property
    def quiet_items(self) -> int:
        return round(self.quiet_seconds * self.quiet_rate)

    @property
    def total(self) -> int:
        return self.warm_up + self.items + self.quiet_items


class ServerTrees(NamedTuple):
    """The process trees of the servers; None when a server is not on this machine."""

    rabbitmq: Tree | None
    postgres: Tree | None

    def groups(self) -> dict[str, Tree]:
        found = {"rabbitmq": self.rabbitmq, "postgres": self.postgres}
        return {name: tree for name, tree in found.items() if tree is not None}


@dataclass(frozen=True, slots=True)
class Run:
    """What came out."""

    items_per_s: float
    cpu_ms: dict[str, float]  # per item, by group
    pss_mb: float
    p50_ms: float
    p99_ms: float
    foreign_cores: float
    faults: list[str] = field(default_factory=list)

    @property
    def cpu_ms_per_item(self) -> float:
        return sum(self.cpu_ms.values())


class Stuck(Exception):
    """A contender has stopped making progress."""


def measure(contender: Contender, erp: Erp, servers: ServerTrees, plan: Plan, seed: int) -> Run:
    """Run ``contender`` on the site it was made for, and tell how it went."""
    contender.prepare()
    try:
        workers = Tree(contender.start())
        meter = Meter({"workers": workers, **servers.groups()})
        trip = _Trip(contender, seed)
        trip.make(plan.warm_up)
        with PeakMemory(workers) as memory:
            items_per_s, used = _burst(trip, meter, plan.items)
        p50, p99 = _quiet(trip, plan)
        faults = contender.verify().faults(plan.total) + erp.written().faults(plan.total)
    finally:
        contender.stop()
    cpu_ms = {group: used.cpu_ms(group, plan.items) for group in used.cpu}
    return Run(items_per_s, cpu_ms, memory.mb, p50, p99, used.foreign_cores, faults)


class _Trip:
    """Sends invoices, ever new ones, and waits for the last of them."""

    def __init__(self, contender: Contender, seed: int) -> None:
        self.contender = contender
        self.seed = seed
        self.sent = 0

    def make(
        self, items: int, *, rate: float | None = None, meter: Meter | None = None
    ) -> Published:
        bodies = invoices(items, seed=self.seed, first=self.sent)
        parcels = list(self.contender.publish_target.parcels(bodies))
        if meter:
            meter.start()
        published = send(self.contender.site.amqp_url, parcels, rate=rate)
        self.sent += items
        self.wait()
        return published

    def wait(self) -> None:
        done, moved = 0, time.monotonic()
        while done < self.sent:
            time.sleep(LOOK_EVERY)
            before, done = done, self.contender.done()
            if done > before:
                moved = time.monotonic()
            elif time.monotonic() - moved > PATIENCE:
                raise Stuck(f"{self.contender.name}: {done} of {self.sent} done")


def _burst(trip: _Trip, meter: Meter, items: int) -> tuple[float, Used]:
    """Everything at once: items a second from the first publish to the last notification row."""
    published = trip.make(items, meter=meter)
    used = meter.read()
    finished = max(trip.contender.notified().values())
    return items / (finished - published.sent_at[0]), used


def _quiet(trip: _Trip, plan: Plan) -> tuple[float, float]:
    """A light load: milliseconds from publish to notification row, median and 99th percentile."""
    first = trip.sent
    published = trip.make(plan.quiet_items, rate=plan.quiet_rate)
    notified = trip.contender.notified()
    took = [
        (notified[invoice_key(number)] - left) * 1000
        for number, left in enumerate(published.sent_at, start=first)
    ]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return cuts[49], cuts[98]
