"""Exporting: requests are leased, the ERP is called with no transaction open, outcomes recorded."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from gatepost.ledger.ledger import PARCEL_SIZE, Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.runtime.service import Prepared, Report
from gatepost_exporter.calls import ExportCall
from gatepost_exporter.limits import Limits
from gatepost_exporter.lines import Lines
from gatepost_exporter.outcomes import Outcome
from gatepost_exporter.preparing import Preparation
from gatepost_exporter.recording import Recording
from gatepost_exporter.settings import ExporterSettings

if TYPE_CHECKING:
    from gatepost.runtime.program import Program

WINDOW_SHARE: Final = 0.25  # of the window one parcel may fill: others use the same tracks


class Exporting:
    """The exporter's outside work; one for each queue it works on, shared by its threads.

    Args:
        program: whose ledger it works on.
        lines: the ways to the ERPs; the process's own when not given.

    """

    def __init__(self, program: "Program", lines: Lines | None = None) -> None:
        self._settings = ExporterSettings()
        self._ledger = program.ledger
        self.lines = lines or self._own_lines(program)

    def _own_lines(self, program: "Program") -> Lines:
        pool = ThreadPoolExecutor(self._settings.calls, thread_name_prefix="erp")
        return Lines(Limits(program.redis), pool, self._settings)

    @property
    def limit(self) -> int:
        """What fits the window, by the measured call time and the tracks there lately were."""
        window = self._settings.window * WINDOW_SHARE
        return max(1, min(PARCEL_SIZE, int(self.lines.calls_a_second * window)))

    @property
    def call_seconds(self) -> float:
        # As last seen: a lease that turns out too short for a change leaves its calls unbegun.
        return self.lines.longest_call(list(self._ledger.directory_seen().connections.values()))

    @property
    def lease_seconds(self) -> float:
        return self._settings.window + self.call_seconds

    def prepare(self, work: Work, messages: Sequence[Claimed]) -> Prepared:
        return Preparation(work, self.lines, self._settings).run(messages)

    def perform(self, calls: Sequence[ExportCall], deadline: float, report: Report) -> None:
        by_line: dict[str, list[ExportCall]] = {}
        for call in calls:
            by_line.setdefault(call.line.name, []).append(call)
        for of_line in by_line.values():
            self.lines.perform(of_line, deadline, report)

    def record(self, work: Work, outcomes: Sequence[tuple[ExportCall, Outcome]]) -> list[Hold]:
        return Recording(work, self._settings).run(outcomes)
