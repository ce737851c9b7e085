"""How soon an approver is told: from publish on RabbitMQ to the arrival of the mail by SMTP.

One item at a time that needs a decision, evenly; every service is a process of its own. An alert that
was merged into another one's mail arrived when that mail did.
"""

from __future__ import annotations

import asyncio
import email
import statistics
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from aiosmtpd.controller import Controller

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.company import Company
from benchmarks.contender import Site
from benchmarks.erp import running_erp
from benchmarks.gatepost_contender import prepare, publish_target
from benchmarks.peers.addresses import plain
from benchmarks.processes import SERVICES, Processes
from benchmarks.publishing import send
from benchmarks.workload import APPROVER, invoice_key, invoices

RATE: Final = 5.0
WARM_UP: Final = 5
SECONDS: Final = 10.0
QUICK_SECONDS: Final = 2.0
PATIENCE: Final = 15.0  # seconds for the last mail

_MAILS: Final = """
select i.external_id, coalesce(into_.message_id, m.message_id), m.merged_into is not null
from mails m join items i on i.id = m.item_id left join mails into_ on into_.id = m.merged_into
where m.template = 'alert' and m.status in ('sent', 'posting', 'merged') and m.recipient = %s
"""


class Listener:
    """Takes every mail, and notes when it had it whole."""

    def __init__(self) -> None:
        self.arrived: dict[str, list[float]] = {}  # by Message-ID

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's own
        at = time.time()
        message_id = str(email.message_from_bytes(envelope.content)["Message-ID"])
        self.arrived.setdefault(message_id, []).append(at)
        return "250 OK"


def measured(venue: Venue) -> Figures:
    items = round((QUICK_SECONDS if venue.quick else SECONDS) * RATE)
    with running_erp() as erp, _listening() as (listener, smtp_url):
        site = venue.site("alert", erp.url)
        prepare(site, Company(erp.url, accepts_invoices=False))
        processes = Processes(site, {"GATEPOST_SMTP_URL": smtp_url})
        try:
            processes.start(SERVICES)
            left = _publish(site, WARM_UP + items, venue.seed)
            told = _told(site, listener, len(left))
        finally:
            processes.stop()
    if doubled := [name for name, times in listener.arrived.items() if len(times) > 1]:
        raise NotValid(f"{len(doubled)} mails arrived twice")
    took = [(told[key][0] - at) * 1000 for key, at in list(left.items())[WARM_UP:]]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    merged = sum(1 for _, is_merged in told.values() if is_merged)
    return {"p50_ms": round(cuts[49], 1), "p99_ms": round(cuts[98], 1), "merged": merged}


def rows(figures: Figures) -> Iterable[str]:
    yield (
        f"publish to the approver's mail at {RATE:.0f} items/s: p50 {figures['p50_ms']} ms, "
        f"p99 {figures['p99_ms']} ms ({figures['merged']} in another one's mail)"
    )


@contextmanager
def _listening() -> Generator[tuple[Listener, str]]:
    """A mail server on a free port."""
    listener = Listener()
    controller = _OnAnyPort(listener, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield listener, f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


class _OnAnyPort(Controller):
    """A controller that says which port it was given."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _publish(site: Site, items: int, seed: int) -> dict[str, float]:
    """When each invoice left, by its external id."""
    bodies = invoices(items, seed=seed)
    parcels = list(publish_target().parcels(bodies))
    published = send(site.amqp_url, parcels, rate=RATE)
    return {invoice_key(number): at for number, at in enumerate(published.sent_at)}


def _told(site: Site, listener: Listener, items: int) -> dict[str, tuple[float, bool]]:
    """By item: when its alert arrived, and whether it came in another one's mail."""
    patience = time.monotonic() + PATIENCE
    with psycopg.connect(plain(site.database_url), autocommit=True) as connection:
        while True:
            found = {
                str(key): (listener.arrived[message_id][0], bool(is_merged))
                for key, message_id, is_merged in connection.execute(_MAILS, [APPROVER["email"]])
                if message_id in listener.arrived
            }
            if len(found) >= items:
                return found
            if time.monotonic() > patience:
                raise NotValid(f"{len(found)} of {items} alerts arrived")
            time.sleep(0.1)
