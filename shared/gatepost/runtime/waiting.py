"""How long to wait before something is tried again."""

import random


def growing_wait(first: float, times: int, longest: float) -> float:
    """Seconds before the next try: doubled with each, bounded, with a quarter of jitter.

    Args:
        first: seconds before the second try.
        times: how many tries there were, from 1.
        longest: seconds that are not exceeded, save for the jitter.

    """
    grown = first * 2.0 ** min(times - 1, 60)
    return min(longest, grown) * random.uniform(0.75, 1.25)
