"""The wait before something is tried again: a pure function, by a table."""

import pytest

from gatepost.runtime.waiting import growing_wait


@pytest.mark.parametrize(
    ("times", "usual"),
    [
        (1, 2.0),  # the first wait
        (2, 4.0),  # doubles
        (5, 32.0),
        (6, 60.0),  # the longest wait
        (500, 60.0),  # without overflow
    ],
)
def test_a_wait_grows_with_jitter_within_bounds(times: int, usual: float) -> None:
    waits = [growing_wait(2.0, times, 60.0) for _ in range(100)]
    assert all(0.75 * usual <= wait <= 1.25 * usual for wait in waits)
    assert len(set(waits)) > 50


def test_the_wait_of_something_very_old_is_still_the_longest() -> None:
    assert growing_wait(2.0, 5000, 60.0) <= 75.0
