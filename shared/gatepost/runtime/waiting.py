"""How long to wait before something is tried again."""

import random


def growing_wait(first: float, times: int, longest: float, *, factor: float = 2.0) -> float:
    """Seconds before the next try: growing with each, bounded, with a quarter of jitter.

    Args:
        first: seconds before the second try.
        times: how many tries there were, from 1.
        longest: seconds that are not exceeded, save for the jitter.
        factor: by which a wait is longer than the one before.

    """
    grown = first * factor ** min(max(times - 1, 0), 60)
    return min(longest, grown) * random.uniform(0.75, 1.25)
