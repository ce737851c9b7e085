"""What is measured beside the item trip: Gatepost alone, one question a module."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, cast

from benchmarks.contender import Site
from gatepost.testing.servers import Servers

Figures = dict[str, Any]

#: By name: its module, which offers ``measured(venue) -> Figures`` and ``rows(figures)``.
MEASUREMENTS: Final[Mapping[str, str]] = {
    "exporters": "benchmarks.exporters",
    "embedded": "benchmarks.embedded",
    "recovery": "benchmarks.recovery",
    "alert": "benchmarks.alert",
    "lists": "benchmarks.lists",
    "lists_sqlite": "benchmarks.lists_sqlite",
    "pages": "benchmarks.pages",
}


class NotValid(Exception):
    """What was measured did not do what it should have done, so its figures say nothing."""


@dataclass
class Venue:
    """Where measuring happens: a folder, and servers that start when they are first asked for."""

    folder: Path
    seed: int = 1
    quick: bool = False
    waited: float = 0.0  # seconds until the servers were there
    _opened: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def servers(self) -> Servers:
        began = time.monotonic()
        servers = self._opened.enter_context(Servers.start(self.folder, durable=True))
        self.waited = time.monotonic() - began
        return servers

    def own_folder(self, name: str) -> Path:
        own = self.folder / name
        own.mkdir()
        return own

    def site(self, name: str, erp_url: str) -> Site:
        """An empty virtual host, an empty database and an empty folder."""
        return Site(
            self.servers.rabbitmq.fresh_vhost(),
            self.servers.postgresql.fresh_database(),
            self.servers.redis_url,
            erp_url,
            self.own_folder(name),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._opened.close()


class Measurement(Protocol):
    """A module of :data:`MEASUREMENTS`."""

    def measured(self, venue: Venue) -> Figures:
        """The figures, as they go into the file.

        Raises:
            NotValid: the work was not done as it should have been.

        """

    def rows(self, figures: Figures) -> Iterable[str]:
        """The figures as lines for people."""


def measurement(name: str) -> Measurement:
    return cast(Measurement, importlib.import_module(MEASUREMENTS[name]))
