"""What a contender is, and what it has to show for a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.workload import Target


class Site(NamedTuple):
    """Where a contender does its work: an empty virtual host, an empty database, the ERP."""

    amqp_url: str
    database_url: str  # as SQLAlchemy likes it: postgresql+psycopg://...
    redis_url: str
    erp_url: str
    folder: Path  # for logs and settings; kept when something goes wrong


class Tally(NamedTuple):
    """What a contender has written for the invoices it was sent."""

    synced: int  # items in their last state, with the ERP's id
    decisions: int
    history: int
    attempts: int  # finished calls, each written down before it was made
    notifications: int

    def faults(self, items: int) -> list[str]:
        """In what this differs from ``items`` whole trips."""
        due = Tally(items, items, 3 * items, items, items)
        return [
            f"{name}: {found} instead of {wanted}"
            for name, found, wanted in zip(self._fields, self, due, strict=True)
            if found != wanted
        ]


class Contender(Protocol):
    """One way to make the item trip. A module offers ``contender(site: Site) -> Contender``."""

    @property
    def name(self) -> str: ...

    @property
    def site(self) -> Site: ...

    @property
    def publish_target(self) -> Target:
        """Where the invoices go, and in which envelope."""

    def prepare(self) -> None:
        """Tables, queues, the company's settings and its people; the commitments, synced."""

    def start(self) -> Sequence[int]:
        """Start the workers; returns their process ids once they are listening."""

    def stop(self) -> None:
        """End whatever ``start`` started."""

    def done(self) -> int:
        """How many notification rows of invoices there are."""

    def notified(self) -> Mapping[str, float]:
        """When each invoice's notification row was written, by external id, by the database."""

    def verify(self) -> Tally:
        """What is there now; commitments do not count."""
