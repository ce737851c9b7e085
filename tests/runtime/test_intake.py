"""The intake on a real RabbitMQ and PostgreSQL: what was confirmed to a source is never lost."""

import base64
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from gatepost.domain.kinds import ItemRef, Kind
from gatepost.ledger import tables
from gatepost.ledger.database import Database
from gatepost.messages.cloud_events import SIZE_LIMIT
from gatepost.messages.routes import DEAD, Queue
from gatepost.runtime.program import Program
from gatepost.testing.servers import PostgreSQL
from gatepost_intake import listening, service
from gatepost_intake.settings import intake_settings
from tests.journeys import company
from tests.ledger.databases import Databases
from tests.ledger.office import until
from tests.runtime.wire import Wire

pytestmark = [
    pytest.mark.servers,
    # dramatiq and pika drop the connections of a killed broker without closing their sockets.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MakeProgram = Callable[..., Program]


@pytest.fixture(params=["postgresql"])
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    made = databases.postgresql(request.getfixturevalue("servers"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GATEPOST_INTAKE_PARENT_PATIENCE", "0.5")
    monkeypatch.setattr(listening, "TROUBLE_PAUSE", 0.05)
    intake_settings.cache_clear()
    yield
    intake_settings.cache_clear()


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def rows_of(database: Database, table: sa.Table) -> list[sa.RowMapping]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(table)).mappings())


def of_items(database: Database) -> list[sa.RowMapping]:
    """The history of items; that of the directory is none of it."""
    return [row for row in rows_of(database, tables.history) if row["item_id"]]


def is_empty(wire: Wire) -> bool:
    """Whether nothing waits, and nothing is in a consumer's hand without being stored."""
    said = wire.broker.ctl("list_queues", "-q", "-p", wire.vhost, "name", "messages")
    return f"{Queue.INTAKE}\t0" in said


def commitments(how_many: int) -> list[dict[str, Any]]:
    return [company.commitment(f"pm-{number}") for number in range(how_many)]


def test_a_database_that_is_away_costs_no_event(
    a_program: MakeProgram, wire: Wire, postgresql: PostgreSQL
) -> None:
    # Given a queue that gives an event up after three deliveries, and an intake at work
    wire.set_policy("few", Queue.INTAKE, **{"delivery-limit": 3})
    database = Databases.laid_out(postgresql.fresh_database())
    a_program(url_of(database), service)
    events = commitments(300)
    wire.publish(events[:50])
    until(lambda: len(rows_of(database, tables.items)) == 50, "the first are stored")
    database.engine.dispose()

    # When the database is stopped while events go on coming
    postgresql.stop()
    wire.publish(events[50:])
    until(lambda: wire.ready(Queue.INTAKE) == 0, "the intake has them in hand")
    wire.listen()  # some round trips: meanwhile it tries in vain
    postgresql.restart()

    # Then all are stored when it is back, each once, and none is given up
    until(lambda: len(rows_of(database, tables.items)) == 300, "all are stored")
    until(lambda: is_empty(wire), "all are acknowledged")
    assert wire.ready(DEAD) == 0
    assert len(of_items(database)) == 300
    database.close()


def test_what_comes_several_times_is_stored_once(
    a_program: MakeProgram, wire: Wire, database: Database
) -> None:
    # Given two intakes
    for _ in range(2):
        a_program(url_of(database), service)

    # When a hundred events come three times each, within a batch and across the two
    events = commitments(100)
    wire.publish([*events[:50], *events, *events[::-1], *events[50:]])
    until(lambda: is_empty(wire), "all are acknowledged")

    # Then each is stored once
    assert len(rows_of(database, tables.items)) == 100
    assert Counter(row["what"] for row in of_items(database)) == {"sent": 100}
    assert rows_of(database, tables.quarantine) == []
    assert wire.ready(DEAD) == 0


def deep(levels: int) -> bytes:
    """An event whose content is nested so deeply that no writer of JSON goes along."""
    event = company.commitment("pm-deep")
    event["data"]["content"]["deep"] = "DEEP"
    return orjson.dumps(event).replace(b'"DEEP"', b"[" * levels + b"]" * levels)


Poison = tuple[bytes, dict[str, Any]]

POISON: dict[str, Poison] = {
    "not JSON": (b"{", {}),
    "not UTF-8": (b'{"id": "\xff\xfe"}', {}),
    "empty": (b"", {}),
    "a NUL in a text": (
        orjson.dumps({**company.commitment("pm-nul"), "subject": "a\x00b"}),
        {},
    ),
    "a NUL itself": (b'{"id": "a\x00b"}', {}),
    "half a character": (b'{"id": "\\ud800", "source": "s", "type": "t"}', {}),
    "nested beyond reading": (deep(5000), {}),
    "a byte too long": (b" " * (SIZE_LIMIT + 1), {}),
    "of the next version": (
        orjson.dumps({**company.commitment("pm-v2"), "type": "gatepost.item.sent.v2"}),
        {},
    ),
}


def test_poisonous_events_are_kept_and_answered_and_hurt_nobody(
    a_program: MakeProgram, wire: Wire, database: Database
) -> None:
    # Given a hundred events, with one of every kind that cannot be taken among them
    wire.listen()
    poisons = list(POISON.values())
    for number, event in enumerate(commitments(100)):
        wire.publish([event])
        if number % 10 == 5 and poisons:
            body, properties = poisons.pop()
            wire.publish_raw(body, **properties)
    assert not poisons

    # When they are taken in
    a_program(url_of(database), service)

    # Then the hundred are stored
    until(lambda: len(rows_of(database, tables.items)) == 100, "the others are stored")

    # And each poison is in quarantine with its raw bytes and the reason
    all_kept = partial(rows_of, database, tables.quarantine)
    until(lambda: len(all_kept()) == len(POISON), "they are kept")
    assert Counter(base64.b64decode(row["body"]) for row in all_kept()) == Counter(
        body for body, _ in POISON.values()
    )
    assert all(row["reason"] for row in all_kept())

    # And each source is told so, with a reason, and may go on editing
    refusals = wire.heard(len(POISON), "refused")
    assert len(refusals) == len(POISON)
    assert all(each["data"]["errors"] and each["data"]["editable"] for each in refusals)
    until(lambda: is_empty(wire), "all are acknowledged")
    assert wire.ready(DEAD) == 0


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param((deep(400), {}), id="nested beyond writing"),
        pytest.param(
            (b"{", {"content_type": "text/\x00plain", "headers": {"x": "a\x00b"}}),
            id="a NUL beside its body",
        ),
    ],
)
def test_a_poisonous_event_that_cannot_even_be_refused_is_kept_and_answered(
    a_program: MakeProgram, wire: Wire, database: Database, poison: Poison
) -> None:
    # Given an event between two others that makes trouble only when it is written down
    wire.listen()
    body, properties = poison
    first, last = commitments(2)
    wire.publish([first])
    wire.publish_raw(body, **properties)
    wire.publish([last])

    # When they are taken in
    a_program(url_of(database), service)

    # Then the others are stored, it is kept, and its source is told why
    stored = partial(rows_of, database, tables.items)
    until(lambda: len(stored()) == 2, "the others are stored")
    kept = partial(rows_of, database, tables.quarantine)
    until(kept, "it is kept")
    assert [base64.b64decode(row["body"]) for row in kept()] == [body]
    [refusal] = wire.heard(1, "refused")
    assert refusal["data"]["errors"]


