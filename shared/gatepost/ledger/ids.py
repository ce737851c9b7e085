"""UUIDv7 (RFC 9562, section 5.7): ids that sort by the time they were made."""

import os
import time
from collections.abc import Iterator
from datetime import datetime


def uuid7s() -> Iterator[str]:
    """Rising ids for one transaction: one clock reading and one draw of randomness for many.

    The random bits begin anywhere and rise by one, so the ids of one transaction keep their order
    and those of two transactions do not meet.
    """
    moment = f"{time.time_ns() // 1_000_000:012x}"
    prefix = f"{moment[:8]}-{moment[8:]}-7"
    bits = int.from_bytes(os.urandom(9)) & ((1 << 72) - 1)  # two of the 74 are left to rise into
    while True:
        bits += 1
        tail = f"{(bits & ((1 << 62) - 1)) | (0b10 << 62):016x}"  # the variant is 0b10
        yield f"{prefix}{bits >> 62:03x}-{tail[:4]}-{tail[4:]}"


def uuid7() -> str:
    """A single id."""
    return next(uuid7s())


def lowest_at(moment: datetime) -> str:
    """The id below all that are made from a moment on: a table's newest rows are a range of its key."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7000-8000-000000000000"
