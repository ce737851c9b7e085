"""The stage of the demo: every service in one process, and what a story may do with them."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import orjson
import sqlalchemy as sa

from gatepost.domain.errors import NotFound
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.ledger import asking, reading, schema, summary_plan, tables, tokens
from gatepost.ledger.asking import Outcome
from gatepost.ledger.directory_file import apply, parse
from gatepost.ledger.reading import ItemPage
from gatepost.ledger.summary_plan import IS_WORK
from gatepost.messages.facts import Publication
from gatepost.messages.requests import Action, Decide, Receive
from gatepost.runtime.program import Demo, Program
from gatepost.runtime.service import Service
from gatepost.runtime.settings import Settings
from gatepost.runtime.transport import InProcess, Listener

CHANNEL: Final = "demo"
PATIENCE: Final = 20.0  # seconds for something to happen; it takes less than one, as a rule
LOOK_SECONDS: Final = 0.05
ANSWER_SECONDS: Final = 5.0


class Told(Exception):
    """The demo was told to end."""


class Broken(Exception):
    """Something in the story did not happen; ``str()`` says what."""


class Play(Protocol):
    """What a service declares to be played in the demo: the other side of the gate."""

    def start(self) -> dict[str, str]:
        """Start the ERP and the mail server; gives the settings under which they are reached."""

    def stop(self) -> None: ...

    def directory(self) -> str:
        """The directory file of the company it is about."""

    def places(self) -> Sequence[tuple[str, str, str]]:
        """Where to look besides the console: a name, an address, and what is there."""

    def personas(self) -> Sequence[tuple[str, str]]:
        """Whom anybody may be: an address and what they do, each."""

    def fail_or_heal(self) -> str:
        """Have the ERP fail, or work again if it fails; gives what it does now, in words."""

    def suggestions(self, program: str) -> Sequence[tuple[str, str]]:
        """What to try: a sentence and a command line each, of this program as it is called here."""

    def perform(self, stage: "Stage") -> None:
        """The story; ends when it is told."""

    def go_on(self, stage: "Stage") -> None:
        """What the sources send after the story, until the demo is told to end."""

    def verdicts(self, stage: "Stage") -> "Sequence[Verdict]":
        """Whether what the story was to show has happened."""


class Verdict(Protocol):
    """One thing that was to happen, and whether it did."""

    @property
    def what(self) -> str: ...

    @property
    def found(self) -> str: ...

    @property
    def holds(self) -> bool: ...


class Stage:
    """The running services.

    Args:
        settings: of the demo.
        services: all that are installed.
        play: the other side of the gate, started.
        tell: says a line: who, and what.
        hurried: whether nobody watches: pauses are left out.

    """

    def __init__(
        self,
        settings: Settings,
        services: Sequence[Service],
        play: Play,
        *,
        tell: Callable[[str, str], None],
        hurried: bool,
    ) -> None:
        self._directory = parse(play.directory())
        self._company = self._directory.company.key
        places = [(name, address) for name, address, _ in play.places()]
        demo = Demo(places, self._company, play.personas(), self.next_morning)
        self.program = Program(settings, services, demo=demo)
        self.ledger = self.program.ledger
        self.say = tell
        self.facts: list[Publication] = []
        self.is_started = False
        self._hurried = hurried
        self._told = threading.Event()

    def start(self, listener: Listener) -> None:
        """Bring the database up, make the company what its file says, start the services."""
        schema.upgrade(self.program.database)
        apply(self.program.database, self._directory)
        transport = self.program.transport
        if isinstance(transport, InProcess):
            transport.listeners += [self.facts.append, listener]
        self.program.start()
        self.is_started = True

    def stop(self) -> None:
        self.program.stop()

    def end(self) -> None:
        """Tell the story to end where it is."""
        self._told.set()

    @property
    def is_ending(self) -> bool:
        return self._told.is_set()

    def token(self) -> str:
        """A token for the API, for whoever watches; the last run's is ended."""
        for each in tokens.listed(self.ledger, self._company):
            if each.name == CHANNEL and each.revoked_at is None:
                tokens.revoke(self.ledger, each.id)
        return tokens.create(self.ledger, self._company, CHANNEL, [tokens.Scope.ADMIN])

    # --- what people and sources do ------------------------------------------------------------

    def send(self, event: dict[str, Any]) -> None:
        """Hand an event to intake."""
        with self.ledger.work() as work:
            work.send(Receive(item_id="", body=orjson.dumps(event).decode(), channel=CHANNEL))

    def ask(self, action: Action, item_id: str, by: str, **more: Any) -> Outcome:
        """Let a person decide; gives what came of it."""
        request = Decide(item_id=item_id, action=action, by=by, channel=CHANNEL, **more)
        return asking.ask(self.ledger, [request], ANSWER_SECONDS)[0]

    def next_morning(self) -> Sequence[str]:
        """Bring the next morning forward: the daily summaries go out now; gives whose.

        Each time is a day: the plans in the ledger move on, the clock does not.
        """
        with self.ledger.work() as work:
            found = summary_plan.bring_forward(work, self._company)
        self.say("demo", "the next morning: the daily summaries go out")
        return found

    # --- what can be seen ----------------------------------------------------------------------

    def item(self, item_id: str) -> Item | None:
        try:
            return reading.item_of(self.ledger, item_id)
        except NotFound:
            return None

    def page(self, item_id: str) -> ItemPage | None:
        """An item with its history, its tries and its mails."""
        try:
            return reading.item_page(self.ledger, item_id)
        except NotFound:
            return None

    def is_in(self, item_id: str, *states: State) -> bool:
        item = self.item(item_id)
        return item is not None and item.state in states

    def count(self, where: sa.ColumnElement[bool]) -> int:
        """How many items there are of a sort."""
        statement = sa.select(sa.func.count()).select_from(tables.items).where(where)
        with self.ledger.database.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    def messages_left(self) -> int:
        """Messages whose work is not done."""
        statement = sa.select(sa.func.count()).select_from(tables.messages).where(IS_WORK)
        with self.ledger.database.reading() as connection:
            return int(connection.execute(statement).scalar_one())

    # --- time ----------------------------------------------------------------------------------

    def until(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Wait for something to have happened.

        Raises:
            Broken: it did not.
            Told: the demo ends.

        """
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Broken(what)
            self.wait(LOOK_SECONDS)

    def pause(self, seconds: float) -> None:
        """Give whoever watches time to read."""
        if not self._hurried:
            self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            Told: the demo ends.

        """
        if self._told.wait(seconds):
            raise Told
