"""Parcels through their handlers: together, alone on failure, carefully after a crash."""

import contextlib
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from gatepost.ledger import tables
from gatepost.ledger.database import Database, is_trouble
from gatepost.ledger.ledger import LONGEST_WAIT, wait_before
from gatepost.ledger.work import Work
from gatepost.messages.requests import Message
from tests.journeys import company
from tests.ledger.office import PATIENCE, Office, arriving, note, shuffled

#: A worker whose handler kills its process over one item; the parcel was delivered before.
KILLER: Final = """
import os, signal, sys
from gatepost.ledger.database import Database
from gatepost.messages.requests import Review
from tests.ledger.office import PATIENCE, Office, note

def handler(message, work):
    if message.item_id == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
    note(message, work)

office = Office(Database(sys.argv[1]))
office.handles(handler, attempts=2)(sys.argv[3:], redelivered=True)
"""


def test_six_threads_with_the_same_parcels_give_each_effect_once(office: Office) -> None:
    # Given three messages for each of twenty items
    items = office.stores(*(f"pm-{n}" for n in range(20)))
    ids = office.leaves(*items, *items, *items)
    handler = office.handles(note)

    # When six threads get them all, each in another order and in other parcels
    def takes(turn: int) -> None:
        order = shuffled(ids, turn)
        for begin in range(0, len(order), 7 + turn):
            handler(order[begin : begin + 7 + turn])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(takes, range(6)))

    # Then each message had its effect once, and none is left
    assert office.effects() == Counter(dict.fromkeys(items, 3))
    assert {office.item(item).title[-4:] for item in items} == {"B+++"}
    assert office.messages() == {}


def test_a_failing_handler_hurts_nobody_else_in_its_parcel(office: Office) -> None:
    # Given a parcel with one message whose handler fails
    items = office.stores("pm-1", "pm-2", "pm-3")
    ids = office.leaves(*items)

    def fails_over_the_second(message: Message, work: Work) -> None:
        note(message, work)
        if message.item_id == items[1]:
            raise ValueError("that one is odd")

    # When it is handled
    office.handles(fails_over_the_second)(ids)

    # Then its neighbours are done, once; it is put off with its cause, and has left no trace
    assert office.effects() == Counter([items[0], items[2]])
    assert office.item(items[1]).title == "Steel erection, tower B"
    row = office.message(ids[1])
    assert list(office.messages()) == [ids[1]]
    assert (row["attempts"], row["last_error"]) == (1, "ValueError: that one is odd")
    assert row["lease_token"] == ids[1]


def test_a_failing_message_waits_longer_each_time_and_is_parked_at_last(office: Office) -> None:
    # Given a message whose handler always fails, and three tries
    [message_id] = office.leaves(*office.stores("pm-1"))

    def fails(message: Message, work: Work) -> None:
        raise ValueError("never")

    handler = office.handles(fails, attempts=3)

    # When it is tried until it is parked
    least, most = [], []  # of what it waits: the failing and the looking take their time as well
    for _ in range(2):
        begun = office.now()
        handler([message_id])
        most.append(office.due_in(message_id, since=begun))
        least.append(office.due_in(message_id))
        office.time_passes(message_id)
        assert office.swept() == [message_id]
    handler([message_id])

    # Then it waited one to two seconds, then two to four, and lies parked with its cause
    assert (most[0] >= 1, least[0] <= 2) == (True, True)
    assert (most[1] >= 2, least[1] <= 4) == (True, True)
    row = office.message(message_id)
    assert (row["due_at"], row["attempts"]) == (None, 3)
    assert row["last_error"] == "ValueError: never"
    assert row["lease_token"]


@pytest.mark.parametrize(
    ("attempt", "least", "most"),
    [
        (1, 1.0, 2.0),  # soon: most trouble passes
        (3, 4.0, 8.0),  # doubling
        (9, 256.0, 512.0),  # minutes
        (10, 300.0, 600.0),  # the longest wait
        (1000, 300.0, LONGEST_WAIT),  # no overflow, however long it goes on
    ],
)
def test_the_wait_before_the_next_try_grows_within_bounds(
    attempt: int, least: float, most: float
) -> None:
    assert all(least <= wait_before(attempt) <= most for _ in range(50))


def test_a_message_of_a_type_that_is_not_known_here_hurts_nobody_else(office: Office) -> None:
    # Given a message of a newer release among others: a rolling upgrade
    items = office.stores("pm-1", "pm-2")
    ids = office.leaves(*items)
    with office.database.transaction() as connection:
        theirs = sa.update(tables.messages).where(tables.messages.c.id == ids[0])
        connection.execute(theirs.values(type="Foresee"))

    # When the parcel is handled
    office.handles(note)(ids)

    # Then it is kept for a release that knows it
    assert office.effects() == Counter([items[1]])
    assert office.message(ids[0])["last_error"] == "KeyError: 'Foresee'"


