"""How long something took, or has been, in two words."""

from datetime import timedelta
from typing import Final

_UNITS: Final = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"))


def span(time: timedelta) -> str:
    """``40 s``, ``3 min``, ``5 h``, ``2 days``: rounded down, never below nothing."""
    seconds = max(0, int(time.total_seconds()))
    for size, one, more in _UNITS:
        if seconds >= size:
            number = seconds // size
            return f"{number:,} {one if number == 1 else more}"
    return f"{seconds} s"
