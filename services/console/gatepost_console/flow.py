"""The route of an item in numbers, hop by hop: what waits, what is late, what was done just now.

Every question is a short range of an index, or stops at a limit: it costs the same with a million
items. The queues are the house's; items, the ERP and mails are the company's own.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting
from gatepost.ledger.database import Database
from gatepost.ledger.ids import lowest_at
from gatepost.ledger.summary_plan import IS_WORK
from gatepost.ledger.tables import (
    connections,
    export_attempts,
    history,
    items,
    mails,
    messages,
    quarantine,
)
from gatepost.messages.requests import SyncByItself
from gatepost.messages.routes import Queue
from gatepost_console.health import workers

RECENT: Final = timedelta(minutes=5)  # what counts as just done
CALLED: Final = timedelta(minutes=30)  # a call that has no answer after so long will get none
MOST: Final = 20_000  # messages that are counted one by one; beyond it that is said
MOST_READY: Final = 2_000  # the same of items on the two Ready lists


class Stop(StrEnum):
    """The stops on an item's route, in its order."""

    UPSTREAM = "upstream"
    INTAKE = "intake"
    APPROVAL = "approval"
    EXPORTER = "exporter"
    ERP = "erp"
    MAIL = "mail"


#: Where the queues belong; lanes of exports belong to the exporter.
_STOP_OF: Final = {
    Queue.INTAKE_LEDGER: Stop.INTAKE,
    Queue.APPROVAL: Stop.APPROVAL,
    Queue.READ: Stop.ERP,
    Queue.NOTIFY: Stop.MAIL,
    Queue.POST: Stop.MAIL,
    Queue.WEBHOOKS: Stop.MAIL,
    Queue.EVENTS: Stop.MAIL,
}
_SERVICE_OF: Final = {
    Stop.INTAKE: "intake",
    Stop.APPROVAL: "approval",
    Stop.EXPORTER: "exporter",
    Stop.MAIL: "notifier",
}
_SENT: Final = ("sent", "resent")
_DECIDED: Final = ("accepted", "rejected", "retrieved", "taken back", "retried", "unlinked")
_EXPORTED: Final = ("synced", "failed to export")


@dataclass(slots=True)
class Hop:
    """One stop. ``waiting`` has ``due`` and ``failing`` in it, but not what is parked.

    ``failing`` was tried and did not succeed yet; ``oldest`` is when the oldest of what waits came.
    """

    stop: Stop
    waiting: int = 0
    due: int = 0
    oldest: datetime | None = None
    done: int = 0
    failing: int = 0
    parked: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a queue to this stop."""
        self.waiting += row["waiting"]
        self.due += row["due"]
        self.failing += row["failing"]
        moments = [moment for moment in (self.oldest, row["oldest"]) if moment]
        self.oldest = min(moments, default=None)


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole route at one moment.

    ``people`` are items that wait for somebody's decision; ``failed`` those on Failed To Export;
    ``quarantined`` events of the company that could not be taken. ``more`` and ``more_people`` say
    that so much waits that not all of it was counted.
    """

    now: datetime
    hops: Mapping[Stop, Hop]
    people: int
    people_since: datetime | None
    failed: int
    quarantined: int
    silent: frozenset[Stop]  # no worker of its service shows life
    paused: int
    is_open: int
    more: bool
    more_people: bool


def flow_of(database: Database, company: str) -> Flow:
    """The route as it is now, as an operator of a company sees it."""
    hops = {stop: Hop(stop) for stop in Stop}
    with database.reading() as connection:
        now: datetime = connection.execute(database.statements.now).one().now
        counted = _queues(connection, hops, now)
        _recent(connection, company, hops, now)
        _calls(connection, company, hops[Stop.ERP], now)
        people, since, more_people = _people(connection, company)
        quarantined = connection.execute(_QUARANTINED, {"company": company}).scalar_one()
        gates = connection.execute(_GATES, {"company": company}).all()
    counts = counting.counts(database, company)
    alive = workers(database)
    return Flow(
        now=now,
        hops=hops,
        people=people,
        people_since=since,
        failed=sum(counts[WorkList.FAILED_TO_EXPORT].values()),
        quarantined=quarantined,
        silent=frozenset(stop for stop, service in _SERVICE_OF.items() if service not in alive),
        paused=sum(1 for gate in gates if gate.paused),
        is_open=sum(1 for gate in gates if gate.open_until and gate.open_until > now),
        more=counted > MOST,
        more_people=more_people,
    )


def _queues(connection: sa.Connection, hops: Mapping[Stop, Hop], now: datetime) -> int:
    counted = 0
    for row in connection.execute(_WAITING, {"now": now}).mappings():
        hops[_stop_of(row["queue"])].add(dict(row))
        counted += row["waiting"]
    for row in connection.execute(_PARKED).mappings():
        hops[_stop_of(row["queue"])].parked += row["how_many"]
    return counted


def _recent(
    connection: sa.Connection, company: str, hops: Mapping[Stop, Hop], now: datetime
) -> None:
    """What was done just now: read from the history, whose ids rise with time."""
    found: Counter[str] = Counter()
    values = {"company": company, "since": lowest_at(now - RECENT)}
    for row in connection.execute(_DONE, values):
        found[row.what] = row.how_many
    sent = sum(found[what] for what in _SENT)
    hops[Stop.UPSTREAM].done = hops[Stop.INTAKE].done = sent
    hops[Stop.APPROVAL].done = sum(found[what] for what in _DECIDED)
    hops[Stop.EXPORTER].done = sum(found[what] for what in _EXPORTED)
    moments = {"company": company, "since": now - RECENT, "written": now - timedelta(hours=1)}
    hops[Stop.MAIL].done = connection.execute(_POSTED, moments).scalar_one()


