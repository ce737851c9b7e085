"""What follows from how posting ended."""

import pytest

from gatepost_notifier.outcomes import (
    SERVER_WAIT,
    Again,
    Away,
    GivenUp,
    NotBegun,
    Outcome,
    PutOff,
    Refused,
    Sent,
    Taken,
    Unknown,
    verdict,
)
from gatepost_notifier.settings import NotifierSettings

SETTINGS = NotifierSettings(notifier_attempts=5, notifier_first_wait=4, notifier_longest_wait=1000)


@pytest.mark.parametrize(
    ("outcome", "attempt", "expected"),
    [
        (Taken(), 1, Sent()),
        (Taken(), 9, Sent()),  # late is not failed
        (Refused("550 nobody"), 1, GivenUp("failed: 550 nobody")),  # at once: it will not change
        (PutOff("451 later"), 5, GivenUp("failed after 5 tries: 451 later")),
        (Unknown("silence"), 5, GivenUp("failed after 5 tries: silence")),
    ],
)
def test_some_outcomes_end_it(outcome: Outcome, attempt: int, expected: object) -> None:
    assert verdict(outcome, attempt, SETTINGS) == expected


@pytest.mark.parametrize(
    ("outcome", "attempt", "seconds", "counts", "is_open"),
    [
        (PutOff("451"), 1, 4, True, True),  # surely not delivered: it may still change
        (PutOff("451"), 4, 32, True, True),  # doubles
        (Unknown("silence"), 2, 8, True, False),  # perhaps delivered: it must stay as it is
        (Away("refused", 1), 1, 4, False, True),  # no mail's own fault
        (Away("refused", 3), 1, 16, False, True),  # grows with the rounds, not with the mail
        (Away("refused", 900), 5, SERVER_WAIT, False, True),  # without end, but looked at often
        (NotBegun(), 5, 0.5, False, True),  # its turn did not come
    ],
)
def test_others_are_tried_again_after_a_growing_jittered_wait(
    outcome: Outcome, attempt: int, seconds: float, counts: bool, is_open: bool
) -> None:
    found = [verdict(outcome, attempt, SETTINGS) for _ in range(50)]
    for again in found:
        assert isinstance(again, Again)
        assert 0.75 * seconds <= again.wait <= 1.25 * seconds
        assert (again.counts, again.is_open) == (counts, is_open)


def test_no_wait_is_longer_than_the_longest() -> None:
    patient = NotifierSettings(notifier_attempts=10_000, notifier_longest_wait=1000)
    found = verdict(PutOff("451"), 5000, patient)
    assert isinstance(found, Again)
    assert found.wait <= 1250
