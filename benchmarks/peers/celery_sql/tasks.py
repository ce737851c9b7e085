"""One task per hop, one statement per transaction; what the next hop needs travels along."""

# Celery ships no types.
# mypy: disable-error-code=untyped-decorator

from __future__ import annotations

import http.client
import json
import threading
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from celery import Task
from psycopg.rows import namedtuple_row

from benchmarks.peers import addresses
from benchmarks.peers.announcing import Told, announce
from benchmarks.peers.celery_settings import celery_app
from benchmarks.peers.celery_sql import statements
from benchmarks.peers.erp_request import bill
from benchmarks.peers.events import ItemEvent
from benchmarks.peers.mailing import synced_mail

app = celery_app("celery_sql")
held = threading.local()

RETRIES: Final = {
    "autoretry_for": (OSError, http.client.HTTPException),
    "retry_backoff": True,
    "max_retries": 8,
}
Facts = dict[str, Any]


@app.task(name="receive")
def receive(body: str) -> None:
    """Check and store an item."""
    event = ItemEvent.model_validate_json(body)
    sent = event.data
    item_id = str(event.item_id)
    facts = sent.model_dump(exclude={"created_by", "sent_by", "content"})
    facts |= {
        "id": item_id,
        "event_id": event.id,
        "created_by": sent.created_by.email,
        "sent_by": sent.sent_by.email,
        "content": sent.content.model_dump_json(),
    }
    database().execute(statements.RECEIVE, facts)
    item = Told(item_id, sent.company, sent.kind, sent.external_id, sent.revision, "sent")
    announce(app, "received", item)
    send(approve, *item[:5])


@app.task(name="approve")
def approve(item_id: str, company: str, kind: str, external_id: str, revision: int) -> None:
    """Accept it where the company lets invoices through by themselves."""
    done = database().execute(statements.APPROVE, {"id": item_id})
    if not done.rowcount and waits(item_id):
        return
    item = Told(item_id, company, kind, external_id, revision, "exporting")
    announce(app, "accepted", item)
    send(export, *item[:5])


@app.task(name="export", **RETRIES)
def export(item_id: str, company: str, kind: str, external_id: str, revision: int) -> None:
    """Write it into the ERP: the attempt is on record before the call is made."""
    row = database().execute(statements.BEGIN_EXPORT, {"id": item_id}).fetchone()
    assert row is not None
    erp_id = row.erp_id
    if row.state == "exporting":
        request = bill(
            mark=row.mark,
            number=row.number,
            reference=external_id,
            parent=row.parent_erp_id,
            content=row.content,
        )
        record = post_to_erp("/erp/invoices", request)
        erp_id = record["id"]
        database().execute(
            statements.FINISH_EXPORT,
            {
                "id": item_id,
                "attempt": row.id,
                "erp_id": erp_id,
                "erp_lines": json.dumps(record["lines"]),
            },
        )
    announce(app, "synced", Told(item_id, company, kind, external_id, revision, "synced"))
    facts = {
        "number": row.number,
        "title": row.title,
        "project": row.project,
        "parent": row.parent,
        "erp_id": erp_id,
        "content": row.content,
        "url": row.url,
    }
    send(notify, item_id, revision, row.sent_by, facts)


@app.task(name="notify")
def notify(item_id: str, revision: int, recipient: str, facts: Facts) -> None:
    """Write the mail that tells the sender."""
    mail = synced_mail(facts)
    database().execute(
        statements.NOTIFY,
        {"id": item_id, "revision": revision, "recipient": recipient, **mail._asdict()},
    )


def waits(item_id: str) -> bool:
    """Whether it still waits for an approver, rather than having been accepted before."""
    row = database().execute(statements.STATE, {"id": item_id}).fetchone()
    return row is not None and row.state == "sent"


def send(task: Task, *args: Any) -> None:
    """Ask for the next hop, without spelling the arguments out a second time for logs."""
    task.apply_async(args, argsrepr="", kwargsrepr="")


def database() -> psycopg.Connection[Any]:
    """This thread's connection; every statement is its own transaction."""
    connection: psycopg.Connection[Any] | None = getattr(held, "database", None)
    if connection is None or connection.closed:
        connection = psycopg.connect(
            addresses.psycopg_url(), autocommit=True, row_factory=namedtuple_row
        )
        held.database = connection
    return connection


def post_to_erp(path: str, value: Facts) -> Facts:
    connection = erp()
    try:
        connection.request("POST", path, json.dumps(value), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        raise
    if answer.status >= 300:
        raise http.client.HTTPException(f"{answer.status}: {body[:200]!r}")
    record: Facts = json.loads(body)
    return record


def erp() -> http.client.HTTPConnection:
    """This thread's connection to the ERP, kept open."""
    if not hasattr(held, "erp"):
        place = urlsplit(addresses.erp_url())
        held.erp = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    connection: http.client.HTTPConnection = held.erp
    return connection
