"""Exporting: requests are leased, the ERP is called with no transaction open, outcomes recorded."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from gatepost.ledger.ledger import PARCEL_SIZE, Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.runtime.service import Prepared, Report
from gatepost_exporter.calls import ExportCall, Line, make
from gatepost_exporter.limits import Limits
from gatepost_exporter.outcomes import Outcome
from gatepost_exporter.preparing import Connectors, Preparation
from gatepost_exporter.recording import Recording
from gatepost_exporter.settings import ExporterSettings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

log = structlog.get_logger()

SMOOTHING: Final = 0.1  # weight of the newest call in the average
WINDOW_SHARE: Final = 0.5  # of the window that is planned to be used


class Exporting:
    """The exporter's outside work; one for each queue it works on, shared by its threads."""

    def __init__(self, program: "Program") -> None:
        self._settings = ExporterSettings()
        self._ledger = program.ledger
        self._limits = Limits(program.redis)
        self._connectors = Connectors()
        self._pool = ThreadPoolExecutor(self._settings.calls, thread_name_prefix="erp")
        self._average_call = 0.01  # seconds
        self._average_slots = float(self._settings.calls)

    @property
    def limit(self) -> int:
        """What fits the window, by the measured call time and the slots there lately were."""
        window = self._settings.window * WINDOW_SHARE
        fitting = self._average_slots * window / max(self._average_call, 0.001)
        return max(1, min(PARCEL_SIZE, int(fitting)))

    @property
    def call_seconds(self) -> float:
        entries = list(self._ledger.directory().connections.values())
        return self._connectors.longest_call(entries)

    @property
    def lease_seconds(self) -> float:
        return self._settings.window + self.call_seconds

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        lease = self._settings.window + self._connectors.longest_call(
            list(work.directory.connections.values())
        )
        return Preparation(work, self._connectors, self._limits, self._settings, lease).run(
            messages
        )

    def perform(self, calls: Sequence[ExportCall], deadline: float, report: Report) -> None:
        """For each line as many tracks as it has slots; each track takes the next call when free."""
        by_line: dict[str, list[ExportCall]] = {}
        for call in calls:
            by_line.setdefault(call.line.name, []).append(call)
        for of_line in by_line.values():
            line, waiting = of_line[0].line, deque(of_line)
            tracks = min(line.slots.count, len(of_line))
            self._average_slots += SMOOTHING * (tracks - self._average_slots)
            last = _Countdown(tracks)
            for _ in range(tracks):
                self._pool.submit(self._track, line, waiting, last, deadline, report)

    def _track(
        self,
        line: Line,
        waiting: deque[ExportCall],
        last: "_Countdown",
        deadline: float,
        report: Report,
    ) -> None:
        try:
            while True:
                try:
                    call = waiting.popleft()
                except IndexError:
                    return
                outcome, seconds = make(call, deadline)
                self._average_call += SMOOTHING * (seconds - self._average_call)
                report(call, outcome)
        finally:
            if last.reached():
                self._limits.give_back(line.name, line.slots)

    def record(self, work: Work, outcomes: Sequence[tuple[ExportCall, Outcome]]) -> list[Hold]:
        return Recording(work, self._settings).run(outcomes)


class _Countdown:
    """Tells the last of several tracks that it is the last."""

    def __init__(self, tracks: int) -> None:
        self._left = tracks
        self._lock = threading.Lock()

    def reached(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0
