"""The ways an event takes from the command line to intake; each tells at once what it can tell."""

import http.client
import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from gatepost.cli.events import Event, in_words
from gatepost.cli.talking import Exit, fail, say
from gatepost.domain.errors import FieldProblem

if TYPE_CHECKING:
    from gatepost.domain.items import Item
    from gatepost.ledger.ledger import Ledger
    from gatepost.ledger.work import Work
    from gatepost.messages.cloud_events import Envelope
    from gatepost.runtime.settings import Settings

Answer = tuple[Event, Sequence[FieldProblem]]
"""What became of an event: taken, where nothing is said against it."""


class Carrier(Protocol):
    """One way to intake."""

    def send(self, event: Event) -> Sequence[FieldProblem]:
        """Send an event; gives what is said against it at once."""

    def answers(self, seconds: float) -> Iterator[Answer]:
        """What is said later, within so many seconds."""

    @property
    def awaited(self) -> int:
        """How many events were sent whose answer was not given out yet."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """A way on which every event is answered when it is sent."""

    send: Callable[[Event], Sequence[FieldProblem]]
    awaited: int = 0

    def answers(self, _seconds: float) -> Iterator[Answer]:
        return iter(())


STRUCTURED: Final = "application/cloudevents+json"
TIMEOUT: Final = 30.0  # seconds
PAUSE: Final = 0.05  # seconds between two looks at what is left in the ledger


@contextmanager
def over_http(url: str, token: str) -> Generator[Carrier]:
    """``POST /v1/events``: the answer names every reason at once."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fail(f"{url} is no address of a console", Exit.USAGE)
    secure = parts.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    headers = {"Content-Type": STRUCTURED, "Authorization": f"Bearer {token}"}
    path = parts.path.rstrip("/") + "/v1/events"
    with closing(make(parts.hostname, parts.port, timeout=TIMEOUT)) as connection:

        def post(event: Event) -> Sequence[FieldProblem]:
            try:
                connection.request("POST", path, event.body, headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                fail(f"{url} does not answer: {error}")
            if response.status in (200, 202):
                return []
            problems = _reasons(response.status, answer)
            if response.status == 401 or any(each.rule == "scope_missing" for each in problems):
                fail("; ".join(map(in_words, problems)), Exit.NOT_ALLOWED)
            return problems

        yield AtOnce(post)


def _reasons(status: int, answer: bytes) -> list[FieldProblem]:
    """What an answer after RFC 9457 says, every reason of it."""
    try:
        problem: dict[str, Any] = json.loads(answer)
        said = problem.get("errors") or [{"message": problem.get("detail") or problem["title"]}]
        names = ("field", "rule", "message", "who_can_fix")
        return [FieldProblem(*(str(each.get(name) or "") for name in names)) for each in said]
    except (ValueError, TypeError, KeyError, AttributeError):
        return [FieldProblem("", str(status), f"the answer was {status}", "")]


@contextmanager
def into_the_ledger(settings: "Settings") -> Iterator[Carrier]:
    """Leave events in the ledger of an embedded program, which takes them within a second.

    What the rules say against one is known at once; it is handed over all the same, so that intake
    refuses it as it would any other: with an event, and a place in quarantine. It is told once it is
    there.
    """
    from gatepost.cli.opening import open_ledger

    with open_ledger(settings) as ledger:
        yield _IntoTheLedger(ledger)


@dataclass(slots=True)
class _IntoTheLedger:
    ledger: "Ledger"
    left: "_Left" = field(default_factory=lambda: _Left())
    refused: dict[str, Answer] = field(
        default_factory=dict
    )  # by the message that carries the event

    @property
    def awaited(self) -> int:
        return len(self.refused)

    def send(self, event: Event) -> Sequence[FieldProblem]:
        from gatepost.messages.requests import Receive

        with self.ledger.work() as work:
            message = Receive(item_id="", body=event.body.decode(), channel="cli")
            message_id = work.send(message)
            problems = _objections(event, self.left, work)
        if problems:
            self.refused[message_id] = (event, problems)
        return []

    def answers(self, seconds: float) -> Iterator[Answer]:
        end = monotonic() + seconds
        while waiting := self._waiting():
            yield from (self.refused.pop(each) for each in [*self.refused] if each not in waiting)
            if monotonic() >= end:
                say(f"no program has taken {len(waiting)} of them yet: gatepost run does")
                break
            sleep(PAUSE)
        yield from (self.refused.pop(each) for each in [*self.refused])

    def _waiting(self) -> set[str]:
        """The refused events that intake has not put into quarantine yet."""
        from gatepost.ledger.statements import as_ids
        from gatepost.ledger.tables import messages

        statement = self.ledger.statements.by_ids(messages)
        with self.ledger.database.reading() as connection:
            rows = connection.execute(statement, {"ids": as_ids([*self.refused])})
            return {row.id for row in rows}


@dataclass(slots=True)
class _Left:
    """What this command has left and nobody may have stored yet: later events are held against it."""

    events: "dict[tuple[str, str], str]" = field(default_factory=dict)
    items: "dict[str, Item]" = field(default_factory=dict)


def _objections(event: Event, left: _Left, work: "Work") -> Sequence[FieldProblem]:
    """Everything against an event, as far as it can be told before it is stored."""
    from gatepost.domain.errors import Refusal
    from gatepost.ledger.repeats import is_repeated, known_events
    from gatepost.messages.cloud_events import Unintelligible, read
    from gatepost.messages.item_events import ITEM_SENT, check_type, digest_of_event
    from gatepost.messages.shapes import SENDER

    try:
        envelope = read(event.body)
        check_type(envelope)
        digest = digest_of_event(envelope)
        if is_repeated(envelope, digest, {**known_events([envelope], work), **left.events}):
            return []
        if envelope.type == ITEM_SENT:
            item = _as_stored(envelope, left, work)
            left.items[item.id] = item
        left.events[envelope.source, envelope.id] = digest
    except Unintelligible as error:
        return [FieldProblem("", "unintelligible", str(error), SENDER)]
    except Refusal as refusal:
        return refusal.problems
    return []


def _as_stored(envelope: "Envelope", left: _Left, work: "Work") -> "Item":
    """The item as it will stand once the event is taken.

    Raises:
        Refusal: it will not be taken.

    """
    from gatepost.domain.items import Item
    from gatepost.ledger.admission import examine, read_or_refuse

    sending, content = read_or_refuse(envelope, work)
    ref = sending.ref
    before = left.items.get(ref.item_id) or work.find(ref.item_id, lock=False)
    item = replace(before) if before else Item.new(sending, work.now)
    if before:
        item.send(sending, work.now)
    admission = examine(sending, content, work)
    if not admission.only_lacks_its_parent:  # which may stand right before it in the file
        admission.check()
    return item
