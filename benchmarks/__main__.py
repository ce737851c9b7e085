"""``python -m benchmarks``: the item trip, contender against contender; then Gatepost alone."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks import report
from benchmarks.beside import MEASUREMENTS, NotValid, Venue, measurement
from benchmarks.circumstances import circumstances
from benchmarks.measure import Run
from benchmarks.rounds import CONTENDERS, Asked, missing, played


def main() -> int:
    given = arguments().parse_args()
    names = [name for name in given.only if name in CONTENDERS and not left_out(name)]
    beside = [name for name in given.only if name in MEASUREMENTS]
    if not names and not beside:
        return 2
    asked = Asked(names, given.rounds, given.items, given.quiet_seconds)
    folder = on_disk()
    try:
        with Venue(folder, given.seed, given.quick) as venue:
            valid = not names or play(asked, venue, given.output)
            if valid and beside:
                valid = look_beside(beside, venue, given.output)
    except BaseException as error:
        error.add_note(f"logs: {folder}")
        raise
    if valid:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    print(f"logs: {folder}", file=sys.stderr)
    return 1


def play(asked: Asked, venue: Venue, output: Path) -> bool:
    """Play all rounds and report; False as soon as a run has not written what it should have."""
    runs: dict[str, list[Run]] = defaultdict(list)
    around = circumstances(venue.servers)
    print(report.HEAD)
    for number, name, run in played(asked, venue):
        print(f"{report.row(name, run)}   round {number}", flush=True)
        if run.faults:
            print(f"{name} is not valid: {'; '.join(run.faults)}", file=sys.stderr)
            return False
        runs[name].append(run)
    print(f"\nmedians of {asked.rounds}\n{report.table(runs)}")
    report.keep_item_trip(runs, around, output, quick=venue.quick)
    return True


def look_beside(names: list[str], venue: Venue, output: Path) -> bool:
    """Measure Gatepost alone; False as soon as something was not done as it should have been."""
    print("\nGatepost alone")
    for name in names:
        one, began = measurement(name), time.monotonic() - venue.waited
        try:
            figures = one.measured(venue)
        except NotValid as error:
            print(f"{name} is not valid: {error}", file=sys.stderr)
            return False
        for row in one.rows(figures):
            print(f"{name:12}{row}")
        took = time.monotonic() - began - venue.waited
        print(f"{'':12}measured in {took:.0f} s", flush=True)
        report.keep_beside(name, figures, output, quick=venue.quick)
    return True


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--items", type=int, help="for each contender; default: about 10 s each")
    parser.add_argument(
        "--only",
        type=known_names,
        default=[*CONTENDERS, *MEASUREMENTS],
        help=f"names, comma between them, of {', '.join([*CONTENDERS, *MEASUREMENTS])}",
    )
    parser.add_argument("--quiet-seconds", type=float, default=6.0, help="of the latency part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few items: whether it runs at all")
    parser.add_argument("--output", type=Path, default=report.LATEST)
    return parser


def known_names(text: str) -> list[str]:
    names = text.split(",")
    known = [*CONTENDERS, *MEASUREMENTS]
    if strange := [name for name in names if name not in known]:
        there_are = ", ".join(known)
        raise argparse.ArgumentTypeError(f"no {', '.join(strange)}: there are {there_are}")
    return names


def left_out(name: str) -> bool:
    """Whether a contender is not there to be measured; says so."""
    if gone := missing(name):
        print(f"{name} is left out: {CONTENDERS[name][0]} is not there", file=sys.stderr)
    return gone


def on_disk() -> Path:
    """A folder that PostgreSQL's user can reach; /tmp is memory on some machines."""
    disk = Path("/var/tmp")  # noqa: S108 - mkdtemp makes the name
    folder = tempfile.mkdtemp(prefix="gatepost-bench-", dir=disk if disk.is_dir() else None)
    Path(folder).chmod(0o755)
    return Path(folder)


if __name__ == "__main__":
    sys.exit(main())
