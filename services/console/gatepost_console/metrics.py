"""Numbers for Prometheus, counted in the database when it asks: the same from whichever process.

Base units, and labels that take few values: never an item, never a person.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatepost import __version__
from gatepost.ledger.database import Database
from gatepost.ledger.summary_plan import IS_WORK
from gatepost.ledger.tables import connections, items, mails, messages, quarantine
from gatepost_console.health import workers


def registry(database: Database) -> CollectorRegistry:
    """What Prometheus reads; each scrape is one look at the database."""
    found = CollectorRegistry(auto_describe=False)
    found.register(LedgerNumbers(database))
    return found


class LedgerNumbers(Collector):
    """The ledger in numbers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: registering must not wait for the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _one("gatepost_build_info", "The release that answers", 1, version=__version__)
        with self._database.reading() as connection:
            now: datetime = connection.execute(self._database.statements.now).one().now
            yield _grouped(connection, _ITEMS, "gatepost_items", "Items", "state", "kind")
            yield _grouped(
                connection, _WAITING, "gatepost_messages_waiting", "Messages to be handled", "queue"
            )
            yield _grouped(connection, _MAILS, "gatepost_mails", "Mails written", "status")
            yield _one(
                "gatepost_messages_parked",
                "Messages put aside for a person: their handlers failed for good",
                connection.execute(_PARKED).scalar_one(),
            )
            yield _one(
                "gatepost_oldest_message_age_seconds",
                "Age of the oldest message that nobody has taken and nobody put off",
                _age(connection.execute(_OLDEST).scalar(), now),
            )
            yield _one(
                "gatepost_quarantine",
                "Events that could not be taken and were not replayed",
                connection.execute(_QUARANTINE).scalar_one(),
            )
            yield from _of_connections(connection, now)
        yield _workers(self._database)


_HOW_MANY: Final = sa.func.count().label("how_many")
_ITEMS: Final = sa.select(items.c.state, items.c.kind, _HOW_MANY).group_by(
    items.c.state, items.c.kind
)
_WAITING: Final = (
    sa.select(messages.c.queue, _HOW_MANY)
    .where(messages.c.due_at.is_not(None), IS_WORK)
    .group_by(messages.c.queue)
)
_MAILS: Final = sa.select(mails.c.status, _HOW_MANY).group_by(mails.c.status)
_PARKED: Final = sa.select(_HOW_MANY).where(messages.c.due_at.is_(None))
_OLDEST: Final = sa.select(
    sa.func.min(messages.c.created_at, type_=messages.c.created_at.type)
).where(messages.c.lease_token.is_(None))
_QUARANTINE: Final = sa.select(_HOW_MANY).where(quarantine.c.replayed_at.is_(None))


def _one(name: str, words: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _grouped(
    connection: sa.Connection, statement: sa.Select[Any], name: str, words: str, *labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for row in connection.execute(statement).mappings():
        family.add_metric([row[label] for label in labels], row["how_many"])
    return family


def _of_connections(connection: sa.Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    labels = ("company", "connection")
    is_open = GaugeMetricFamily(
        "gatepost_connection_open", "1: the ERP does not answer and is waited for", labels=labels
    )
    is_paused = GaugeMetricFamily(
        "gatepost_connection_paused",
        "1: nothing is exported until a person resumes it",
        labels=labels,
    )
    columns = (connections.c.company, connections.c.key)
    state = (connections.c.open_until, connections.c.paused)
    for row in connection.execute(sa.select(*columns, *state)):
        names = [row.company, row.key]
        is_open.add_metric(names, row.open_until is not None and row.open_until > now)
        is_paused.add_metric(names, row.paused)
    yield is_open
    yield is_paused


def _workers(database: Database) -> GaugeMetricFamily:
    family = GaugeMetricFamily("gatepost_workers", "Workers alive", labels=("service",))
    for service, alive in workers(database).items():
        family.add_metric([service], alive)
    return family


def _age(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
