"""The traps of the message ledger that are the exporter's: 2 and 11. See ``tests/ledger/test_traps.py``."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.domain.lifecycle import State
from gatepost.ledger.ledger import PARCEL_SIZE
from tests.services.exporter.room import Room

Commitments = Callable[..., list[dict[str, Any]]]


def test_trap_2_nobody_looks_before_the_erp_can_be_done_with_the_earlier_call(
    a_room: Callable[..., Room], commitments: Commitments
) -> None:
    # Trap 2: a look after a fifth of a second found nothing, the ERP was still writing, and one of
    # three hundred was written twice.

    # Given an ERP that may still be busy with a call for twenty seconds, and a short usual wait
    options = {"timeout = 0.3, settle = 0.6": "timeout = 0.3, settle = 20"}
    room = a_room(options, first_wait=0.01)
    [item_id] = room.accepts(*commitments())
    room.erp_behaves("timeout_after", delay=0.5)

    # When the outcome of a call is unknown
    room.exports(item_id)

    # Then nobody looks before that time, not even with a stale parcel in hand
    assert 18 < room.waits(item_id) <= 25
    room.erp_behaves("ok")
    room.exports(item_id)
    assert room.outcomes(item_id) == ["OutcomeUnknown"]
    assert room.item(item_id).state is State.EXPORTING

    # And a lease covers the call and the settling: a dead worker's call is over when it ends
    assert room.exporting.lease_seconds > 0.3 + 20
    assert room.exporting.call_seconds == pytest.approx(0.3 + 20)


def test_trap_11_a_claim_is_what_fits_the_lease(room: Room) -> None:
    # Trap 11: claims of ten halved the whole system; claims that do not fit their lease are late.
    exporting = room.exporting

    # Given a fast ERP, then a whole parcel is claimed
    exporting.lines.calls_a_second = 400.0
    assert exporting.limit == PARCEL_SIZE

    # Given a slow one, then what fits a quarter of the window of 15 seconds
    exporting.lines.calls_a_second = 8.0
    assert exporting.limit == 30

    # Given one that takes longer than the window for a call, then still one
    exporting.lines.calls_a_second = 1 / 30
    assert exporting.limit == 1
