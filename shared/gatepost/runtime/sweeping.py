"""The sweep: finds work that nobody has taken. It runs in every service; there is no leader.

It also deletes the rows of events that are delivered, folds the changes of the lists into their
counts, seals the history that is committed, and says that this worker is alive.
"""

import os
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
import structlog

from gatepost import __version__
from gatepost.ledger import counting
from gatepost.ledger.audit_sealing import BATCH, ROUNDS, seal
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import heartbeats
from gatepost.ledger.work import Outgoing
from gatepost.messages.facts import Publication
from gatepost.messages.routes import Queue
from gatepost.runtime.transport import Transport

log = structlog.get_logger()

SWEEP_SECONDS: Final = 1.0  # between sweeps, give or take a third
FORGET_SECONDS: Final = 1.0  # between looks for events that are delivered
SEAL_SECONDS: Final = 6.0  # between looks for history to seal, give or take a third
BEAT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 3 * BEAT_SECONDS  # without a beat for so long, a worker counts as gone


class Sweep:
    """A thread that sweeps, forgets, seals and beats.

    Args:
        ledger: whose messages.
        transport: offers them.
        services: the names under which this worker beats.

    """

    def __init__(self, ledger: Ledger, transport: Transport, services: list[str]) -> None:
        self._ledger = ledger
        self._transport = transport
        self._services = services
        self._has_more_to_seal = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the last delivered events are forgotten."""
        self._stopping.set()
        if self._thread.is_alive():  # it may never have been started
            self._thread.join(timeout=10)
        self._quietly(self._forget)
        self._quietly(self._leave)

    def _run(self) -> None:
        sweep_at = beat_at = seal_at = time.monotonic()
        while not self._stopping.wait(FORGET_SECONDS):
            self._quietly(self._forget)
            if time.monotonic() >= sweep_at:
                self._quietly(self.sweep)
                sweep_at = time.monotonic() + SWEEP_SECONDS * random.uniform(0.67, 1.33)
            if time.monotonic() >= seal_at:
                self._quietly(self._seal)
                pause = 0.0 if self._has_more_to_seal else SEAL_SECONDS
                seal_at = time.monotonic() + pause * random.uniform(0.67, 1.33)
            if time.monotonic() >= beat_at:
                self._quietly(self._beat)
                self._quietly(self._fold)
                beat_at = time.monotonic() + BEAT_SECONDS

    def _quietly(self, act: Callable[[], None]) -> None:
        """The sweep outlives whatever happens to it: its next round is the remedy."""
        try:
            act()
        except Exception as error:
            log.warning("the sweep was interrupted", error=repr(error))

    def sweep(self) -> None:
        """Offer what is due, if it would leave now: otherwise it would only be put off."""
        if not self._transport.is_ready:
            return
        found = self._ledger.sweep()
        events = found.pop(Queue.EVENTS, [])
        publications = [
            (row_id, [Publication(*each) for each in body])
            for row_id, body in self._ledger.publications(events)
        ]
        if found or publications:
            self._transport.hand_over(Outgoing(found, publications))

    def _forget(self) -> None:
        if rows := self._transport.confirmed():
            self._ledger.forget(rows)

    def _fold(self) -> None:
        counting.fold(self._ledger.database)

    def _seal(self) -> None:
        self._has_more_to_seal = seal(self._ledger.database) >= BATCH * ROUNDS

    def _beat(self) -> None:
        with self._ledger.work() as work:
            for service in self._services:
                self._beat_for(service, work.connection, now=work.now)
            work.statements.expired(work.connection)

    def _beat_for(self, service: str, connection: sa.Connection, *, now: object) -> None:
        mine = sa.update(heartbeats).where(heartbeats.c.worker == worker_name(service))
        if connection.execute(mine.values(beat_at=now)).rowcount == 0:
            connection.execute(
                sa.insert(heartbeats).values(
                    worker=worker_name(service),
                    service=service,
                    version=__version__,
                    started_at=now,
                    beat_at=now,
                )
            )

    def _leave(self) -> None:
        names = [worker_name(service) for service in self._services]
        with self._ledger.database.transaction() as connection:
            connection.execute(sa.delete(heartbeats).where(heartbeats.c.worker.in_(names)))


def worker_name(service: str) -> str:
    """How this process is called among the workers of a service: ``exporter@host:4711``."""
    return f"{service}@{socket.gethostname()}:{os.getpid()}"
