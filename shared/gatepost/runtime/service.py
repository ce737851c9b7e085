"""What a service is: a name, a queue, and which handler takes which message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.requests import Message

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

Handler = Callable[[Any, Work], None]
"""Takes one message within a transaction: ``handler(message, work)``."""

BatchHandler = Callable[[Sequence[Any], Work], None]
"""Takes all messages of its type in a parcel at once, where asking for each would cost too much."""


@dataclass(slots=True)
class Prepared:
    """What is to be done with leased messages: calls to make, some done already, some put off."""

    calls: list[Any] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)


Report = Callable[[Any, Any], None]
"""Hands in the outcome of one call: ``report(call, outcome)``, from any thread, exactly once."""


class OutsideWork(Protocol):
    """Work whose heart is a call to somebody else, with no transaction open.

    Prepared in one transaction (the messages are leased), called, and recorded in another one
    whose effects count only while the lease is still held.
    """

    @property
    def limit(self) -> int:
        """How many messages fit a lease just now."""

    @property
    def lease_seconds(self) -> float:
        """How long the messages are held."""

    @property
    def call_seconds(self) -> float:
        """How long the other side may still be busy with a call after it was begun, at the most."""

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        """Within a transaction: what has to be called. Each call has the attribute ``message``."""

    def perform(self, calls: Sequence[Any], deadline: float, report: Report) -> None:
        """Make the calls, none of them begun after ``deadline`` (CLOCK_BOOTTIME seconds)."""

    def record(self, work: Work, outcomes: Sequence[tuple[Any, Any]]) -> list[Hold]:
        """Within a transaction: write the outcomes; gives the messages to put off, rest is done."""


class CannotStart(Exception):
    """A part of a program cannot start like this; ``str()`` says why, and which setting to change."""


def cannot_listen(error: OSError, setting: str) -> CannotStart:
    """The same, of a port. The error's ``filename`` is where it was to listen."""
    reason = str(error.strerror).lower()
    return CannotStart(f"cannot listen on {error.filename}: {reason}; {setting} names the port")


class Background(Protocol):
    """Something a service runs beside its handlers: a listener, an HTTP server."""

    def start(self) -> None:
        """Begin.

        Raises:
            CannotStart: the settings do not let it.

        """

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Service:
    """A service's declaration; every service package has one under the name ``service``."""

    name: str
    queue: str | None = None
    handlers: Mapping[type[Message], Handler] = field(default_factory=dict)
    batches: Mapping[type[Message], BatchHandler] = field(default_factory=dict)
    outside: Mapping[str, Callable[["Program"], OutsideWork]] = field(
        default_factory=dict
    )  # by queue
    background: tuple[Callable[["Program"], Background], ...] = ()
    threads: int = 1
    listens: bool = False  # on a port of its own, so that a host has one process of it
    settings: type[Any] | None = None
