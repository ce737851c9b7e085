"""Which alerts go into a mail: a table of what may have happened while they waited."""

from datetime import UTC, datetime

import pytest

from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost_notifier.gathering import Alert, gather, why_seen_to, why_too_late

from .conftest import sending

NOW = datetime(2026, 11, 2, 13, 2, tzinfo=UTC)
ONE, TWO, THREE = (Alert(f"m{number}", f"i{number}", 1) for number in (1, 2, 3))


def item(state: State, revision: int = 1) -> Item:
    found = Item.new(sending(revision=revision), NOW)
    found.state = state
    return found


@pytest.mark.parametrize(
    ("state", "revision", "reason"),
    [
        (State.SENT, 1, ""),  # it still waits
        (State.EXPORTING, 1, "dropped: decided before it left"),  # accepted
        (State.SYNCED, 1, "dropped: decided before it left"),  # ... and through
        (State.FAILED, 1, "dropped: decided before it left"),  # ... and refused by the ERP
        (State.REJECTED, 1, "dropped: decided before it left"),
        (State.RETRIEVED, 1, "dropped: taken back before it left"),
        (State.SENT, 2, "dropped: revision 2 came before it left"),  # has its own alert, or none
        (State.REJECTED, 2, "dropped: revision 2 came before it left"),
    ],
)
def test_an_alert_is_for_one_revision_until_it_is_decided(
    state: State, revision: int, reason: str
) -> None:
    assert why_too_late(ONE, item(state, revision)) == reason


def test_a_mail_without_its_item_is_dropped() -> None:
    assert why_too_late(ONE, None) == "dropped: its item is gone"
    assert why_seen_to(ONE, None) == "dropped: its item is gone"


@pytest.mark.parametrize(
    ("state", "revision", "reason"),
    [
        (State.FAILED, 1, ""),  # nobody has seen to it
        (State.EXPORTING, 1, "dropped: it was exporting before this left"),  # retried
        (State.SYNCED, 1, "dropped: it was synced before this left"),  # ... and through
        (State.REJECTED, 1, "dropped: it was rejected before this left"),
        (State.FAILED, 2, "dropped: it was failed before this left"),  # has a mail of its own
    ],
)
def test_a_failure_is_told_until_somebody_sees_to_it(
    state: State, revision: int, reason: str
) -> None:
    assert why_seen_to(ONE, item(state, revision)) == reason


@pytest.mark.parametrize(
    ("decided", "carrier", "kept", "dropped"),
    [
        # all wait: all are in it, oldest first, whichever is posted
        ("", "m1", ["m1:i1", "m2:i2", "m3:i3"], []),
        ("", "m2", ["m1:i1", "m2:i2", "m3:i3"], []),
        # another was decided: only that one is left out
        ("i2", "m1", ["m1:i1", "m3:i3"], ["m2:i2"]),
        # the one that is posted was decided: it changes places with the oldest of the others
        ("i1", "m1", ["m1:i2", "m3:i3"], ["m2:i1"]),
        ("i3", "m3", ["m3:i1", "m2:i2"], ["m1:i3"]),
        ("i1 i2", "m2", ["m2:i3"], ["m1:i1", "m3:i2"]),
        # all were decided: there is no mail
        ("i1 i2 i3", "m1", [], ["m1:i1", "m2:i2", "m3:i3"]),
    ],
)
def test_what_waits_goes_into_one_mail(
    decided: str, carrier: str, kept: list[str], dropped: list[str]
) -> None:
    # Given three alerts, some on items that were decided
    items = {
        alert.item_id: item(State.REJECTED if alert.item_id in decided.split() else State.SENT)
        for alert in (ONE, TWO, THREE)
    }

    # When one of them is about to be posted
    found = gather([THREE, ONE, TWO], items, carrier, why_too_late)

    # Then each row is in the mail or dropped, and the row that is posted is in it
    assert [f"{each.mail_id}:{each.item_id}" for each in found.kept] == kept
    assert [f"{each.mail_id}:{each.item_id}" for each, _ in found.dropped] == dropped
