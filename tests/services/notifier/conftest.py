"""A post office for each test: a real ledger, a real mail server, no waiting for anybody else."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gatepost.domain.decisions import Decision, Verdict
from gatepost.domain.items import Item, Origin, Party, Sending
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.ledger import directory_file, schema, tables
from gatepost.ledger.database import Database
from gatepost.messages.requests import Action, Decide, Message, Review
from gatepost.messages.routes import Queue
from gatepost.runtime.outside import LeasedHandler
from gatepost.runtime.parcels import ParcelHandler
from gatepost.runtime.program import Program
from gatepost.runtime.service import Service
from gatepost.runtime.settings import Settings
from gatepost_approval import service as approval
from gatepost_notifier import service as notifier
from gatepost_notifier.posting import Posting
from gatepost_notifier.settings import notifier_settings, public_url
from gatepost_sandbox import upstream
from gatepost_sandbox.mailbox import MailBehaviour
from gatepost_sandbox.serving import Sandbox
from gatepost_sandbox.settings import Settings as SandboxSettings

ANN, BO, CARLA, UMA, OMAR = (
    f"{name}@harbor.example" for name in ("ann", "bo", "carla", "uma", "omar")
)
DIRECTORY = upstream.directory().replace(
    'email = "ann@harbor.example"\n', 'email = "ann@harbor.example"\ntime_zone = "Europe/Oslo"\n'
)
SENDING = Sending(
    ref=ItemRef("harbor", Kind.COMMITMENT, "pm-558"),
    revision=1,
    status="approved",
    number="SC-1001",
    title="Steel erection, tower B",
    project="pm-12",
    parent=None,
    created_by=Party(CARLA, "Carla Ruiz"),
    sent_by=Party(UMA, "Uma Berg"),
    url="https://pm.harbor.example/harbor/commitments/558",
    source="https://pm.harbor.example/harbor",
    content={},
    digest="",
    total="12400.00",
    currency="USD",
)


def sending(kind: Kind = Kind.COMMITMENT, external_id: str = "pm-558", **changed: Any) -> Sending:
    return replace(SENDING, ref=ItemRef("harbor", kind, external_id), **changed)


class Office:
    """The notifier with all it needs, worked by hand: nothing happens between two lines of a test."""

    def __init__(self, program: Program, sandbox: Sandbox) -> None:
        self.program = program
        self.ledger = program.ledger
        self.sandbox = sandbox
        self.mailbox = sandbox.mailbox
        self.posting = Posting(program)

    # --- what happens to items -----------------------------------------------------------------

    def arrives(self, *sent: Sending) -> list[str]:
        """Items that were sent, put before their approvers by the approval service."""
        with self.ledger.work() as work:
            for each in sent:
                known = work.find(each.ref.item_id)
                if known:
                    known.send(each, work.now)
                else:
                    work.put(Item.new(each, work.now))
                work.send(Review(item_id=each.ref.item_id, revision=each.revision))
        self.handle(approval, Queue.APPROVAL)
        return [each.ref.item_id for each in sent]

    def decides(self, item_id: str, action: Action, by: str = ANN, comment: str = "") -> None:
        with self.ledger.work() as work:
            if action is Action.ACCEPT:  # these items have no content that could be exported
                company = work.directory.companies["harbor"]
                approver = company.person(by)
                assert approver
                decision = Decision(Verdict.ACCEPT, approver, None, "test")
                work.item(item_id).accept(decision, company, work.now)
                return
            asked = Decide(item_id=item_id, action=action, by=by, channel="test", comment=comment)
            work.send(asked)
        self.handle(approval, Queue.APPROVAL)

    def becomes(self, item_id: str, state: State, **changed: Any) -> None:
        """What the exporter would have made of it."""
        with self.ledger.work() as work:
            item = work.item(item_id)
            item.state = state
            for name, value in changed.items():
                setattr(item, name, value)

    def is_in_the_erp(self, item_id: str) -> None:
        self.becomes(item_id, State.SYNCED, origin=Origin("PO-17", "4711"), synced_revision=1)

    def told(self, message: Message) -> None:
        """A message to the notifier, handled."""
        with self.ledger.work() as work:
            work.send(message)
        self.writes()

    # --- what the notifier does ----------------------------------------------------------------

    def writes(self) -> None:
        self.handle(notifier, Queue.NOTIFY)

    def posts(self) -> None:
        """Every mail that may be posted now."""
        self._leased()(self._ids(Queue.POST))

    def posts_what_is_due(self) -> None:
        """What was put off, once its wait is over."""
        deadline = time.monotonic() + 120
        while not (found := self.ledger.sweep().get(Queue.POST, [])):
            assert time.monotonic() < deadline, "nothing is due"
            time.sleep(0.005)
        self._leased()(found)

    def posts_all(self) -> None:
        """Until no mail is left to be posted, however often it is put off."""
        while [row for row in self.messages() if row["queue"] == Queue.POST]:
            self.posts_what_is_due()

    def handle(self, service: Service, queue: Queue) -> None:
        ParcelHandler(self.ledger, service, attempts=1)(self._ids(queue))

    def _leased(self) -> LeasedHandler:
        return LeasedHandler(self.ledger, self.posting, dispatch=lambda ids: None, attempts=5)

    def _ids(self, queue: Queue) -> list[str]:
        waiting = [row for row in self.messages() if row["queue"] == queue]
        return [row["id"] for row in waiting if row["lease_token"] is None]

    # --- what there is -------------------------------------------------------------------------

    def messages(self) -> list[dict[str, Any]]:
        """What is left to do, parked messages included; events for the outside are nobody's here."""
        rows = [row for row in self._rows(tables.messages) if row["queue"] != Queue.EVENTS]
        return [row for row in rows if row["type"] != "Summarize"]

    def plans(self) -> list[dict[str, Any]]:
        """The summaries that are planned."""
        return [row for row in self._rows(tables.messages) if row["type"] == "Summarize"]

    def mails(self, recipient: str = "") -> list[dict[str, Any]]:
        rows = self._rows(tables.mails)
        return [row for row in rows if recipient in ("", row["recipient"])]

    def inbox(self, recipient: str) -> list[dict[str, Any]]:
        return [mail for mail in self.mailbox.mails() if mail["to"] == [recipient]]

    def _rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.program.database.reading() as connection:
            statement = sa.select(table).order_by(table.c.id)
            return [dict(row) for row in connection.execute(statement).mappings()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("mails") / "sandbox.db"
    with Sandbox(SandboxSettings(http_port=0, smtp_port=0, data=data)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.mailbox.switch.turn(MailBehaviour())
    running.mailbox.clear()
    return running


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Settings of our own; no waits to speak of."""
    monkeypatch.setenv("GATEPOST_MAIL_FROM", "Gatepost <gatepost@harbor.example>")
    monkeypatch.setenv("GATEPOST_PUBLIC_URL", "https://gate.harbor.example/")
    monkeypatch.setenv("GATEPOST_NOTIFIER_FIRST_WAIT", "0.01")
    monkeypatch.setenv("GATEPOST_NOTIFIER_ATTEMPTS", "3")
    forget_settings()
    yield monkeypatch
    forget_settings()


def forget_settings() -> None:
    notifier_settings.cache_clear()
    public_url.cache_clear()


@pytest.fixture
def mail_server(sandbox: Sandbox, environment: pytest.MonkeyPatch) -> Sandbox:
    environment.setenv("GATEPOST_SMTP_URL", sandbox.smtp_url)
    forget_settings()
    return sandbox


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which nothing has happened; each test works on a copy."""
    path = tmp_path_factory.mktemp("ledger") / "gatepost.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    directory_file.apply(database, directory_file.parse(DIRECTORY))
    database.close()
    return path


@pytest.fixture
def unserved(sandbox: Sandbox, tmp_path: Path, empty_ledger: Path) -> Iterator[Office]:
    """An office with no mail server in its settings."""
    url = f"sqlite:///{shutil.copy(empty_ledger, tmp_path)}"
    program = Program(Settings(database_url=SecretStr(url)), [approval, notifier])
    yield Office(program, sandbox)
    program.database.close()


@pytest.fixture
def office(mail_server: Sandbox, unserved: Office) -> Office:
    return unserved


def by_status(office: Office, recipient: str) -> dict[str, int]:
    statuses = [mail["status"] for mail in office.mails(recipient)]
    return {status: statuses.count(status) for status in sorted(set(statuses))}