def _calls(connection: sa.Connection, company: str, hop: Hop, now: datetime) -> None:
    """The calls to the ERP: those without an answer yet, those answered just now."""
    values = {"company": company, "since": lowest_at(now - CALLED), "answered": now - RECENT}
    row = connection.execute(_CALLS, values).mappings().one()
    hop.waiting, hop.oldest = row["waiting"], row["oldest"]
    hop.done, hop.failing = row["done"], row["failing"]


def _people(connection: sa.Connection, company: str) -> tuple[int, datetime | None, bool]:
    row = connection.execute(_UNDECIDED, {"company": company}).one()
    return row.how_many, row.oldest, row.seen > MOST_READY


def _stop_of(queue: str) -> Stop:
    return _STOP_OF.get(queue, Stop.EXPORTER)  # type: ignore[call-overload, no-any-return]


def _oldest(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.min(column, type_=messages.c.created_at.type).label("oldest")


def _count_where(condition: sa.ColumnElement[bool], name: str) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0).label(name)


_HOW_MANY: Final = sa.func.count().label("how_many")
_IS_WAITING: Final = sa.and_(
    messages.c.due_at.is_not(None), IS_WORK, messages.c.type != SyncByItself.TYPE
)
_waiting: Final = (
    sa.select(
        *(messages.c[name] for name in ("queue", "due_at", "lease_token", "last_error")),
        messages.c.created_at,
    )
    .where(_IS_WAITING)
    .limit(MOST + 1)
    .subquery()
)
_WAITING: Final = sa.select(
    _waiting.c.queue,
    sa.func.count().label("waiting"),
    _count_where(
        _waiting.c.lease_token.is_(None)
        | (_waiting.c.due_at <= sa.bindparam("now", type_=messages.c.due_at.type)),
        "due",
    ),
    _count_where(_waiting.c.last_error.is_not(None), "failing"),
    _oldest(_waiting.c.created_at),
).group_by(_waiting.c.queue)
_PARKED: Final = (
    sa.select(messages.c.queue, _HOW_MANY)
    .where(messages.c.due_at.is_(None))
    .group_by(messages.c.queue)
)

_company: Final = sa.bindparam("company", type_=sa.Text)
_since_id: Final = sa.bindparam("since", type_=history.c.id.type)
_since: Final = sa.bindparam("since", type_=mails.c.created_at.type)
_written: Final = sa.bindparam("written", type_=mails.c.created_at.type)
_done: Final = (
    sa.select(history.c.what)
    .where(history.c.id >= _since_id, history.c.company == _company)
    .order_by(history.c.id.desc())
    .limit(MOST)
    .subquery()
)
_DONE: Final = sa.select(_done.c.what, _HOW_MANY).group_by(_done.c.what)
_POSTED: Final = sa.select(sa.func.count()).where(
    mails.c.company == _company, mails.c.created_at >= _written, mails.c.sent_at >= _since
)
#: The newest calls, cut off before anything is joined to them: no planner begins at the items then.
NEWEST_CALLS: Final = (
    sa.select(export_attempts)
    .where(export_attempts.c.id >= _since_id)
    .order_by(export_attempts.c.id.desc())
    .limit(MOST)
    .subquery()
)
_called: Final = (
    sa.select(*(NEWEST_CALLS.c[name] for name in ("outcome", "started_at", "finished_at")))
    .join(items, items.c.id == NEWEST_CALLS.c.item_id)
    .where(items.c.company == _company)
    .subquery()
)
#: How a call ends that nothing is wrong with: an ERP may well answer tomorrow.
CALM: Final = ("Done", "NotSent", "NotThereYet", "AnswerAwaited")
_unanswered: Final = _called.c.outcome.is_(None)
_answered: Final = _called.c.finished_at >= sa.bindparam("answered", type_=history.c.at.type)
_CALLS: Final = sa.select(
    _count_where(_unanswered, "waiting"),
    _oldest(sa.case((_unanswered, _called.c.started_at))),
    _count_where(_answered, "done"),
    _count_where(_answered & _called.c.outcome.not_in(CALM), "failing"),
)
_ready: Final = (
    sa.select(items.c.state, items.c.created_at)
    .where(
        items.c.company == _company,
        items.c.place.in_([WorkList.READY_TO_EXPORT, WorkList.READY_TO_UPDATE]),
    )
    .limit(MOST_READY + 1)
    .subquery()
)
_undecided: Final = _ready.c.state == State.SENT
_UNDECIDED: Final = sa.select(
    sa.func.count().label("seen"),
    _count_where(_undecided, "how_many"),
    _oldest(sa.case((_undecided, _ready.c.created_at))),
).select_from(_ready)
_QUARANTINED: Final = sa.select(sa.func.count()).where(
    quarantine.c.replayed_at.is_(None), quarantine.c.company == _company
)
_GATES: Final = sa.select(connections.c.paused, connections.c.open_until).where(
    connections.c.company == _company
)
