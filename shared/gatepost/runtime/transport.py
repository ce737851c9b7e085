"""How the word that there is work reaches the workers, and events reach the outside."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

import dramatiq
from dramatiq.middleware import CurrentMessage

from gatepost.ledger.ledger import PARCEL_SIZE
from gatepost.ledger.work import Outgoing
from gatepost.messages.facts import Publication
from gatepost.runtime.broker import InProcessBroker

Listener = Callable[[Publication], None]


class Transport(Protocol):
    """Carries parcels of ids to workers, and events to whoever listens."""

    def new_broker(self) -> dramatiq.Broker:
        """A broker for one dramatiq worker to take parcels from."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    @property
    def is_ready(self) -> bool:
        """Whether what is handed over now would leave soon; the sweep waits until it would."""

    def hand_over(self, outgoing: Outgoing) -> None:
        """Take what a committed transaction left. Never blocks; may drop: the rows are safe."""

    def confirmed(self) -> list[str]:
        """Rows whose events are all delivered: they may be forgotten. Each is given once."""


def parcels(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in parcels of the size that one transaction handles."""
    for begin in range(0, len(ids), PARCEL_SIZE):
        yield ids[begin : begin + PARCEL_SIZE]


class InProcess:
    """The transport of an embedded program: everything stays in this process."""

    def __init__(self) -> None:
        self._brokers: list[InProcessBroker] = []
        self.listeners: list[Listener] = []
        self._confirmed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._lock: Final = threading.Lock()

    def new_broker(self) -> dramatiq.Broker:
        broker = InProcessBroker(middleware=[CurrentMessage()])
        self._brokers.append(broker)
        return broker

    def start(self) -> None:
        """Nothing to connect to."""

    def stop(self) -> None:
        """Nothing to disconnect from."""

    @property
    def is_ready(self) -> bool:
        return True

    def hand_over(self, outgoing: Outgoing) -> None:
        for name, ids in outgoing.ids.items():
            for broker in self._brokers:
                if name in broker.queues:
                    for parcel in parcels(ids):
                        broker.enqueue(envelope(name, parcel))
        for row_id, publications in outgoing.publications:
            with self._lock:  # listeners are called one at a time, in the order of the commits
                for publication in publications:
                    for listener in self.listeners:
                        listener(publication)
            self._confirmed.put(row_id)

    def confirmed(self) -> list[str]:
        found: list[str] = []
        while True:
            try:
                found.append(self._confirmed.get_nowait())
            except queue.Empty:
                return found


def envelope(queue_name: str, ids: Sequence[str]) -> dramatiq.Message[Any]:
    """A parcel as dramatiq puts it on the wire; actor and queue have the same name."""
    return dramatiq.Message(
        queue_name=queue_name,
        actor_name=actor_name(queue_name),
        args=(list(ids),),
        kwargs={},
        options={},
    )


def actor_name(queue_name: str) -> str:
    """Lanes of a queue are handled by the queue's own actor: ``export.sage`` by ``export``."""
    return "export" if queue_name.startswith("export.") else queue_name
