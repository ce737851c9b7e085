"""What a look at the lists costs on SQLite; see :mod:`benchmarks.lists`."""

from __future__ import annotations

from itertools import count

from benchmarks.beside import Figures, Venue
from benchmarks.lists import measured_at, rows

__all__ = ["measured", "rows"]


def measured(venue: Venue) -> Figures:
    folder, numbers = venue.own_folder("lists_sqlite"), count()
    return measured_at(venue, lambda: f"sqlite:///{folder}/{next(numbers)}.db")