def test_a_child_may_come_before_its_parent(
    a_program: MakeProgram, wire: Wire, database: Database
) -> None:
    # Given a change order that overtakes its commitment
    child = company.change_order("co-1", parent="pm-1")
    a_program(url_of(database), service)
    wire.publish([child])
    until(lambda: len(rows_of(database, tables.messages)) == 1, "it waits")

    # When the commitment comes a moment later
    wire.publish([company.commitment("pm-1")])

    # Then both are stored, and nothing is refused
    until(lambda: len(rows_of(database, tables.items)) == 2, "both are stored")
    assert rows_of(database, tables.quarantine) == []


def test_a_child_whose_parent_never_comes_is_refused(
    a_program: MakeProgram, wire: Wire, database: Database
) -> None:
    wire.listen()
    a_program(url_of(database), service)
    wire.publish([company.change_order("co-1", parent="pm-404")])
    [refusal] = wire.heard(1, "refused")
    assert [error["rule"] for error in refusal["data"]["errors"]] == ["parent_sent"]
    assert refusal["data"]["item_id"] == ItemRef("acme", Kind.CHANGE_ORDER, "co-1").item_id


def test_an_intake_whose_queue_was_deleted_listens_to_the_new_one(
    a_program: MakeProgram, wire: Wire, database: Database
) -> None:
    # Given an intake at work
    a_program(url_of(database), service)
    wire.publish(commitments(1))
    until(lambda: len(rows_of(database, tables.items)) == 1, "the first is stored")

    # When an operator deletes its queue
    wire.channel.queue_delete(Queue.INTAKE)

    # Then it is there again soon, and what comes then is stored
    until(lambda: str(Queue.INTAKE) in wire.queues(), "the queue is there")
    wire.publish(commitments(2))
    until(lambda: len(rows_of(database, tables.items)) == 2, "the second is stored")
    stored = {row["external_id"] for row in rows_of(database, tables.items)}
    assert stored == {"pm-0", "pm-1"}