def test_a_handler_that_kills_its_process_is_stopped_and_its_neighbours_are_done(
    office: Office,
) -> None:
    # Given a parcel with a message whose handler kills the process, and two tries
    items = office.stores("pm-1", "pm-2", "pm-3")
    ids = office.leaves(*items)
    url = office.database.url.render_as_string(hide_password=False)

    # When the broker delivers it again and again
    deaths = 0
    while True:
        done = subprocess.run([sys.executable, "-c", KILLER, url, items[1], *ids], check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        deaths += 1
        assert deaths < 5

    # Then it dies as often as it has tries; the message is parked, its neighbours are done
    assert deaths == 2
    assert office.effects() == Counter([items[0], items[2]])
    row = office.message(ids[1])
    assert (row["due_at"], row["last_error"]) == (None, "its process died")
    assert list(office.messages()) == [ids[1]]


def test_a_failure_after_a_crash_is_counted_once(office: Office) -> None:
    # Given a message whose handler raises, in a parcel that is delivered again
    [message_id] = office.leaves(*office.stores("pm-1"))

    def fails(message: Message, work: Work) -> None:
        raise ValueError("still odd")

    # When it is tried once
    office.handles(fails, attempts=3)([message_id], redelivered=True)

    # Then one try is gone, not two
    assert office.message(message_id)["attempts"] == 1


def test_trouble_with_the_database_counts_no_attempt(office: Office) -> None:
    # Given messages, and a database that goes away in the middle
    ids = office.leaves(*office.stores("pm-1", "pm-2"))

    def is_cut_off(message: Message, work: Work) -> None:
        raise OperationalError("select 1", {}, Exception("the server closed the connection"))

    # When they are handled, together and after a crash
    with pytest.raises(OperationalError):
        office.handles(is_cut_off)(ids)

    # Then they are as they were: the sweep owns them
    for row in office.messages().values():
        assert (row["attempts"], row["last_error"], row["lease_token"]) == (0, None, None)


@pytest.mark.servers
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_that_dies_under_a_handler_counts_no_attempt(office: Office) -> None:
    # Given a handler whose connection the server ends
    ids = office.leaves(*office.stores("pm-1", "pm-2"))

    def loses_its_connection(message: Message, work: Work) -> None:
        work.connection.execute(sa.text("select pg_terminate_backend(pg_backend_pid())"))

    # When it runs
    with pytest.raises(OperationalError):
        office.handles(loses_its_connection)(ids)

    # Then nothing is counted, and the next worker does the work
    assert {row["attempts"] for row in office.messages().values()} == {0}
    office.handles(note)(ids)
    assert office.messages() == {}


def test_too_many_connections_at_once_is_trouble_too() -> None:
    assert is_trouble(sa.exc.TimeoutError("QueuePool limit reached"))


def test_two_transactions_storing_the_same_new_item_are_sorted_out(office: Office) -> None:
    # Given two messages for an item that nobody has stored yet
    item_id = company.item_id(company.commitment("pm-1"))
    ids = office.leaves(item_id, item_id)
    both_have_looked = threading.Barrier(2)
    tries = Counter[str]()

    def stores_or_notes(message: Message, work: Work) -> None:
        assert work.handling
        tries[work.handling.id] += 1
        if work.find(message.item_id) is None:
            work.put(arriving("pm-1", work))
        if tries[work.handling.id] == 1:
            with contextlib.suppress(threading.BrokenBarrierError):  # one at a time on SQLite
                both_have_looked.wait(timeout=1.0 if office.database.is_sqlite else PATIENCE)
        work.record(work.item(message.item_id), "noted", by="the test", channel="test")

    # When they are handled at the same time
    handler = office.handles(stores_or_notes)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda id: handler([id]), ids))

    # Then there is one item, both effects are there, and nobody's attempts were counted
    assert office.effects() == {item_id: 2}
    assert office.messages() == {}
    assert sum(tries.values()) == (2 if office.database.is_sqlite else 3)


def test_a_worker_that_is_overtaken_again_and_again_fails_like_any_other(
    database: Database, office: Office
) -> None:
    # Given an item that somebody else always stores first
    item_id = company.item_id(company.commitment("pm-1"))
    ids = office.leaves(item_id)

    def comes_second(message: Message, work: Work) -> None:
        item = arriving("pm-1", work)
        work.put(item)
        work.flush()

    # When it is handled
    office.handles(comes_second)(ids)

    # Then it is put off, not tried for ever
    assert office.message(ids[0])["last_error"] == "Overtaken: "
