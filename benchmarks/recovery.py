"""How soon the embedded program works again after ``kill -9`` in the middle of its work.

From the start of its process, the interpreter's own start included, until an invoice that is handed in
after the start is known to be in the ERP. What was left undone goes on meanwhile.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.erp import Erp, running_erp

TIMES: Final = 3
BACKLOG: Final = 1500  # handed in before the kill
QUICK_BACKLOG: Final = 300
BOOKED_SHARE: Final = 0.2  # of the backlog is in the ERP when the kill comes
ANSWER_MS: Final = 5.0
PATIENCE: Final = 15.0  # seconds until that much is booked

_LEFT_UNDONE: Final = """
select (select count(*) from items where state in ('sent', 'exporting'))
    + (select count(*) from messages where queue = 'intake.ledger')
"""

Process = subprocess.Popen[str]


def measured(venue: Venue) -> Figures:
    backlog = QUICK_BACKLOG if venue.quick else BACKLOG
    rounds = [_once(venue, number, backlog) for number in range(1 if venue.quick else TIMES)]
    return {
        "first_synced_s": round(median(took for took, _ in rounds), 2),
        "undone_at_kill": round(median(left for _, left in rounds)),
        "times_s": [round(took, 2) for took, _ in rounds],
    }


def rows(figures: Figures) -> Iterable[str]:
    yield (
        f"killed with {figures['undone_at_kill']} items to go: a new item is synced "
        f"{figures['first_synced_s']} s after the start (of {figures['times_s']})"
    )


def _once(venue: Venue, number: int, backlog: int) -> tuple[float, int]:
    """Seconds until the new item was synced; and how many items the kill had left undone."""
    folder = venue.own_folder(f"recovery-{number}")
    with running_erp(ANSWER_MS) as erp:
        with _program(folder, erp, venue, first=0, items=backlog) as killed:
            _await_booked(killed, erp, round(backlog * BOOKED_SHARE))
        if not (left := _left_undone(folder)):
            raise NotValid("all was done before the kill")
        began = time.time()
        with _program(folder, erp, venue, first=backlog, items=1) as again:
            synced = _told(again, "synced")
        if doubled := erp.written().doubled:
            raise NotValid(f"ERP: {doubled} written twice")
    return synced - began, left


def _left_undone(folder: Path) -> int:
    """Items on their way, and events not yet received, as the kill left them.

    A copy is read: whoever opens the database itself tidies it up, and that is to be timed.
    """
    copied = folder / "copy"
    copied.mkdir()
    for name in ("gatepost.db", "gatepost.db-wal"):
        shutil.copy(folder / name, copied)
    with closing(sqlite3.connect(copied / "gatepost.db")) as connection:
        return int(connection.execute(_LEFT_UNDONE).fetchone()[0])


@contextmanager
def _program(folder: Path, erp: Erp, venue: Venue, *, first: int, items: int) -> Generator[Process]:
    """The embedded program on its folder; killed at the end, whatever it is doing."""
    command = [sys.executable, "-m", "benchmarks.one_process", str(folder), "--erp-url", erp.url]
    command += ["--first", str(first), "--items", str(items), "--seed", str(venue.seed)]
    with (folder / "program.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, env=_installed(venue), stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _installed(venue: Venue) -> dict[str, str]:
    """An environment in which modules are compiled once, as where they are installed."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(venue.folder / "compiled")}


def _await_booked(process: Process, erp: Erp, wanted: int) -> None:
    _told(process, "started")
    patience = time.monotonic() + PATIENCE
    while (booked := erp.written().marks) < wanted:
        if time.monotonic() > patience or process.poll() is not None:
            raise NotValid(f"{booked} of {wanted} booked before the kill")
        time.sleep(0.02)


def _told(process: Process, what: str) -> float:
    """The moment at which the program says that something happened."""
    assert process.stdout
    for line in process.stdout:
        if what in (said := json.loads(line)):
            return float(said[what])
    raise NotValid(f"the program ended before it said {what}")
