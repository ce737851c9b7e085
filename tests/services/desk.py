"""A desk to test services at: a real ledger in a file, and events and decisions as they arrive."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
import sqlalchemy as sa

from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Cause, Item, Origin
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.ledger import directory_file, reading, schema, tables
from gatepost.ledger.asking import Outcome
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.work import Work
from gatepost.messages.requests import Action, Decide, Message
from gatepost.messages.routes import Queue
from gatepost.runtime.service import BatchHandler, Handler
from gatepost_approval import service as approval
from gatepost_intake import service as intake
from gatepost_intake.incoming import Incoming, open_all
from gatepost_intake.receiving import receive

ANN, BO, CARLA, UMA, OMAR, RITA = (
    f"{name}@acme.example" for name in ("ann", "bo", "carla", "uma", "omar", "rita")
)
CAUSE: Final = Cause("ReferenceNotFound", "ReferenceNotFound", "vendor not found", "accounting")


def _one_by_one(handle: BatchHandler) -> Handler:
    return lambda message, work: handle([message], work)


HANDLERS: Final[dict[type[Message], Handler]] = {
    **intake.handlers,
    **approval.handlers,
    **{kind: _one_by_one(handle) for kind, handle in intake.batches.items()},
}

DIRECTORY: Final = """
[company]
key = "acme"
name = "Acme Builders"
[company.settings]
SETTINGS

[[connections]]
key = "books"
connector = "sandbox"
options = { url = "http://127.0.0.1:9" }

[[people]]
email = "ann@acme.example"
name = "Ann Ode"
tools = { admin = "admin", commitments = "admin" }
erp_tool = "standard"
can_push_to_accounting = true

[[people]]
email = "bo@acme.example"
name = "Bo Lind"
erp_tool = "admin"
can_push_to_accounting = true

[[people]]
email = "carla@acme.example"
name = "Carla Ruiz"
tools = { admin = "admin", commitments = "admin" }

[[people]]
email = "uma@acme.example"
name = "Uma Berg"
tools = { admin = "admin", commitments = "admin" }

[[people]]
email = "omar@acme.example"
name = "Omar Said"
operator = true

[[people]]
email = "rita@acme.example"
name = "Rita Holm"
erp_tool = "read_only"

[[projects]]
external_id = "pm-12"
name = "Harbor Bridge"

[[vendors]]
external_id = "v-7"
name = "Aker Steel AS"
origin = "V-100"

