"""The benchmark runs, checks what was done, and writes figures of the agreed shape."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(240)


@pytest.mark.servers
def test_a_quick_look_at_gatepost_alone_checks_its_work_and_writes_the_agreed_shape(
    tmp_path: Path,
) -> None:
    # Given a file in which an earlier run has left other figures
    output = tmp_path / "latest.json"
    lists = {"10000": {"page_ms": 1.0, "counts_ms": 2.0}}
    output.write_text(json.dumps({"lists": lists}))

    # When Gatepost makes the item trip three hundred times
    ran = _benchmarks("--only", "gatepost", "--rounds", "1", "--items", "300", "--output", output)

    # Then every item has made the whole trip, once, and only the trip's figures are new
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    assert "not valid" not in ran.stderr
    figures = json.loads(output.read_text())
    trip = figures["item_trip"]["gatepost"]
    assert {"items_per_s", "cpu_ms_per_item", "p50_ms", "p99_ms"} <= trip.keys()
    assert all(trip[name] > 0 for name in ("items_per_s", "p50_ms"))
    assert trip["p50_ms"] <= trip["p99_ms"]
    assert figures["measured"]["quick"] is True
    assert figures["measured"]["rounds"] == 1
    assert figures["lists"] == lists
    assert figures.keys() == {"item_trip", "measured", "lists"}


def test_the_embedded_trip_is_measured_without_servers(tmp_path: Path) -> None:
    # When the trip in one process is looked at
    output = tmp_path / "latest.json"
    ran = _benchmarks("--only", "embedded", "--output", output)

    # Then its work was checked, and its figures stand under its own name
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    figures = json.loads(output.read_text())
    assert figures["embedded"].keys() == {"items_per_s", "p50_ms", "p99_ms"}
    assert figures["measured"]["beside"]["embedded"]["quick"] is True


def test_the_lists_are_looked_at_on_sqlite_without_servers(tmp_path: Path) -> None:
    # When a look at the lists is measured
    output = tmp_path / "latest.json"
    ran = _benchmarks("--only", "lists_sqlite", "--output", output)

    # Then what was seen was checked, and the figures stand by size
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    figures = json.loads(output.read_text())["lists_sqlite"]
    assert {"page_ms", "counts_ms", "search_ms"} <= figures["10000"].keys()


def test_what_cannot_be_measured_is_a_usage_error() -> None:
    ran = _benchmarks("--only", "gatepost,lisps")

    assert ran.returncode == 2
    assert "no lisps: there are gatepost, " in ran.stderr


def _benchmarks(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--quick", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=380, check=False
    )
