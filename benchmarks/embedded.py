"""The item trip in one process on SQLite: as fast as it goes, then at a light load, then checked.

``python -m benchmarks.embedded FOLDER ...`` is that process; the ERP is one of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.contender import Tally
from benchmarks.erp import running_erp
from benchmarks.gatepost_contender import TALLY
from benchmarks.one_process import OneProcess, one_process, say
from benchmarks.workload import invoice_key, invoices
from gatepost.runtime import logs

WARM_UP: Final = 100
ITEMS: Final = 3000
QUIET_RATE: Final = 50.0
QUIET_ITEMS: Final = 300
QUICK_ITEMS: Final = 300
QUICK_QUIET_ITEMS: Final = 50
PATIENCE: Final = 15.0  # seconds for the last of them

_DONE: Final = "select count(*) from mails where template = 'synced'"
_WRITTEN: Final = """
select i.external_id, w.at from written w
join mails m on m.id = w.mail_id join items i on i.id = m.item_id where m.template = 'synced'
"""


def measured(venue: Venue) -> Figures:
    items = QUICK_ITEMS if venue.quick else ITEMS
    quiet = QUICK_QUIET_ITEMS if venue.quick else QUIET_ITEMS
    folder = venue.own_folder("embedded")
    with running_erp() as erp, (folder / "program.log").open("wb") as log:
        command = [sys.executable, "-m", "benchmarks.embedded", str(folder)]
        command += ["--erp-url", erp.url, "--items", str(items), "--quiet", str(quiet)]
        command += ["--seed", str(venue.seed)]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, check=False)  # noqa: S603 - ours
        faults = erp.written().faults(WARM_UP + items + quiet)
    if ended.returncode:
        raise NotValid(f"the program ended with {ended.returncode}; its log is in {folder}")
    told = json.loads(ended.stdout)
    if faults := told["faults"] + faults:
        raise NotValid("; ".join(faults))
    figures: Figures = told["figures"]
    return figures


def rows(figures: Figures) -> Iterable[str]:
    yield f"one process on SQLite: {figures['items_per_s']:.0f} items/s"
    yield f"at {QUIET_RATE:.0f} items/s: p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms"


def _trip(here: OneProcess, items: int, quiet: int) -> Figures:
    here.hand_in(WARM_UP, first=0)
    _await_notified(here, WARM_UP)
    began = time.time()
    here.hand_in(items, first=WARM_UP)
    _await_notified(here, WARM_UP + items)
    rate = items / (max(_written(here).values()) - began)
    p50, p99 = _quiet(here, WARM_UP + items, quiet)
    return {"items_per_s": round(rate, 1), "p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}


def _quiet(here: OneProcess, first: int, items: int) -> tuple[float, float]:
    """One event a transaction, evenly: milliseconds from handing in to the notification row."""
    left = []
    start = time.monotonic()
    for place, body in enumerate(invoices(items, seed=here.seed, first=first)):
        time.sleep(max(start + place / QUIET_RATE - time.monotonic(), 0))
        left.append(time.time())
        here.hand_over([body])
    _await_notified(here, first + items)
    written = _written(here)
    took = [(written[invoice_key(number)] - at) * 1000 for number, at in enumerate(left, first)]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _await_notified(here: OneProcess, items: int) -> None:
    here.await_synced(items - 1, seconds=PATIENCE)
    patience = time.monotonic() + PATIENCE
    while True:
        with here.program.database.reading() as connection:
            found = connection.execute(sa.text(_DONE)).scalar_one()
        if found >= items:
            return
        assert time.monotonic() < patience, f"{found} of {items} notified"
        time.sleep(0.1)


def _written(here: OneProcess) -> dict[str, float]:
    with here.program.database.reading() as connection:
        return {str(row[0]): float(row[1]) for row in connection.execute(sa.text(_WRITTEN))}


def _faults(here: OneProcess, items: int) -> list[str]:
    with here.program.database.reading() as connection:
        return Tally(*connection.execute(sa.text(TALLY)).one()).faults(items)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.embedded", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--erp-url", required=True)
    parser.add_argument("--items", type=int, default=ITEMS)
    parser.add_argument("--quiet", type=int, default=QUIET_ITEMS)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logs.set_up("json", "warning", stream=sys.stderr)
    with one_process(given.folder, given.erp_url, seed=given.seed) as here:
        figures = _trip(here, given.items, given.quiet)
        faults = _faults(here, WARM_UP + given.items + given.quiet)
    say(figures=figures, faults=faults)


if __name__ == "__main__":
    main()
