"""What a connection allows: paused it is not used, and its limits are kept."""

from collections.abc import Callable
from typing import Any, Final

from gatepost.domain.lifecycle import State
from gatepost_exporter.limits import Limits
from tests.ledger.office import until
from tests.services.exporter.room import Room
from tests.services.exporter.test_connector import an_erp_that_answers

Commitments = Callable[..., list[dict[str, Any]]]
MakeRoom = Callable[..., Room]

NOT_YOU: Final = b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNANSWERED: Final[dict[str, Any]] = {
    "mode": "timeout_after",
    "delay": 0.5,
}  # done, in silence


def test_a_paused_connection_is_not_used(room: Room, commitments: Commitments) -> None:
    # Given a connection that a person has paused
    [item_id] = room.accepts(*commitments())
    _pause(room, "the year is being closed")

    # When an export is due
    room.exports(item_id)

    # Then the ERP is left alone, no try is burned, and the item says what it waits for
    assert room.records(item_id) == []
    item = room.item(item_id)
    assert (item.state, item.attempts) == (State.EXPORTING, 0)
    assert "the year is being closed" in item.waits_for
    assert room.waits(item_id) > 30

    # And it goes on when it is resumed
    _pause(room, None)
    room.tries_again(item_id)
    assert room.item(item_id).state is State.SYNCED


def test_options_that_do_not_fit_pause_the_connection_and_no_item_fails(
    room: Room, commitments: Commitments
) -> None:
    # Given a connection whose options lack the ERP's address
    items = room.accepts(*commitments(5))
    _options(room, {})

    # When five items are exported
    room.exports(*items)

    # Then the connection is paused and says why, and the items wait
    assert room.connection()["paused"]
    assert "url: Field required" in room.connection()["paused_because"]
    assert {room.item(item_id).state for item_id in items} == {State.EXPORTING}


def test_wrong_credentials_pause_the_connection_once_and_no_item_fails(
    room: Room, commitments: Commitments
) -> None:
    # Given an ERP that does not take our credentials
    items = room.accepts(*commitments(5))
    with an_erp_that_answers(NOT_YOU) as url:
        _options(room, {"url": url, "timeout": 0.3, "settle": 0.6})

        # When five items are exported, again and again
        room.exports(*items)
        tries = [len(room.outcomes(item_id)) for item_id in items]
        room.tries_again(*items)

        # Then the connection is paused after the first parcel, and nothing is burned or failed
        assert room.connection()["paused"]
        assert [len(room.outcomes(item_id)) for item_id in items] == tries
    assert {room.item(item_id).attempts for item_id in items} == {0}
    assert {room.item(item_id).state for item_id in items} == {State.EXPORTING}


def test_a_minute_has_so_many_calls(a_room: MakeRoom, commitments: Commitments) -> None:
    # Given a connection that takes three calls a minute
    room = a_room({'connector = "sandbox"': 'connector = "sandbox"\nper_minute = 3'})
    items = room.accepts(*commitments(5))

    # When five items are exported
    room.exports(*items)

    # Then three are written, two wait for the next minute, and no try of theirs is burned
    assert len(room.records(*items)) == 3
    late = [item for item in map(room.item, items) if item.state is State.EXPORTING]
    assert {item.waits_for for item in late} == {"the limit of 3 calls a minute"}
    assert {item.attempts for item in late} == {0}

    # And when it has come, they are written
    room.program.redis.flushall()
    room.tries_again(*items)
    assert len(room.records(*items)) == 5


def test_calls_in_flight_stay_within_the_connections_limit(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    # Given a connection that takes one call at a time, and it is in use elsewhere
    room = a_room({'connector = "sandbox"': 'connector = "sandbox"\nin_flight = 1'})
    [item_id] = room.accepts(*commitments())
    limits = Limits(room.program.redis)
    slots = limits.take("acme/books", limit=1, wanted=1, lease=60.0)

    # When an item is exported
    room.exports(item_id)

    # Then it waits for its turn, and no try is burned
    assert room.item(item_id).waits_for == "all 1 calls to the ERP are in use"
    assert room.item(item_id).attempts == 0

    # And it is exported when the other call is over
    limits.give_back("acme/books", slots.names)
    room.tries_again(item_id)
    assert room.item(item_id).state is State.SYNCED


def test_slots_are_given_back_when_the_calls_are_over(
    a_room: MakeRoom, commitments: Commitments
) -> None:
    room = a_room({'connector = "sandbox"': 'connector = "sandbox"\nin_flight = 2'})
    items = room.accepts(*commitments(7))
    room.exports(*items)
    assert len(room.records(*items)) == 7
    until(lambda: not room.program.redis.exists("gatepost:slots:acme/books"), "slots are free")


def _pause(room: Room, why: str | None) -> None:
    room.changes_connection(paused=why is not None, paused_because=why or "")


def _options(room: Room, options: dict[str, Any]) -> None:
    """As an operator changes them: the directory's version rises."""
    room.changes_connection(options=options)
