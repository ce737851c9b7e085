"""Tracks: the calls of this process to one ERP, as many side by side as it has slots.

All parcels of the process share a connection's tracks: a track that is free takes the next call,
whosever parcel it is in. So a window slides, and no slot idles behind the slowest call of a parcel.
"""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from gatepost.runtime.service import Report
from gatepost_exporter.calls import ExportCall, make
from gatepost_exporter.limits import Limits, Slots
from gatepost_exporter.outcomes import NotSent

SMOOTHING: Final = 0.1  # weight of the newest call in the average
FIRST_GUESS: Final = 0.01  # seconds a call takes, before any was measured


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits for a track."""

    call: ExportCall
    deadline: float
    report: Report


class Tracks:
    """The tracks of one connection in this process.

    Args:
        name: the connection's, ``company/key``.
        pool: runs the tracks.
        limits: takes the slots back.

    """

    def __init__(self, name: str, pool: Executor, limits: Limits) -> None:
        self._name = name
        self._pool = pool
        self._limits = limits
        self._waiting: deque[Waiting] = deque()
        self._lock = threading.Lock()
        self.running = 0
        self.average_call = FIRST_GUESS

    def perform(
        self, calls: Sequence[ExportCall], deadline: float, report: Report, slots: Slots
    ) -> None:
        """Have calls made by the tracks that run, and by a new one for each slot.

        Args:
            calls: what to call.
            deadline: the last moment to begin a call.
            report: takes each outcome.
            slots: taken for these calls; none where others have them all.

        """
        with self._lock:
            may_call = self.running or slots.count
            if may_call:
                self._waiting.extend(Waiting(call, deadline, report) for call in calls)
                self.running += slots.count
        if not may_call:
            for call in calls:
                report(call, NotSent())
        for name in slots.names:
            self._pool.submit(self._run, name)

    def _run(self, slot: str) -> None:
        try:
            while waiting := self._next():
                outcome, seconds = make(waiting.call, waiting.deadline)
                if seconds:
                    self.average_call += SMOOTHING * (seconds - self.average_call)
                waiting.report(waiting.call, outcome)
        finally:
            self._limits.give_back(self._name, [slot])

    def _next(self) -> Waiting | None:
        """The next call; None ends the track, counted in the same breath."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self.running -= 1
            return None