[[vendors]]
external_id = "v-9"
name = "Skagen Coatings"
"""

_LINE: Final = {"external_id": "l-1", "cost_code": "05-120", "amount": "12400.00"}
_CONTENT: Final[dict[str, dict[str, Any]]] = {
    "project": {"number": "20", "name": "Ferry Ramp"},
    "sub_job": {"code": "02-100", "name": "East tower"},
    "commitment": {
        "contract_type": "subcontract",
        "vendor": "v-7",
        "currency": "USD",
        "lines": [_LINE],
        "total": "12400.00",
    },
    "change_order": {"lines": [_LINE], "total": "12400.00"},
    "invoice": {
        "billing_date": "2026-11-10",
        "lines": [{"commitment_line": "l-1", "amount": "620.00"}],
        "total": "620.00",
    },
}


def data(kind: str = "commitment", **changes: Any) -> dict[str, Any]:
    """The data of an ``item.sent`` event, fit to be sent."""
    return {
        "company": "acme",
        "kind": kind,
        "external_id": f"{kind}-1",
        "revision": 1,
        "status": "active" if kind == "project" else "approved",
        "project": None if kind == "project" else "pm-12",
        "parent": "commitment-1" if kind in ("change_order", "invoice") else None,
        "number": "SC-1001",
        "title": "Steel erection, tower B",
        "created_by": {"email": CARLA, "name": "Carla Ruiz"},
        "sent_by": {"email": UMA, "name": "Uma Berg"},
        "url": "https://pm.example/acme/558",
        "content": _CONTENT[kind],
        **changes,
    }


def item_id(kind: str = "commitment", external_id: str = "") -> str:
    return ItemRef("acme", Kind(kind), external_id or f"{kind}-1").item_id


def why(outcome: Outcome) -> str:
    """The only reason of a refusal."""
    (problem,) = outcome.problems
    return problem.message


@dataclass
class Desk:
    """A ledger with one company, and the two services that stand before the exporter."""

    ledger: Ledger
    told: list[dict[str, Any]] = field(default_factory=list)
    _events: int = 0

    def set_up(self, *, profile: str = "", less: str = "", **settings: Any) -> None:
        """The company decides something once, for all its items; and which ERP's rules hold.

        ``less`` is a line of the directory that is left out.
        """
        lines = "\n".join(
            f"{name} = {orjson.dumps(each).decode()}" for name, each in settings.items()
        )
        text = DIRECTORY.replace("SETTINGS", lines)
        if profile:
            text = text.replace("[[connections]]", f'[[connections]]\nprofile = "{profile}"')
        text = text.replace(less, "", 1) if less else text
        directory_file.apply(self.ledger.database, directory_file.parse(text))

    # --- what arrives ----------------------------------------------------------------------------

    def incoming(
        self, raw: dict[str, Any], *, verb: str = "sent", event_id: str = "", **more: Any
    ) -> Incoming:
        """An event as it comes in."""
        self._events += 1
        document = {
            "specversion": "1.0",
            "type": f"gatepost.item.{verb}.v1",
            "id": event_id or f"event-{self._events}",
            "source": "https://pm.example/acme",
            "data": raw,
        }
        return Incoming(orjson.dumps(document), **more)

    def event(
        self, raw: dict[str, Any], *, verb: str = "sent", event_id: str = "", **more: Any
    ) -> str:
        """An event arrives, and all that follows from it is done. Gives the event's id."""
        incoming = self.incoming(raw, verb=verb, event_id=event_id, **more)
        self.arrives(incoming)
        return event_id or f"event-{self._events}"

    def sends(self, kind: str = "commitment", **changes: Any) -> Item:
        """A source sends an item; gives it as it stands afterwards."""
        raw = data(kind, **changes)
        self.event(raw)
        return self.item(kind, raw["external_id"])

    def arrives(self, *batch: Incoming) -> None:
        """Messages arrive in one batch."""
        with self.ledger.work() as work:
            receive(open_all(list(batch)), work)
        self._heard(work)
        self.settle()

    # --- what is asked ---------------------------------------------------------------------------

    def asks(self, action: str, by: str = ANN, kind: str = "commitment", **more: Any) -> Outcome:
        """Somebody asks for something on a page, and waits for the answer."""
        known = more.pop("item_id", item_id(kind))
        request = Decide(
            item_id=known, action=Action(action), by=by, channel="page", answered=True, **more
        )
        with self.ledger.work() as work:
            message_id = work.send(request)
        self.settle()
        (row,) = self.rows(tables.answers, tables.answers.c.message_id == message_id)
        problems = tuple(FieldProblem(**each) for each in row["problems"])
        return Outcome(message_id, known, row["outcome"], problems)

    # --- what the exporter would do --------------------------------------------------------------

    def exports(self, kind: str = "commitment") -> None:
        """The ERP takes an item."""
        with self.ledger.work() as work:
            known = work.item(item_id(kind))
            known.attempts = 1
            known.exported(Origin("PO-1", "SC-1001", "1"), work.now)

    def fails(self, kind: str = "commitment") -> None:
        """The ERP refuses an item."""
        with self.ledger.work() as work:
            known = work.item(item_id(kind))
            known.attempts = 1
            known.export_failed(CAUSE, work.now)

    # --- what follows ----------------------------------------------------------------------------

    def settle(self) -> None:
        """Handle what waits for the two services, until nothing does."""
        while claimed := self._one_transaction():
            self._heard(claimed)

    def passes_the_time(self) -> None:
        """What was put off for later is due now."""
        with self.ledger.database.transaction() as connection:
            connection.execute(sa.update(tables.messages).values(lease_token=None))
        self.settle()

    def _one_transaction(self) -> Work | None:
        served = tables.messages.c.queue.in_([Queue.INTAKE_LEDGER, Queue.APPROVAL])
        free = served & tables.messages.c.lease_token.is_(None)
        ids = [row["id"] for row in self.rows(tables.messages, free)]
        if not ids:
            return None
        with self.ledger.work() as work:
            for one in self.ledger.claim(work, ids):
                work.handling = one
                HANDLERS[type(one.message)](one.message, work)
        return work

    def _heard(self, work: Work) -> None:
        for _, publications in work.outgoing.publications:
            self.told += [each.event for each in publications]

    # --- what there is to see --------------------------------------------------------------------

    def item(self, kind: str = "commitment", external_id: str = "") -> Item:
        return reading.item_of(self.ledger, item_id(kind, external_id))

    def has(self, kind: str = "commitment") -> bool:
        return bool(reading.items_of(self.ledger, [item_id(kind)]))

    def rows(self, table: sa.Table, where: Any = True) -> list[dict[str, Any]]:  # noqa: ANN401 - any condition
        statement = sa.select(table).where(where).order_by(*table.primary_key.columns)
        with self.ledger.database.reading() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def waiting(self, message: str) -> list[dict[str, Any]]:
        """The messages of one type that others are to handle."""
        return self.rows(tables.messages, tables.messages.c.type == message)

    def facts(self) -> list[str]:
        """The names of the events told to the outside, in their order."""
        return [event["type"].split(".")[-2] for event in self.told]

    def refusal(self) -> dict[str, Any]:
        """The data of the last refusal told."""
        event = self.told[-1]
        assert event["type"] == "gatepost.item.refused.v1"
        data: dict[str, Any] = event["data"]
        return data

    def reasons(self) -> list[str]:
        return [each["message"] for each in self.refusal()["errors"]]

    def mails(self) -> list[tuple[str, str, str]]:
        """Recipient, status and reason of each mail, by recipient's name."""
        found = self.rows(tables.mails)
        return [(row["recipient_name"], row["status"], row["reason"]) for row in found]

    def rows_of_history(self, kind: str = "commitment") -> list[dict[str, Any]]:
        return self.rows(tables.history, tables.history.c.item_id == item_id(kind))

    def history(self, kind: str = "commitment") -> Sequence[tuple[str, str]]:
        rows = self.rows(tables.history, tables.history.c.item_id == item_id(kind))
        return [(row["what"], row["by"]) for row in rows]


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with its tables and the company, made once and copied for each test."""
    path = tmp_path_factory.mktemp("desk") / "empty.db"
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    Desk(Ledger(database)).set_up()
    database.close()
    return path


@pytest.fixture
def desk(empty_ledger: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk with a ledger of its own."""
    path = tmp_path / "gatepost.db"
    shutil.copy(empty_ledger, path)
    database = Database(f"sqlite:///{path}")
    yield Desk(Ledger(database))
    database.close()
