"""The gate as a journey drives it: by the doors strangers use, whichever stack is behind them."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from gatepost.ledger import tables
from gatepost.ledger.asking import ask
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.summary_plan import IS_WORK
from gatepost.messages.requests import Action, Decide, Export
from gatepost.messages.routes import Queue
from tests.journeys.company import Event, item_id
from tests.ledger.office import LONG_AGO

PATIENCE: Final = 120.0  # seconds, on a busy machine
Value = TypeVar("Value")


class Stack(Protocol):
    """What a journey runs on."""

    ledger: Ledger
    sandbox_url: str
    exporter_url: str  # where ERPs call in
    facts: list[Event]  # everything heard on gatepost.events, in the order it came

    def publish(self, event: Event) -> None:
        """Bring an event in, as a source does."""

    def publish_raw(
        self, body: bytes, content_type: str = ..., headers: dict[str, str] | None = None
    ) -> None:
        """Bring in whatever it is, as it is."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was posted."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, str]


class Gate:
    """Sends, decides, and looks at what became of it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._ledger = stack.ledger

    # --- what people and systems do ------------------------------------------------------------

    def sends(self, event: Event) -> str:
        """A source sends an event; gives the item's id once it is stored or refused."""
        wanted = item_id(event)
        revision = event["data"]["revision"]
        refused = len(self.told(wanted, "refused"))
        self.stack.publish(event)
        self.eventually(
            lambda: (
                self.told(wanted, "received", revision)
                or len(self.told(wanted, "refused")) > refused
            ),
            f"{event['subject']} is answered",
        )
        return wanted

    def decides(self, item: str, action: Action, by: str, **more: Any) -> str:
        """Somebody decides; gives ``done``, ``unchanged`` or the refusal's code."""
        request = Decide(item_id=item, action=action, by=by, channel="test", answered=True, **more)
        return ask(self._ledger, [request], PATIENCE)[0].outcome

    def accepts(self, item: str, by: str, **more: Any) -> str:
        return self.decides(item, Action.ACCEPT, by, **more)

    def rejects(self, item: str, by: str, comment: str = "", **more: Any) -> str:
        return self.decides(item, Action.REJECT, by, comment=comment, **more)

    def retries(self, item: str, by: str) -> str:
        return self.decides(item, Action.RETRY, by)

    def runs(self, *words: object) -> None:
        """Run a command beside the program, on the same ledger."""
        url = self._ledger.database.url.render_as_string(hide_password=False)
        done = subprocess.run(
            [sys.executable, "-m", "gatepost.cli", *map(str, words)],
            env={**os.environ, "GATEPOST_DATABASE_URL": url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def time_passes(self, item: str) -> None:
        """What is held back of an item's export is due now, and what the killed did not publish."""
        messages = tables.messages.c
        held = (messages.item_id == item) & (messages.type == Export.TYPE)
        due = sa.update(tables.messages).where(held | (messages.queue == Queue.EVENTS))
        with self._ledger.database.transaction() as connection:
            connection.execute(due.values(due_at=LONG_AGO))

    def erp_behaves(self, mode: str, **more: Any) -> None:
        self._call("PUT", "/erp/behaviour", {"mode": mode, **more})

    # --- what there is to see ------------------------------------------------------------------

    def row(self, item: str) -> sa.RowMapping:
        with self._ledger.database.reading() as connection:
            statement = sa.select(tables.items).where(tables.items.c.id == item)
            return connection.execute(statement).mappings().one()

    def state(self, item: str) -> str:
        return str(self.row(item)["state"])

    def becomes(self, item: str, state: str) -> sa.RowMapping:
        """Wait until the item is in a state."""
        self.eventually(lambda: self.state(item) == state, f"{item} becomes {state}")
        return self.row(item)

    def records(self, item: str) -> list[Event]:
        """The ERP's records with the item's mark: there should be one."""
        found: list[Event] = self._call("GET", f"/erp/records?mark={item}")["records"]
        return found

    def mails(self, to: str = "", about: str = "") -> list[Mail]:
        """The mails posted so far, to a person and with words in subject or text."""
        found = self._call("GET", "/mailbox")["mails"]
        mails = [
            Mail(tuple(m["to"]), m["subject"], m["text"], m["html"], m["headers"]) for m in found
        ]
        return [
            mail
            for mail in mails
            if (not to or to in mail.to) and about in mail.subject + "\n" + mail.text
        ]

    def mail(self, to: str, about: str) -> Mail:
        """Wait for a mail to a person."""
        self.eventually(lambda: self.mails(to, about), f"a mail to {to} about {about!r}")
        return self.mails(to, about)[0]

    def readers(self, subject: str, about: str) -> set[str]:
        """Everybody who has a mail with that subject about something, once all are posted."""
        self.is_quiet()
        found = [mail for mail in self.mails(about=about) if mail.subject == subject]
        assert len(found) == len({mail.to for mail in found}), "nobody has it twice"
        return {person for mail in found for person in mail.to}

    def mail_rows(self, item: str, status: str) -> Sequence[sa.RowMapping]:
        mine = (tables.mails.c.item_id == item) & (tables.mails.c.status == status)
        with self._ledger.database.reading() as connection:
            return connection.execute(sa.select(tables.mails).where(mine)).mappings().all()

    def told(self, item: str, fact: str, revision: int | None = None) -> list[Event]:
        """What the outside was told of an item."""
        return [
            event["data"]
            for event in list(self.stack.facts)
            if event["type"] == f"gatepost.item.{fact}.v1"
            and event["data"]["item_id"] == item
            and revision in (None, event["data"]["revision"])
        ]

    def hears(self, item: str, fact: str) -> Event:
        """Wait until the outside was told something of an item."""
        self.eventually(lambda: self.told(item, fact), f"{fact} is told of {item}")
        return self.told(item, fact)[-1]

    def has_no_work(self) -> bool:
        """Whether no message is left to be worked on; a summary waits for its day."""
        with self._ledger.database.reading() as connection:
            statement = sa.select(sa.func.count()).select_from(tables.messages).where(IS_WORK)
            return int(connection.execute(statement).scalar_one()) == 0

    def is_quiet(self) -> None:
        """Wait until it has no work."""
        self.eventually(self.has_no_work, "the ledger is empty")

    def eventually(self, condition: Callable[[], object], what: str) -> None:
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > PATIENCE:
                raise AssertionError(f"in {PATIENCE:.0f} s it did not happen that {what}")
            time.sleep(0.05)

    def _call(self, method: str, path: str, document: Event | None = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - our own sandbox
            self.stack.sandbox_url + path,
            method=method,
            data=json.dumps(document).encode() if document is not None else None,
            headers={"Accept": "application/json", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - as above
            body = answer.read()
        return json.loads(body) if body else None
