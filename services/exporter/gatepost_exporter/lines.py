"""The ways from this process to the ERPs: each connection's connector, slots and tracks."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from gatepost.connectors.discovery import configure, load_connector
from gatepost.connectors.errors import ConfigurationError
from gatepost.connectors.port import CallsIn, Connector
from gatepost.ledger.directory import ConnectionEntry
from gatepost.runtime.service import Report
from gatepost_exporter.calls import ExportCall, Line
from gatepost_exporter.limits import Limits, Slots
from gatepost_exporter.settings import ExporterSettings
from gatepost_exporter.tracks import FIRST_GUESS, SMOOTHING, Tracks


@dataclass(frozen=True, slots=True)
class Equipped:
    """A connection made ready: its connector, and what its options say about time."""

    made_from: tuple[str, Mapping[str, Any]]
    connector: Connector
    timeout: float
    settle: float


class Lines:
    """All lines of this process, made when they are first needed, anew when options change."""

    def __init__(self, limits: Limits, pool: Executor, settings: ExporterSettings) -> None:
        self.limits = limits
        self.pool = pool
        self.settings = settings
        self._equipped: dict[str, Equipped] = {}
        self._tracks: dict[str, Tracks] = {}
        self._average_tracks = float(settings.calls)
        self.calls_a_second = settings.calls / FIRST_GUESS  # lately, on the slowest line

    def longest_call(self, entries: Sequence[ConnectionEntry]) -> float:
        """Seconds an ERP may be busy with a call at the most: its time-out, and settling."""
        longest = 1.0
        for entry in entries:
            try:
                if not self.serves(entry):
                    continue  # it is never called from here
                ready = self._equip(entry)
            except ConfigurationError:
                continue  # said when an item is to be exported over it
            longest = max(longest, ready.timeout + ready.settle)
        return longest

    def open(self, entry: ConnectionEntry, *, calm: bool) -> Line | None:
        """A line to an ERP; None when every call the connection allows is in use elsewhere.

        Slots are only looked at here: they are taken once the attempts are committed.

        Raises:
            ConfigurationError: the connector is not installed, or its options do not fit.

        """
        ready = self._equip(entry)
        line = Line(entry, ready.connector, ready.settle, calm)
        if self._tracks_of(line.name).running or self.limits.is_free(line.name, entry.in_flight):
            return line
        return None

    def serves(self, entry: ConnectionEntry) -> bool:
        """Whether the ERP can be called from here; one that calls in is waited for.

        Raises:
            ConfigurationError: the connector is not installed, or its options do not fit.

        """
        return not self._calls_in(entry)

    def within_the_minute(self, line: Line, calls: int) -> int:
        """How many of so many calls the connection's limit a minute still allows."""
        return self.limits.within_the_minute(
            line.name, per_minute=line.entry.per_minute, calls=calls
        )

    def a_slot(self, line: Line) -> Slots:
        """One slot of a connection, for a question; none when all its calls are in use."""
        return self._take(line.entry, 1)

    def perform(self, calls: Sequence[ExportCall], deadline: float, report: Report) -> None:
        """Have calls of one line made by its tracks, and by new ones where slots are free."""
        line = calls[0].line
        tracks = self._tracks_of(line.name)
        slots = self._take(line.entry, min(len(calls), self.settings.calls - tracks.running))
        tracks.perform(calls, deadline, report, slots)
        self._average_tracks += SMOOTHING * (tracks.running - self._average_tracks)
        slowest = max(each.average_call for each in self._tracks.values())
        self.calls_a_second = self._average_tracks / slowest

    def _calls_in(self, entry: ConnectionEntry) -> bool:
        return isinstance(self._equip(entry).connector, CallsIn)

    def _take(self, entry: ConnectionEntry, wanted: int) -> Slots:
        name = f"{entry.company}/{entry.key}"
        timeout = self._equip(entry).timeout
        return self.limits.take(name, limit=entry.in_flight, wanted=wanted, lease=timeout)

    def _tracks_of(self, name: str) -> Tracks:
        return self._tracks.setdefault(name, Tracks(name, self.pool, self.limits))

    def _equip(self, entry: ConnectionEntry) -> Equipped:
        name = f"{entry.company}/{entry.key}"
        made_from = (entry.connector, entry.options)
        known = self._equipped.get(name)
        if known is None or known.made_from != made_from:
            kind = load_connector(entry.connector)
            config = configure(kind, entry.options)
            known = Equipped(made_from, kind(config), config.timeout, config.settle_seconds)
            self._equipped[name] = known
        return known
