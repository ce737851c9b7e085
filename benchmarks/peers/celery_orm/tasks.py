"""One task per hop, one session per task; the next hop is asked for after the commit."""

# Celery ships no types.
# mypy: disable-error-code=untyped-decorator

from __future__ import annotations

import threading
import uuid
from typing import Final

import requests
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.peers import addresses
from benchmarks.peers.announcing import Told, announce
from benchmarks.peers.celery_orm.models import (
    Approver,
    Decision,
    ExportAttempt,
    History,
    Item,
    Notification,
    Policy,
    SeenEvent,
    now,
)
from benchmarks.peers.celery_settings import THREADS, celery_app
from benchmarks.peers.erp_request import bill
from benchmarks.peers.events import ItemEvent
from benchmarks.peers.mailing import synced_mail

app = celery_app("celery_orm")
engine = create_engine(addresses.sqlalchemy_url(), pool_size=THREADS, max_overflow=0)
open_session = sessionmaker(engine, expire_on_commit=False)
calling = threading.local()

AUTO_ACCEPT: Final = "auto-accept"
RETRIES: Final = {
    "autoretry_for": (requests.RequestException,),
    "retry_backoff": True,
    "max_retries": 8,
}


@app.task(name="receive")
def receive(body: str) -> None:
    """Check and store an item."""
    event = ItemEvent.model_validate_json(body)
    item = new_item(event)
    with open_session.begin() as session:
        if session.get(SeenEvent, event.id) is None:
            session.add(SeenEvent(id=event.id))
            session.add(item)
            session.add(History(item_id=item.id, event="received", actor=item.sent_by))
    announce(app, "received", told(item, "sent"))
    approve.delay(str(item.id))


@app.task(name="approve")
def approve(item_id: str) -> None:
    """Accept it where the company lets invoices through by themselves."""
    with open_session.begin() as session:
        item = session.get_one(Item, uuid.UUID(item_id), with_for_update=True)
        if item.state == "sent":
            if not may_pass(session, item):
                return
            session.add(
                Decision(
                    item_id=item.id,
                    revision=item.revision,
                    answer="accept",
                    decided_by=AUTO_ACCEPT,
                )
            )
            session.add(History(item_id=item.id, event="accepted", actor=AUTO_ACCEPT))
            item.state = "exporting"
    announce(app, "accepted", told(item, "exporting"))
    export.delay(item_id)


@app.task(name="export", **RETRIES)
def export(item_id: str) -> None:
    """Write it into the ERP: the attempt is on record before the call is made."""
    with open_session.begin() as session:
        item = session.get_one(Item, uuid.UUID(item_id))
        already = item.state == "synced"
        if not already:
            parent = session.scalars(
                select(Item).filter_by(
                    company=item.company, kind="commitment", external_id=item.parent
                )
            ).one()
            attempt = ExportAttempt(item_id=item.id, mark=f"{item.id}:{item.revision}")
            session.add(attempt)
    if not already:
        request = bill(
            mark=attempt.mark,
            number=item.number,
            reference=item.external_id,
            parent=parent.erp_id,
            content=item.content,
        )
        answer = erp().post(f"{addresses.erp_url()}/erp/invoices", json=request, timeout=30)
        answer.raise_for_status()
        record = answer.json()
        with open_session.begin() as session:
            session.add(attempt)
            attempt.outcome = "done"
            attempt.erp_id = record["id"]
            attempt.finished_at = now()
            item = session.get_one(Item, item.id, with_for_update=True)
            item.state = "synced"
            item.erp_id = record["id"]
            item.erp_lines = record["lines"]
            session.add(History(item_id=item.id, event="synced", actor="exporter"))
    announce(app, "synced", told(item, "synced"))
    notify.delay(item_id)


@app.task(name="notify")
def notify(item_id: str) -> None:
    """Write the mail that tells the sender."""
    with open_session.begin() as session:
        item = session.get_one(Item, uuid.UUID(item_id))
        if session.get(Notification, (item.id, item.revision, item.sent_by)) is not None:
            return
        mail = synced_mail(
            {
                "number": item.number,
                "title": item.title,
                "project": item.project,
                "parent": item.parent,
                "erp_id": item.erp_id,
                "content": item.content,
                "url": item.url,
            }
        )
        session.add(
            Notification(
                item_id=item.id,
                revision=item.revision,
                recipient=item.sent_by,
                **mail._asdict(),
            )
        )


def new_item(event: ItemEvent) -> Item:
    sent = event.data
    return Item(
        id=event.item_id,
        company=sent.company,
        kind=sent.kind,
        external_id=sent.external_id,
        revision=sent.revision,
        status=sent.status,
        state="sent",
        project=sent.project,
        parent=sent.parent,
        number=sent.number,
        title=sent.title,
        created_by=sent.created_by.email,
        sent_by=sent.sent_by.email,
        url=sent.url,
        content=sent.content.model_dump(mode="json"),
    )


def may_pass(session: Session, item: Item) -> bool:
    """Whether the company accepts this kind by itself, and somebody answers for the project."""
    policy = session.get(Policy, (item.company, item.kind))
    approver = session.scalars(
        select(Approver)
        .filter_by(company=item.company, project=item.project, can_push_to_accounting=True)
        .limit(1)
    ).first()
    return policy is not None and policy.auto_accept and approver is not None


def told(item: Item, state: str) -> Told:
    return Told(str(item.id), item.company, item.kind, item.external_id, item.revision, state)


def erp() -> requests.Session:
    """This thread's connection to the ERP."""
    if not hasattr(calling, "session"):
        calling.session = requests.Session()
    session: requests.Session = calling.session
    return session
