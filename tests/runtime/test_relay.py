"""The relay on a real RabbitMQ: nothing is lost, nobody is held up, whatever the broker does."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import orjson
import pytest

from gatepost.ledger.database import Database
from gatepost.ledger.ledger import PARCEL_SIZE
from gatepost.ledger.work import Outgoing, Work
from gatepost.messages.facts import Fact, Publication, failed_export
from gatepost.messages.requests import Message, Review
from gatepost.messages.routes import DEAD, EVENTS_EXCHANGE, UNROUTABLE, Queue
from gatepost.runtime.program import Program
from gatepost.runtime.relay import RabbitRelay, declare_topology
from gatepost.runtime.service import Service
from gatepost.runtime.topology import QUEUES
from gatepost.runtime.transport import envelope
from tests.ledger.office import Office, arriving, note, until
from tests.runtime.wire import Wire

pytestmark = [
    pytest.mark.servers,
    # dramatiq and pika drop the connections of a killed broker without closing their sockets.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MakeProgram = Callable[..., Program]

#: A worker that dies over one item, and ends properly once nothing is left to handle.
KILLER: Final = """
import os, signal, sys, time
from pydantic import SecretStr
from gatepost.messages.requests import Review
from gatepost.runtime.program import Program
from gatepost.runtime.service import Service
from gatepost.runtime.settings import Settings
from tests.ledger.office import Office, note, until

database_url, amqp_url, killer = sys.argv[1:]

def handler(message, work):
    if message.item_id == killer:
        os.kill(os.getpid(), signal.SIGKILL)
    note(message, work)

