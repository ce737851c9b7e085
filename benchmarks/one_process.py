"""The whole trip in one process on SQLite: ``python -m benchmarks.one_process FOLDER``.

It lives in its folder, takes invoices as the ledger's own messages, and says on its output what
happened, a JSON document a line, so that whoever started it may also kill it.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr

from benchmarks.company import Company, settle
from benchmarks.processes import SERVICES
from benchmarks.workload import invoice_key, invoices
from gatepost.ledger.database import Database
from gatepost.messages.facts import Fact, Publication
from gatepost.messages.requests import Receive
from gatepost.runtime import logs
from gatepost.runtime.program import Program
from gatepost.runtime.services import load_service
from gatepost.runtime.settings import Settings
from gatepost.runtime.transport import InProcess

TOGETHER: Final = 200  # events handed in by one transaction
AHEAD: Final = 2 * TOGETHER  # events that are handed in and not yet received, at the most

LOOK_EVERY: Final = 0.002  # seconds

# When a mail's row was written; the clock is the process's own, as SQLite's has milliseconds only.
_NOTED: Final = "create table if not exists written (mail_id text primary key, at real)"
_NOTING: Final = """
create temp trigger if not exists note after insert on main.mails begin
    insert into written values (new.id, bench_now());
end
"""


class OneProcess:
    """A program of all services on SQLite, and what it says has happened."""

    def __init__(self, program: Program, seed: int) -> None:
        self.program = program
        self.seed = seed
        self.synced: dict[str, float] = {}  # by external id: when it was heard of
        self._received = 0
        self._handed_in = 0
        assert isinstance(program.transport, InProcess)
        program.transport.listeners.append(self._hear)

    def hand_in(self, count: int, *, first: int) -> None:
        """Hand in invoices, as fast as they are taken."""
        bodies = invoices(count, seed=self.seed, first=first)
        for begin in range(0, count, TOGETHER):
            while self._handed_in - self._received > AHEAD - TOGETHER:
                time.sleep(LOOK_EVERY)
            self.hand_over(bodies[begin : begin + TOGETHER])

    def hand_over(self, bodies: Sequence[bytes]) -> None:
        """Events in one transaction, as the API would leave them."""
        self._handed_in += len(bodies)
        with self.program.ledger.work() as work:
            for body in bodies:
                work.send(Receive(item_id="", body=body.decode()))

    def await_synced(self, number: int, *, seconds: float) -> float:
        """When it was heard that an invoice is in the ERP."""
        key, patience = invoice_key(number), time.monotonic() + seconds
        while key not in self.synced:
            assert time.monotonic() < patience, f"{key} is not synced after {seconds:.0f} s"
            time.sleep(LOOK_EVERY)
        return self.synced[key]

    def _hear(self, publication: Publication) -> None:
        """Nobody is woken from here: the worker that calls goes on at once."""
        kind = publication.event["type"]
        if kind == Fact.RECEIVED.type:
            self._received += 1
        elif kind == Fact.SYNCED.type:
            self.synced.setdefault(publication.event["data"]["external_id"], time.time())


@contextmanager
def one_process(folder: Path, erp_url: str, *, seed: int = 1) -> Generator[OneProcess]:
    """A program on the folder's database, which is made if it is not there."""
    url = f"sqlite:///{folder}/gatepost.db"
    if not (folder / "gatepost.db").exists():
        database = Database(url)
        settle(database, Company(erp_url))
        database.close()
    program = Program(
        Settings(database_url=SecretStr(url)), [load_service(name) for name in SERVICES]
    )
    sa.event.listen(program.database.engine, "connect", _note_when_mails_are_written)
    here = OneProcess(program, seed)
    program.start()
    try:
        yield here
    finally:
        program.stop()


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def _note_when_mails_are_written(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's own connection
    connection.create_function("bench_now", 0, time.time)
    connection.execute(_NOTED)
    connection.execute(_NOTING)


def main() -> None:
    """Start, hand in what is asked for, tell when the last of it is synced; run until killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one_process", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--erp-url", required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logs.set_up("json", "warning", stream=sys.stderr)
    with one_process(given.folder, given.erp_url, seed=given.seed) as here:
        say(started=time.time())
        here.hand_in(given.items, first=given.first)
        last = given.first + given.items - 1
        say(synced=here.await_synced(last, seconds=60))
        threading.Event().wait()


if __name__ == "__main__":
    main()
