"""The traps of the message ledger that are the runtime's: 6, 7, 8, 10, 12 and 13.

See ``tests/ledger/test_traps.py`` for the others.
"""

from collections.abc import Callable

import orjson
import pytest

from gatepost.ledger import tables
from gatepost.ledger.database import Database
from gatepost.ledger.work import Outgoing, Work
from gatepost.messages.requests import Message, Review
from gatepost.messages.routes import DEAD, Queue
from gatepost.runtime import outside, relay
from gatepost.runtime.program import Program
from gatepost.runtime.relay import RabbitRelay
from gatepost.runtime.service import Service
from gatepost.runtime.sweeping import Sweep
from gatepost_intake import service as intake
from gatepost_intake.incoming import Incoming, open_all
from gatepost_intake.receiving import receive
from tests.journeys import company
from tests.ledger.office import Office, note, until
from tests.runtime.test_leased_handler import Call, Scripted, away, handler_of
from tests.runtime.wire import Wire

MakeProgram = Callable[..., Program]
NOWHERE = "amqp://guest:guest@127.0.0.1:9/"


def test_trap_6_answers_are_kept_while_the_database_is_down(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Trap 6: without keeping the ERP's answers, every outage costs a look-up for each call; and
    # trouble with the database is never a failure of the message.

    # Given a database that is away for a dozen tries
    monkeypatch.setattr(outside, "_TROUBLE_PAUSE", 0.001)
    items = office.stores("pm-1")
    [message_id] = office.leaves(*items)
    trouble = [away()] * 12

    def is_away(call: Call) -> None:
        if trouble:
            raise trouble.pop()

    # When a call comes back
    work = Scripted(recording=is_away)
    handler_of(office, work, attempts=1)([message_id])

    # Then its answer is written, the other side was called once, and nothing was parked
    assert (office.effects(), len(work.performed)) == ({items[0]: 1}, 1)


@pytest.mark.servers
def test_trap_7_events_in_hand_are_never_given_back(
    a_program: MakeProgram, wire: Wire, office: Office
) -> None:
    # Trap 7: each return to the queue counts against the delivery limit, so an intake that closes
    # its channel while the database is away dead-letters good events.

    # Given a queue that gives an event up after one more delivery, and a database in trouble
    wire.set_policy("few", Queue.INTAKE, **{"delivery-limit": 1})
    program = a_program(office.database.url.render_as_string(hide_password=False), intake)
    left = [away()] * 5
    real = program.ledger.database.again_on_deadlock

    def in_trouble(act: Callable[[], None]) -> None:
        if left:
            raise left.pop()
        real(act)

    object.__setattr__(program.ledger.database, "again_on_deadlock", in_trouble)

    # When events come
    wire.publish([company.commitment(f"pm-{n}") for n in range(5)])

    # Then they are stored after the trouble, out of the same hand
    until(lambda: _stored(office.database) == 5, "they are stored")
    assert left == []
    assert wire.ready(DEAD) == 0


def test_trap_8_a_frozen_worker_does_not_begin_a_call_after_its_lease(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Trap 8: a worker that slept past its lease sent its call beside the one of its successor. The
    # deadline is on a clock that goes on while the machine sleeps.

    # Given a worker that is frozen for an hour right after it has prepared its calls
    [message_id] = office.leaves(*office.stores("pm-1"))
    now = [1000.0]
    monkeypatch.setattr(outside, "boottime", lambda: now[0])

    def freezes(message: object) -> None:
        now[0] += 3600.0

    # When it thaws
    work = Scripted(preparing=freezes)
    handler_of(office, work)([message_id])

    # Then the time to begin a call is long over
    assert work.deadlines[0] < now[0]


def test_trap_10_a_relay_without_a_broker_drops_and_the_sweep_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Trap 10: a relay that keeps everything while RabbitMQ is away grows without end, and a sweep
    # that goes on meanwhile pushes the due times for nothing.

    # Given a relay that cannot connect, and more to publish than it keeps
    monkeypatch.setattr(relay, "CROWDED", 50)
    unconnected = RabbitRelay(NOWHERE)
    for number in range(500):
        unconnected.hand_over(Outgoing({"approval": [str(number)]}))

    # Then it holds a bounded part, and is not ready
    assert len(unconnected._waiting) <= 51
    assert not unconnected.is_ready

    # And the sweep leaves what is due as it is
    ids = office.leaves(*office.stores("pm-1"))
    office.time_passes(*ids)
    Sweep(office.ledger, unconnected, []).sweep()
    assert office.message(ids[0])["dispatches"] == 0


def test_trap_12_the_same_event_twice_in_a_batch_is_one(office: Office) -> None:
    # Trap 12: a repeat within one batch is not in the database yet, so the database cannot tell.

    # Given a batch with an event that comes three times
    [once, thrice] = [Incoming(orjson.dumps(company.commitment(key))) for key in ("pm-1", "pm-2")]
    batch = [thrice, once, thrice, thrice]

    # When it is taken in
    with office.ledger.work() as work:
        receive(open_all(batch), work)

    # Then each event has had its effects once: history, and the message that follows
    assert set(office.effects().values()) == {1}
    assert len(office.effects()) == 2
    followers = [row for row in office.messages().values() if row["type"] == "Review"]
    assert len(followers) == 2


@pytest.mark.servers
def test_trap_13_a_parcel_that_meets_a_database_in_trouble_is_the_sweeps(
    a_program: MakeProgram, wire: Wire, office: Office
) -> None:
    # Trap 13: an actor that raises is acknowledged by dramatiq, and its Retries could lose it; the
    # row is still there, so the sweep offers it again, and nothing is dead-lettered.

    # Given a handler that meets a database in trouble at first
    [item] = office.stores("pm-1")
    trouble = [away()] * 2

    def handles(message: Message, work: Work) -> None:
        if trouble:
            raise trouble.pop()
        note(message, work)

    tried = Service("tried", queue=Queue.APPROVAL, handlers={Review: handles})
    program = a_program(
        office.database.url.render_as_string(hide_password=False), tried, redelivery=0.2
    )

    # When there is work
    with program.ledger.work() as work:
        work.send(Review(item_id=item, revision=1))

    # Then it is done in the end, with no attempt counted and nothing dead-lettered
    until(lambda: office.effects() == {item: 1}, "it is done")
    assert office.messages() == {}
    assert wire.ready(DEAD) == 0

    # And no queue for delays or dead letters of dramatiq's own has appeared
    assert [name for name in wire.queues() if name.endswith((".DQ", ".XQ"))] == []


def _stored(database: Database) -> int:
    with database.reading() as connection:
        return len(connection.execute(tables.items.select()).all())
