"""What the rounds add up to: a table for people, a file for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measure import Run

Figures = dict[str, Any]

LATEST: Final = Path(__file__).parent / "latest.json"
HEAD: Final = (
    f"{'':12}{'items/s':>9}{'CPU ms an item (workers, RabbitMQ, PostgreSQL)':>49}"
    f"{'Pss MB':>8}{'p50 ms':>8}{'p99 ms':>8}{'strangers':>11}"
)


def row(name: str, run: Run) -> str:
    parts = ", ".join(f"{ms:.2f}" for ms in run.cpu_ms.values())
    cpu = f"{run.cpu_ms_per_item:.2f} ({parts})"
    return (
        f"{name:12}{run.items_per_s:9.0f}{cpu:>49}{run.pss_mb:8.0f}{run.p50_ms:8.1f}"
        f"{run.p99_ms:8.1f}{run.foreign_cores:11.2f}"
    )


def table(runs: Mapping[str, Sequence[Run]]) -> str:
    """The medians, and how Gatepost stands to each peer."""
    medians = {name: _median(of) for name, of in runs.items()}
    rows = [row(name, run) for name, run in medians.items()]
    ratios = [
        f"gatepost / {name.removeprefix('ratio_')}: {ratio}"
        for name, ratio in _ratios(runs).items()
    ]
    return "\n".join([HEAD, *rows, *ratios])


def item_trip(runs: Mapping[str, Sequence[Run]]) -> Figures:
    figures: Figures = {name: _figures(_median(of)) for name, of in runs.items()}
    return figures | _ratios(runs)


def keep_item_trip(
    runs: Mapping[str, Sequence[Run]], circumstances: Figures, path: Path, *, quick: bool
) -> None:
    every = [run for of in runs.values() for run in of]
    measured = circumstances | {
        "at": _now(),
        "quick": quick,
        "rounds": max(len(of) for of in runs.values()),
        "most_foreign_cores": round(max(run.foreign_cores for run in every), 2),
    }
    _keep(path, {"item_trip": item_trip(runs)}, measured)


def keep_beside(name: str, figures: Figures, path: Path, *, quick: bool) -> None:
    """Put what was measured beside the item trip into the file, under its name."""
    measured = {"beside": {name: {"at": _now(), "quick": quick}}}
    _keep(path, {name: figures}, measured)


def _keep(path: Path, figures: Figures, measured: Figures) -> None:
    """Replace these figures in the file, and leave all others."""
    known: Figures = json.loads(path.read_text()) if path.exists() else {}
    before: Figures = known.get("measured", {})
    beside = before.get("beside", {}) | measured.get("beside", {})
    known |= figures | {"measured": before | measured | {"beside": beside}}
    path.write_text(json.dumps(known, indent=1) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _median(runs: Iterable[Run]) -> Run:
    of = list(runs)

    def middle(figure: Callable[[Run], float]) -> float:
        return median(figure(run) for run in of)

    groups = {name: median(run.cpu_ms[name] for run in of) for name in of[0].cpu_ms}
    return Run(
        items_per_s=middle(lambda run: run.items_per_s),
        cpu_ms=groups,
        pss_mb=middle(lambda run: run.pss_mb),
        p50_ms=middle(lambda run: run.p50_ms),
        p99_ms=middle(lambda run: run.p99_ms),
        foreign_cores=middle(lambda run: run.foreign_cores),
    )


def _figures(run: Run) -> Figures:
    return {
        "items_per_s": round(run.items_per_s, 1),
        "cpu_ms_per_item": round(run.cpu_ms_per_item, 3),
        "p50_ms": round(run.p50_ms, 2),
        "p99_ms": round(run.p99_ms, 2),
        "cpu_ms": {group: round(ms, 3) for group, ms in run.cpu_ms.items()},
        "workers_pss_mb": round(run.pss_mb),
    }


def _ratios(runs: Mapping[str, Sequence[Run]]) -> dict[str, float]:
    if "gatepost" not in runs:
        return {}
    own = _median(runs["gatepost"]).items_per_s
    peers = [name for name in runs if name != "gatepost"]
    return {f"ratio_{name}": round(own / _median(runs[name]).items_per_s, 2) for name in peers}