settings = Settings(
    database_url=SecretStr(database_url), amqp_url=SecretStr(amqp_url),
    redelivery_seconds=60, handler_attempts=1,
)
program = Program(settings, [Service("killed", queue="approval", handlers={Review: handler})])
program.start()
office = Office(program.database)
until(lambda: all(row["due_at"] is None for row in office.messages().values()), "all is done")
program.stop()
"""
NOTING = Service("noting", queue=Queue.APPROVAL, handlers={Review: note}, threads=2)


@pytest.fixture
def relay(wire: Wire) -> Iterator[RabbitRelay]:
    started = RabbitRelay(wire.url)
    started.start()
    until(lambda: started.is_ready, "the relay is connected")
    yield started
    started.stop()


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def an_event(name: str = "e-1", exchange: str = EVENTS_EXCHANGE) -> Publication:
    event = {"id": name, "type": "gatepost.item.synced.v1", "data": {}}
    return Publication(exchange, "acme.commitment.synced", event)


def confirmed(relay: RabbitRelay) -> list[str]:
    """The rows that may be forgotten, once there are any."""
    found: list[str] = []

    def is_confirmed() -> bool:
        found.extend(relay.confirmed())
        return bool(found)

    until(is_confirmed, "the row is confirmed")
    return found


def test_the_topology_is_of_quorum_queues_and_can_be_declared_again(wire: Wire) -> None:
    # Given what a service declared, when another one declares it too
    declare_topology(wire.url)

    # Then it stands as it is in the map, every queue replicated and written to disk
    assert wire.queues() == dict.fromkeys(map(str, QUEUES), "quorum")


def test_a_lane_is_declared_beside_the_others(wire: Wire) -> None:
    declare_topology(wire.url, ["export.sage"])
    assert wire.queues()["export.sage"] == "quorum"


def test_an_event_nobody_expects_is_kept_aside(wire: Wire) -> None:
    wire.channel.basic_publish("gatepost.items", "not.a.known.key.at.all", b"{}")
    assert wire.ready(UNROUTABLE) == 1


def test_ids_arrive_in_parcels(relay: RabbitRelay, wire: Wire) -> None:
    ids = [f"{n:04}" for n in range(2 * PARCEL_SIZE + 50)]
    relay.hand_over(Outgoing({"approval": ids}))
    parcels = wire.parcels("approval", ids=len(ids))
    assert [len(parcel) for parcel in parcels] == [PARCEL_SIZE, PARCEL_SIZE, 50]
    assert [id for parcel in parcels for id in parcel] == ids


def test_an_event_arrives_and_its_row_is_confirmed_once(relay: RabbitRelay, wire: Wire) -> None:
    # Given somebody who listens
    wire.listen()

    # When a transaction has told two things
    relay.hand_over(Outgoing(publications=[("row-1", [an_event("e-1"), an_event("e-2")])]))

    # Then both are heard, and their row may be forgotten
    assert [event["id"] for event in wire.heard(2)] == ["e-1", "e-2"]
    assert confirmed(relay) == ["row-1"]
    assert relay.confirmed() == []


def test_an_event_that_nobody_listens_to_is_done_with(relay: RabbitRelay) -> None:
    # Given nobody who listens, when something is told
    relay.hand_over(Outgoing(publications=[("row-1", [an_event()])]))

    # Then its row may be forgotten all the same
    assert confirmed(relay) == ["row-1"]


def test_a_deleted_queue_is_declared_again_and_gets_what_was_meant_for_it(
    relay: RabbitRelay, wire: Wire
) -> None:
    wire.channel.queue_delete("approval")
    relay.hand_over(Outgoing({"approval": ["a", "b"]}))
    until(lambda: "approval" in wire.queues(), "the queue is there")
    assert wire.parcels("approval", ids=2) == [["a", "b"]]


def test_a_failed_export_waits_for_its_queue_to_be_there(relay: RabbitRelay, wire: Wire) -> None:
    # Given an operator who deleted the queue of failed exports
    wire.channel.queue_delete(Queue.FAILED_TO_EXPORT)

    # When an export fails
    relay.hand_over(Outgoing(publications=[("row-1", [failed_export(an_event("e-1"))])]))

    # Then it is in the queue before its row is forgotten
    until(relay.confirmed, "the row is confirmed")
    assert len(list(wire.take(Queue.FAILED_TO_EXPORT))) >= 1


def test_what_a_full_queue_refuses_stays_in_the_ledger(
    a_program: MakeProgram, office: Office, wire: Wire
) -> None:
    # Given a queue of failed exports that takes a few messages and refuses the rest
    limit = {"max-length": 2, "overflow": "reject-publish"}
    wire.set_policy("full", Queue.FAILED_TO_EXPORT, **limit)
    program = a_program(url_of(office.database), redelivery=0.2)
    until(lambda: program.transport.is_ready, "the relay is connected")

    # When more exports fail than it takes
    for number in range(30):
        with program.ledger.work() as work:
            work.publish(failed_export(an_event(f"e-{number}")))
    until(lambda: wire.ready(Queue.FAILED_TO_EXPORT) >= 2, "the queue is full")
    with program.ledger.work() as work:
        work.publish(failed_export(an_event("e-30")))

    # Then what it refuses stays
    until(lambda: refused_again(office), "the sweep has offered it in vain")

    # And when somebody reads the queue, then all of it arrives
    arrived: set[str] = set()

    def read() -> bool:
        bodies = wire.take(Queue.FAILED_TO_EXPORT)
        arrived.update(orjson.loads(body)["id"] for body in bodies)
        return not office.messages()

    until(read, "everything is confirmed")
    read()
    assert arrived == {f"e-{number}" for number in range(31)}


def refused_again(office: Office) -> bool:
    return any(row["dispatches"] > 1 for row in office.messages().values())


def test_a_broker_without_memory_holds_nobody_up(
    a_program: MakeProgram, office: Office, wire: Wire
) -> None:
    # Given a broker that blocks all publishers
    program = a_program(url_of(office.database))
    until(lambda: program.transport.is_ready, "the relay is connected")
    wire.listen()
    wire.broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        # When handlers go on committing
        for number in range(20):
            with program.ledger.work() as work:
                work.tell(Fact.RECEIVED, arriving(f"pm-{number}", work))

        # Then none of them waits until there is memory, and the sweep leaves the rows alone
        until(lambda: not program.transport.is_ready, "the relay knows that it is blocked")
        assert len(office.messages()) == 20
    finally:
        wire.broker.ctl("set_vm_memory_high_watermark", "0.6")

    # And when there is memory again, then all is told by itself
    until(lambda: not office.messages(), "everything is confirmed")
    assert len({event["id"] for event in wire.heard(20)}) == 20


def test_a_broker_that_is_killed_loses_nothing(
    a_program: MakeProgram, office: Office, wire: Wire
) -> None:
    # Given a program at work, and items that keep coming
    items = office.stores(*(f"pm-{n}" for n in range(10)))
    program = a_program(url_of(office.database), NOTING)
    until(lambda: program.transport.is_ready, "the relay is connected")
    time.sleep(1)  # a queue younger than this does not survive, see RabbitMQ's docstring
    left = Counter[str]()

    def leaves(times: int) -> None:
        for _ in range(times):
            with program.ledger.work() as work:
                for item in items:
                    work.send(Review(item_id=item, revision=1))
            left.update(items)

    # When the broker is killed in the middle of it, and comes back
    leaves(20)
    wire.broker.kill()
    leaves(20)
    wire.broker.restart()
    wire.connect()
    leaves(20)

    # Then every message is handled, once, without anybody's help
    until(lambda: not office.messages(), "everything is handled")
    assert office.effects() == left
    assert wire.ready(DEAD) == 0


def test_a_worker_goes_on_when_its_queue_was_deleted(
    a_program: MakeProgram, office: Office, wire: Wire
) -> None:
    # Given a worker whose queue an operator deletes
    [item] = office.stores("pm-1")
    program = a_program(url_of(office.database), NOTING)
    until(lambda: program.transport.is_ready, "the relay is connected")
    wire.channel.queue_delete(Queue.APPROVAL)

    # When there is work
    with program.ledger.work() as work:
        work.send(Review(item_id=item, revision=1))

    # Then it is done
    until(lambda: office.effects() == {item: 1}, "the message is handled")


def test_a_killer_of_workers_is_known_by_its_redelivery(office: Office, wire: Wire) -> None:
    # Given a parcel with a message whose handler kills its worker, and one try
    items = office.stores("pm-1", "pm-2", "pm-3")
    ids = office.leaves(*items)
    body = envelope("approval", ids).encode()
    wire.channel.basic_publish("", Queue.APPROVAL, body)

    # When one worker after the other gets it from the broker
    words = [sys.executable, "-c", KILLER, url_of(office.database), wire.url, items[1]]
    codes = [subprocess.run(words, check=False).returncode]
    while codes[-1] and len(codes) < 6:
        codes.append(subprocess.run(words, check=False).returncode)

    # Then one dies unawares, one by its try; the message is parked, the rest is done
    assert codes == [-signal.SIGKILL] * 2 + [0]
    assert office.effects() == {items[0]: 1, items[2]: 1}
    assert office.message(ids[1])["last_error"] == "its process died"


def test_workers_make_no_queues_of_their_own(
    a_program: MakeProgram, office: Office, wire: Wire
) -> None:
    [item] = office.stores("pm-1")
    program = a_program(url_of(office.database), NOTING)
    with program.ledger.work() as work:
        work.send(Review(item_id=item, revision=1))
    until(lambda: not office.messages(), "the message is handled")
    assert wire.queues() == dict.fromkeys(map(str, QUEUES), "quorum")


def test_a_failing_handler_is_retried_through_the_broker_until_it_is_parked(
    a_program: MakeProgram, office: Office
) -> None:
    # Given a handler that always fails
    items = office.stores("pm-1", "pm-2")

    def fails(message: Message, work: Work) -> None:
        raise ValueError("never")

    service = Service("failing", queue=Queue.APPROVAL, handlers={Review: fails})
    program = a_program(url_of(office.database), service)
    with program.ledger.work() as work:
        ids = [work.send(Review(item_id=item, revision=1)) for item in items]

    # When its waits are cut short
    def parked() -> bool:
        rows = office.messages()
        waiting = [id for id in ids if rows[id]["due_at"] is not None and rows[id]["attempts"]]
        office.time_passes(*waiting)
        return all(rows[id]["due_at"] is None for id in ids)

    # Then both are parked in the end
    until(parked, "both are parked")
    assert {row["attempts"] for row in office.messages().values()} == {5}
