"""One soak: start everything, let the nemesis rage, heal, wait for quiet, take the accounts."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from gatepost.ledger import directory_file, schema, tables
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.runtime.relay import declare_topology
from gatepost.testing.servers import Servers
from tests.journeys.company import DIRECTORY, PATIENCE
from tests.soak.accounts import Accounts, take
from tests.soak.nemesis import Fleet, Nemesis
from tests.soak.workload import Approvers, Upstream

LEAST_ITEMS: Final = 2000
FIRST_ITEMS: Final = (
    50  # in the ERP before the first kill: a young quorum queue dies with RabbitMQ 3.10
)
# Patience for machines that are slow or busy; where they are not, none of it is used up.
START_SECONDS: Final = 300.0
DRAIN_SECONDS: Final = 240.0

# The ERP is slower than the client's time-out for a part of the calls: some are written late, when
# nobody waits for them any more. The settle time is what the connection's owner promises of it.
TIMEOUT, SETTLE, LATE = 0.6, 3.0, 1.5

VARIABLES: Final = {
    "GATEPOST_INTAKE_PARENT_PATIENCE": "60",  # a parent's event may be in the hands of who is killed
    "GATEPOST_EXPORTER_WINDOW": "3",
    "GATEPOST_EXPORTER_FIRST_WAIT": "0.3",
    "GATEPOST_EXPORTER_ATTEMPTS": "12",
    "GATEPOST_EXPORTER_BREAKER_WAIT": "1",
    "GATEPOST_NOTIFIER_FIRST_WAIT": "0.3",
    # What a killed notifier had in hand waits for the end of its lease: the window and two time-outs.
    "GATEPOST_NOTIFIER_WINDOW": "3",
    "GATEPOST_NOTIFIER_SMTP_TIMEOUT": "5",
    "GATEPOST_REDELIVERY_SECONDS": "4",
    "GATEPOST_HANDLER_ATTEMPTS": "12",
    "GATEPOST_SECRET_KEY": "a key for the soak alone",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a soak has to say."""

    seconds: float
    seed: int
    kills: dict[str, int]
    accounts: Accounts

    def as_json(self) -> str:
        """The one line at the end."""
        found = asdict(self.accounts)
        found.pop("wrong")
        document = {"seconds": self.seconds, "seed": self.seed, "items": found.pop("items")}
        return json.dumps({**document, "kills": self.kills, **found})


def soak(folder: Path, *, seconds: float, seed: int, say: Callable[[str], None]) -> Report:
    """Run one soak in a folder of its own."""
    with Servers.start(folder / "servers", durable=True) as servers, _erp(folder) as (erp, smtp):
        database = Database(servers.database_url)
        _prepare(database, servers.amqp_url, erp)
        _behave(erp, {"mode": "late", "delay": LATE, "probability": 0.08})
        fleet = Fleet(folder, _variables(servers, smtp))
        ledger = Ledger(database)
        upstream = Upstream(servers.amqp_url, seed, rate=LEAST_ITEMS / seconds)
        approvers = Approvers(ledger, upstream, servers.amqp_url)
        try:
            fleet.start()
            upstream.start()
            approvers.start()
            _until(lambda: _done(erp) > FIRST_ITEMS, "the first items are in the ERP")
            nemesis = Nemesis(fleet, servers, seed, seconds)
            nemesis.start()
            nemesis.join()
            _until(lambda: upstream.sent >= LEAST_ITEMS, "enough items are sent")
            done = _done(erp)
            say(f"  {upstream.sent} items sent, {done} in the ERP; kills: {dict(nemesis.kills)}")
            _heal(upstream, approvers, fleet, erp)
            _drain(database, fleet, say)
            approvers.reject_all()
            _drain(database, fleet, say)
            refused = approvers.accept_all()
            _drain(database, fleet, say)
            if failed := approvers.retry_failed():
                say(f"  {failed} items had used up their tries and are retried")
                _drain(database, fleet, say)
            wanted = set(upstream.accepted) | set(approvers.resent)
            accounts = take(database, erp, wanted)
            if refused:
                say(f"  decisions refused: {len(refused)}")
        finally:
            upstream.stop()
            approvers.stop()
            approvers.leave()
            fleet.stop()
            database.close()
    return Report(seconds, seed, dict(nemesis.kills), accounts)


def _until(condition: Callable[[], bool], what: str) -> None:
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > START_SECONDS:
            raise RuntimeError(f"in {START_SECONDS:.0f} s it did not happen that {what}")
        time.sleep(0.2)


def _done(erp: str) -> int:
    with urllib.request.urlopen(f"{erp}/erp/records", timeout=120) as answer:  # noqa: S310 - ours
        return len(json.load(answer)["records"])


def _heal(upstream: Upstream, approvers: Approvers, fleet: Fleet, erp: str) -> None:
    upstream.stop()
    approvers.stop()
    fleet.mend()
    _behave(erp, {"mode": "ok"})


def _drain(database: Database, fleet: Fleet, say: Callable[[str], None]) -> None:
    """Wait until nothing is left to be done."""
    begun = time.monotonic()
    counted = sa.select(sa.func.count()).select_from(tables.messages)
    waiting = counted.where(tables.messages.c.due_at.is_not(None))
    quiet = 0
    while quiet < 3 and time.monotonic() - begun < DRAIN_SECONDS:
        fleet.mend()
        with contextlib.suppress(sa.exc.DBAPIError), database.reading() as connection:
            quiet = quiet + 1 if connection.execute(waiting).scalar_one() == 0 else 0
        time.sleep(0.5)
    say(f"  drained in {time.monotonic() - begun:.1f} s")


def _prepare(database: Database, amqp_url: str, erp: str) -> None:
    schema.upgrade(database)
    text = DIRECTORY.replace("ERP_URL", erp)
    text = text.replace(PATIENCE, f"timeout = {TIMEOUT}, settle = {SETTLE}")
    text = text.replace('auto_accept = ["invoice"]', 'auto_accept = ["commitment", "invoice"]')
    text = text.replace(
        'connector = "sandbox"', 'connector = "sandbox"\nin_flight = 16\nper_minute = 0'
    )
    directory_file.apply(database, directory_file.parse(text))
    declare_topology(amqp_url)


def _variables(servers: Servers, smtp: str) -> dict[str, str]:
    return {
        **VARIABLES,
        "GATEPOST_DATABASE_URL": servers.database_url,
        "GATEPOST_AMQP_URL": servers.amqp_url,
        "GATEPOST_REDIS_URL": servers.redis_url,
        "GATEPOST_SMTP_URL": smtp,
    }


@contextmanager
def _erp(folder: Path) -> Generator[tuple[str, str]]:
    """The sandbox as a process of its own: the one that is not killed, for it is the witness."""
    variables = {
        "GATEPOST_SANDBOX_HTTP_PORT": "0",
        "GATEPOST_SANDBOX_SMTP_PORT": "0",
        "GATEPOST_SANDBOX_DATA": str(folder / "sandbox.db"),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from gatepost_sandbox.serving import main; main()"],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        words = process.stdout.readline().split()
        yield words[2], words[4]
    finally:
        process.terminate()
        process.wait(timeout=120)
        process.stdout.close()


def _behave(erp: str, behaviour: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own sandbox
        f"{erp}/erp/behaviour",
        method="PUT",
        data=json.dumps(behaviour).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=120).close()  # noqa: S310 - as above
