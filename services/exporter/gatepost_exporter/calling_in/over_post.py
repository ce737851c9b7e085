"""The line to an ERP that has called: its connector asks over the post of this call."""

from collections.abc import Sequence
from dataclasses import replace

from gatepost.connectors.port import CallsIn
from gatepost.ledger.directory import ConnectionEntry
from gatepost.runtime.service import Report
from gatepost_exporter.calling_in.post import Post
from gatepost_exporter.calls import ExportCall, Line, make
from gatepost_exporter.limits import Slots
from gatepost_exporter.lines import Equipped, Lines


class LinesOverPost(Lines):
    """In place of a process's own lines, for as long as one call lasts.

    The call itself holds the connection's slot: in it one thing is done after the other.
    """

    def __init__(self, lines: Lines, entry: ConnectionEntry, post: Post) -> None:
        super().__init__(lines.limits, lines.pool, lines.settings)
        self._entry = entry
        self._post = post

    def serves(self, entry: ConnectionEntry) -> bool:
        return True

    def longest_call(self, entries: Sequence[ConnectionEntry]) -> float:
        """What is handed out at the last moment may take as long again to be answered."""
        ready = self._equip(self._entry)
        return 2 * ready.timeout + ready.settle

    def open(self, entry: ConnectionEntry, *, calm: bool) -> Line | None:
        ready = self._equip(entry)
        return Line(entry, ready.connector, ready.settle, calm)

    def a_slot(self, line: Line) -> Slots:
        self._post.until = float("inf")  # a question is safe to ask at any time
        return Slots(("the call itself",))

    def perform(self, calls: Sequence[ExportCall], deadline: float, report: Report) -> None:
        for call in calls:
            self._post.until = deadline + self._equip(call.line.entry).timeout
            outcome, _ = make(call, deadline)
            report(call, outcome)

    def _equip(self, entry: ConnectionEntry) -> Equipped:
        ready = super()._equip(entry)
        assert isinstance(ready.connector, CallsIn), "no other has a post"  # noqa: S101
        return replace(ready, connector=ready.connector.over(self._post))
