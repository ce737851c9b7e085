"""Who used how much: CPU seconds and memory of process trees, and what strangers took meanwhile."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import psutil

SAMPLE_EVERY: Final = 1.0


class Tree:
    """Some processes with everything below them."""

    def __init__(self, roots: Iterable[int]) -> None:
        self.roots = [psutil.Process(pid) for pid in roots]

    @classmethod
    def listening(cls, port: int) -> Self | None:
        """The server on ``port`` of this machine; None when it runs elsewhere."""
        for one in psutil.net_connections("tcp"):
            if (
                one.status == psutil.CONN_LISTEN
                and one.laddr
                and one.laddr.port == port
                and one.pid
            ):
                return cls([one.pid])
        return None

    def members(self) -> list[psutil.Process]:
        found = {root.pid: root for root in self.roots}
        for root in self.roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                found |= {child.pid: child for child in root.children(recursive=True)}
        return list(found.values())

    def cpu_seconds(self) -> float:
        """By all of it so far, the children that have ended and been waited for included."""
        total = 0.0
        for member in self.members():
            with contextlib.suppress(psutil.NoSuchProcess):
                used = member.cpu_times()
                total += used.user + used.system + used.children_user + used.children_system
        return total

    def pss_mb(self) -> float:
        return sum(_pss_kb(member.pid) for member in self.members()) / 1024


class Used(NamedTuple):
    """What a stretch of time cost."""

    seconds: float
    cpu: Mapping[str, float]  # CPU seconds by group
    foreign_cores: float  # kept busy by processes that are none of ours

    def cpu_ms(self, group: str, items: int) -> float:
        return self.cpu[group] * 1000 / items


class Meter:
    """CPU seconds by group between ``start`` and ``read``."""

    def __init__(self, groups: Mapping[str, Tree]) -> None:
        self.groups = groups
        roots = {root.pid for tree in groups.values() for root in tree.roots}
        self.ours = Tree(roots | {os.getpid()})

    def start(self) -> None:
        self.began = time.monotonic()
        self.foreign = _busy_seconds() - self.ours.cpu_seconds()
        self.before = {name: tree.cpu_seconds() for name, tree in self.groups.items()}

    def read(self) -> Used:
        cpu = {name: tree.cpu_seconds() - self.before[name] for name, tree in self.groups.items()}
        seconds = time.monotonic() - self.began
        foreign = _busy_seconds() - self.ours.cpu_seconds() - self.foreign
        return Used(seconds, cpu, max(foreign / seconds, 0.0))


class PeakMemory:
    """The largest Pss of a tree while this is entered."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.mb = 0.0
        self._over = threading.Event()
        self._sampling = threading.Thread(target=self._sample, daemon=True)

    def _sample(self) -> None:
        while True:
            self.mb = max(self.mb, self.tree.pss_mb())
            if self._over.wait(SAMPLE_EVERY):
                return

    def __enter__(self) -> Self:
        self._sampling.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._over.set()
        self._sampling.join()


def _pss_kb(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        return 0  # ended meanwhile, or a machine that has no such file
    return 0


def _busy_seconds() -> float:
    """By all of this machine so far; what its host took away counts as well."""
    times = psutil.cpu_times()
    beside = sum(getattr(times, name, 0.0) for name in ("nice", "steal"))  # not on every system
    return times.user + times.system + beside
