"""What follows when an endpoint answered, or did not: pure functions, a table each."""

import pytest

from gatepost_notifier.endpoint_outcomes import (
    Again,
    Answered,
    Delivered,
    Ended,
    Forbidden,
    GivenUp,
    NotBegun,
    Outcome,
    Silent,
    failures_after,
    left_alone_for,
    verdict,
)
from gatepost_notifier.webhook_settings import WebhookSettings

SETTINGS = WebhookSettings()
HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("outcome", "attempt", "age", "kind"),
    [
        (Answered(200), 1, 0.0, Delivered),
        (Answered(204), 9, 9 * DAY, Delivered),  # late, but it has it
        (Answered(299), 1, 0.0, Delivered),
        (Answered(410), 1, 0.0, Ended),  # it wants no more
        (Answered(301), 1, 0.0, Again),  # redirects lead anywhere: they are not followed
        (Answered(400), 1, 0.0, Again),  # it may be mended over there
        (Answered(404), 1, 0.0, Again),
        (Answered(500), 1, 0.0, Again),
        (Answered(500), 20, 3 * DAY, GivenUp),
        (Silent("no"), 1, 0.0, Again),
        (Silent("no"), 20, 3 * DAY, GivenUp),
        (Forbidden("no"), 1, 0.0, Again),  # its name may be mended
        (NotBegun(), 1, 0.0, Again),
        (NotBegun(), 1, 3 * DAY, GivenUp),  # nothing waits for ever
    ],
)
def test_what_follows_from_an_outcome(
    outcome: Outcome, attempt: int, age: float, kind: type
) -> None:
    assert isinstance(verdict(outcome, attempt, age, SETTINGS), kind)


def test_only_what_was_begun_counts_as_a_try() -> None:
    begun, unbegun = (verdict(each, 1, 0.0, SETTINGS) for each in (Silent("no"), NotBegun()))
    assert isinstance(begun, Again)
    assert begun.counts
    assert isinstance(unbegun, Again)
    assert not unbegun.counts


def test_the_waits_grow_and_end_after_about_three_days() -> None:
    # Given an endpoint that always answers 500
    age, attempt, waits = 0.0, 1, list[float]()
    while isinstance(found := verdict(Answered(500), attempt, age, SETTINGS), Again):
        waits.append(found.wait)
        age, attempt = age + found.wait, attempt + 1

    # Then it is tried soon, ever more rarely, and given up after three days
    assert waits[0] < 7 < 10 < waits[1] < 20
    assert max(waits) <= 6 * HOUR * 1.25
    assert 2.6 * DAY < age <= 3 * DAY
    assert 15 <= attempt <= 25


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (None, 3.0, 7.0),
        (120.0, 120.0, 120.0),  # heeded
        (1.0, 3.0, 7.0),  # our own wait is longer
        (9 * DAY, HOUR, HOUR),  # within reason
    ],
)
def test_an_endpoint_may_ask_for_a_while(asked: float | None, least: float, most: float) -> None:
    found = verdict(Answered(429, "", asked), 1, 0.0, SETTINGS)
    assert isinstance(found, Again)
    assert least <= found.wait <= most


@pytest.mark.parametrize(
    ("outcome", "before", "after"),
    [
        (Answered(200), 4, 0),
        (Answered(400), 4, 0),  # it answers; it only dislikes this event
        (Answered(410), 4, 0),
        (Answered(429), 4, 5),
        (Answered(503), 4, 5),
        (Silent("no"), 4, 5),
        (Forbidden("no"), 4, 5),
        (NotBegun(), 4, 4),  # nothing was learnt
    ],
)
def test_an_endpoint_s_failures_in_a_row(outcome: Outcome, before: int, after: int) -> None:
    assert failures_after(outcome, before) == after


def test_an_endpoint_is_left_alone_longer_each_time_but_never_for_long() -> None:
    assert left_alone_for(4) is None
    first, second = left_alone_for(5), left_alone_for(6)
    assert first is not None
    assert second is not None
    assert 11 < first < 19 < 22 < second < 38
    assert 675 <= (left_alone_for(400) or 0) <= 1125
