"""The live lines of the demo: time, service, what happened."""

import os
import queue
import sys
import threading
import time
from typing import Any, Final

import sqlalchemy as sa
import typer

from gatepost.ledger import tables
from gatepost.ledger.database import Database
from gatepost.messages.facts import Publication

LOOK_SECONDS: Final = 0.05
PAINT: Final = {
    "upstream": "cyan", "intake": "blue", "approval": "magenta", "exporter": "yellow",
    "notifier": "green", "ERP": "red", "demo": "bright_black",
}  # fmt: skip
#: Which service says what happened; what the accepted and exporting say, the next line says better.
TOLD_BY: Final = {
    "received": "intake", "refused": "intake", "accepted": "approval", "rejected": "approval",
    "retrieved": "approval", "synced": "exporter", "failed": "exporter",
}  # fmt: skip


class Telling:
    """Prints what happens, from one thread: facts as they are published, mails, and waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._news: queue.SimpleQueue[Publication] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)
        self._mails: set[str] = set()
        self._waits: dict[str, str] = {}
        self._painted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def start(self) -> None:
        self._mails.update(row.id for row in self._rows(_MAILS))  # of earlier runs
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the last news is told."""
        self._stopping.set()
        self._thread.join(timeout=2)

    def hear(self, publication: Publication) -> None:
        """Take a fact; called while others wait, so it is told later."""
        self._news.put(publication)

    def tell(self, who: str, what: str) -> None:
        """Print a line."""
        name = typer.style(f"{who:9}", fg=PAINT.get(who)) if self._painted else f"{who:9}"
        with self._lock:
            typer.echo(f"{time.strftime('%H:%M:%S')} {name} {what}")

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self._tell_news()
        self._tell_news()

    def _tell_news(self) -> None:
        while not self._news.empty():
            self._tell_fact(self._news.get())
        for row in reversed(self._rows(_MAILS)):
            if row.id not in self._mails:
                self._mails.add(row.id)
                self._tell_mail(row)
        for row in self._rows(_WAITING):
            if row.waits_for != self._waits.get(row.id):
                self._waits[row.id] = row.waits_for
                self.tell("exporter", f"{_label(row)}  waits: {row.waits_for}")

    def _tell_fact(self, publication: Publication) -> None:
        fact, data = publication.event["type"].split(".")[2], publication.event["data"]
        if fact not in TOLD_BY or not publication.exchange:
            return
        found = self._rows(_ITEM.where(tables.items.c.id == data["item_id"]))
        label = _label(found[0]) if found else _name(data["kind"], data["external_id"])
        self.tell(TOLD_BY[fact], f"{label}  {_told(fact, data)}")

    def _tell_mail(self, row: Any) -> None:  # noqa: ANN401 - a row of several tables
        if row.status == "sent":
            self.tell("notifier", f'mail to {row.recipient}  "{row.subject}"')
        else:
            label = _name(row.kind, row.number) if row.kind else "an item"
            self.tell("notifier", f"{label}  no mail to {row.recipient}: {row.reason}")

    def _rows(self, statement: sa.Executable) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(statement))


_ITEM: Final = sa.select(
    *(tables.items.c[name] for name in ("id", "kind", "number", "external_id", "waits_for"))
)
_WAITING: Final = _ITEM.where(
    tables.items.c.state == "exporting",
    tables.items.c.waits_for.not_in(["", "the ERP's answer"]),
)
_MAILS: Final = (
    sa.select(
        *(tables.mails.c[name] for name in ("id", "recipient", "subject", "status", "reason")),
        *(tables.items.c[name] for name in ("kind", "number")),
    )
    .outerjoin(tables.items, tables.items.c.id == tables.mails.c.item_id)
    .where(tables.mails.c.status.in_(["sent", "held_back", "failed", "dropped"]))
    .order_by(tables.mails.c.id.desc())
    .limit(100)
)


def _label(row: Any) -> str:  # noqa: ANN401 - a row
    return _name(row.kind, row.number or row.external_id)


def _name(kind: str, number: str) -> str:
    return f"{(kind or 'item').replace('_', ' ')} {number}"


def _told(fact: str, data: dict[str, Any]) -> str:
    """A fact in a few words."""
    match fact:
        case "received":
            return f"revision {data['revision']} received -> ready to export"
        case "refused":
            return "refused: " + "; ".join(each["message"] for each in data["errors"])
        case "accepted":
            return f"accepted by {data['by']}" + (
                " (setting)" if data["channel"] == "setting" else ""
            )
        case "rejected":
            return f'rejected by {data["by"]}: "{data["comment"]}"'
        case "synced":
            return f"synced as {data['origin']['id']}"
        case "failed":
            return f"failed: {data['cause']['message']} -> failed to export"
    return f"{fact} by {data.get('by', '')}"
