"""The ERP stub as a process of its own, for the length of a run."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]


class Written(NamedTuple):
    """What the ERP has seen."""

    posts: int
    marks: int
    doubled: int

    def faults(self, items: int) -> list[str]:
        """In what this differs from ``items`` records, each written once."""
        faults = [] if self.marks == items else [f"ERP: {self.marks} marks instead of {items}"]
        return faults + ([f"ERP: {self.doubled} written twice"] if self.doubled else [])


class Erp(NamedTuple):
    """A running stub."""

    url: str

    def written(self) -> Written:
        with urllib.request.urlopen(f"{self.url}/stats", timeout=10) as answer:  # noqa: S310 - ours
            return Written(**json.load(answer))


@contextmanager
def running_erp(delay_ms: float = 0) -> Iterator[Erp]:
    """An ERP on a free port, with empty books."""
    command = [sys.executable, "-m", "benchmarks.erp_stub", "--delay-ms", str(delay_ms)]
    stub = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    try:
        assert stub.stdout
        yield Erp(stub.stdout.readline().strip())
    finally:
        stub.terminate()
        stub.wait()
