"""Everything in one process, killed with -9 while QuickBooks has the request in its hands."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from gatepost.ledger import schema
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.messages.requests import Receive
from gatepost.testing.servers.processes import free_port
from tests.journeys.company import ANN, Event, item_id, project
from tests.journeys.gate import Gate
from tests.journeys.quickbooks_company import QuickBooksCompany, of_calder
from tests.journeys.stacks import QUICK, SECRET_KEY


class Beside:
    """A ledger beside the one program that works on it."""

    sandbox_url = ""

    def __init__(self, ledger: Ledger, exporter_url: str) -> None:
        self.ledger = ledger
        self.exporter_url = exporter_url
        self.facts: list[Event] = []

    def publish(self, event: Event) -> None:
        self.publish_raw(json.dumps(event).encode())

    def publish_raw(
        self, body: bytes, content_type: str = "", headers: dict[str, str] | None = None
    ) -> None:
        with self.ledger.work() as work:
            work.send(Receive(item_id="", body=body.decode()))


def test_a_program_that_is_killed_while_quickbooks_is_writing_leaves_one_record(
    tmp_path: Path,
) -> None:
    # Given a project that was accepted, and that QuickBooks holds in its hands
    port, url = free_port(), f"sqlite:///{tmp_path}/gatepost.db"
    database = Database(url)
    schema.upgrade(database)
    gate = Gate(Beside(Ledger(database), f"http://127.0.0.1:{port}"))
    quickbooks = QuickBooksCompany(gate)
    asked, goes_on = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        assert goes_on.wait(60)

    def run() -> subprocess.Popen[bytes]:
        told = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "EXPORTER_HTTP_PORT": str(port)}
        variables = {f"GATEPOST_{name}": value for name, value in told.items()}
        with (tmp_path / "program.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gatepost.cli", "run", "intake", "approval", "exporter"],
                env={**os.environ, **QUICK, **variables},
                stdout=log,
                stderr=log,
            )

    quickbooks.web_connector.hold = hold
    quickbooks.opens()
    program = run()
    try:
        event = of_calder(project("pm-12"))
        sent = item_id(event)
        gate.stack.publish(event)
        entries = {"customer": quickbooks.customer}
        gate.eventually(
            lambda: gate.accepts(sent, by=ANN, entries=entries) in ("done", "unchanged"),
            "it is accepted",
        )
        assert asked.wait(60)

        # When the program is killed, and QuickBooks writes all the same
        program.kill()
        program.wait(30)
        quickbooks.web_connector.hold = None
        goes_on.set()
        gate.eventually(lambda: quickbooks.books.marked(sent), "it is written")

        # Then the next program looks first, and adopts it
        program = run()
        gate.time_passes(sent)
        gate.becomes(sent, "synced")
        assert len(quickbooks.books.marked(sent)) == 1
    finally:
        quickbooks.closes()
        program.kill()
        program.wait(30)
        database.close()
