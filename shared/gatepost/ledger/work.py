"""The work of one transaction: what handlers read, and the effects they leave.

Handlers are written for one message; the runtime runs many in one transaction. So effects are
collected here and written once, set-wise, when the transaction ends. Nobody commits, publishes,
reads a clock or makes an id but this class.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import orjson
import sqlalchemy as sa

from gatepost.domain.errors import FieldProblem, NotFound, Refusal
from gatepost.domain.items import Item
from gatepost.domain.kinds import ItemRef
from gatepost.ledger import counting, item_rows, subscriptions, tables, waiting
from gatepost.ledger.directory import Directory, DirectoryCache
from gatepost.ledger.ids import uuid7s
from gatepost.ledger.statements import Moment, Statements, as_ids
from gatepost.messages import facts
from gatepost.messages.facts import Fact, Publication
from gatepost.messages.requests import Message
from gatepost.messages.routes import Queue, queue_of

Kept = TypeVar("Kept")


class Overtaken(Exception):
    """Another transaction stored the same new item first; this one is to be tried again."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message taken out of the ledger, with what its row says about it."""

    id: str
    message: Message
    attempts: int = 0
    correlation_id: str = ""
    traceparent: str = ""


@dataclass(slots=True)
class Outgoing:
    """What may leave the process once the transaction is committed."""

    ids: dict[str, list[str]] = field(default_factory=dict)  # by queue
    publications: list[tuple[str, list[Publication]]] = field(default_factory=list)  # by row


class Work:
    """One transaction's view of the ledger. Not shared between threads.

    Args:
        connection: the open transaction.
        statements: the database's own.
        cache: gives the directory as of a version.
        redelivery: seconds until a message that nobody took is offered again.

    """

    def __init__(
        self,
        connection: sa.Connection,
        statements: Statements,
        cache: DirectoryCache,
        redelivery: float,
    ) -> None:
        self.connection = connection
        self.statements = statements
        self.outgoing = Outgoing()
        self.handling: Claimed | None = None
        self.claimed: Sequence[Claimed] = ()  # all that is handled in this transaction
        self._cache = cache
        self._moment: Moment | None = None
        self.changed_directory: Directory | None = None  # as this transaction leaves it
        self._redelivery = redelivery
        self._ids = uuid7s()
        self._items: dict[str, Item] = {}
        self._before: dict[str, item_rows.Snapshot] = {}
        self._new: dict[str, Item] = {}
        self._absent: set[str] = set()
        self._unlocked: set[str] = set()
        self._rows: dict[sa.Table, list[dict[str, Any]]] = {}
        self._changed: dict[tuple[sa.Table, tuple[str, ...]], list[dict[str, Any]]] = {}
        self._kept: dict[Any, Any] = {}
        self._messages: dict[Any, dict[str, Any]] = {}
        self._publications: list[Publication] = []
        self._released: list[tuple[str, str]] = []

    # --- the moment ----------------------------------------------------------------------------

    def begun(self, moment: Moment) -> None:
        """Take the moment of this transaction from a statement that told it; the first one holds."""
        self._moment = self._moment or moment

    @property
    def now(self) -> datetime:
        """The moment of this transaction by the database's clock, UTC."""
        return self._told.now

    @property
    def directory(self) -> Directory:
        """Companies and connections as they are now."""
        return self.changed_directory or self._cache.at(self._told.version, self.connection)

    @property
    def _told(self) -> Moment:
        if self._moment is None:
            self._moment = self.statements.moment(self.connection)
        return self._moment

    # --- reading -------------------------------------------------------------------------------

    def new_id(self) -> str:
        return next(self._ids)

    def load(self, ids: Iterable[str | None], *, lock: bool = True) -> None:
        """Read items in one query, locked until the transaction ends."""
        missing = sorted({id for id in ids if id and self._is_to_be_read(id, lock)})
        if not missing:
            return
        self._absent.update(missing)
        for row in self.statements.items(self.connection, item_rows.COLUMNS, missing, lock=lock):
            item = item_rows.from_row(row)
            self._items[item.id] = item
            self._before[item.id] = item_rows.snapshot(item)
            self._absent.discard(item.id)
            (self._unlocked.discard if lock else self._unlocked.add)(item.id)

    def _is_to_be_read(self, item_id: str, lock: bool) -> bool:
        if item_id in self._items:
            return lock and item_id in self._unlocked
        return item_id not in self._absent

    def find(self, item_id: str | None, *, lock: bool = True) -> Item | None:
        """The item of that id; to change, or only to look at.

        Whoever looks at one item's parent will look at the next one's: all are read at once.
        """
        if item_id and self._is_to_be_read(item_id, lock):
            parents = () if lock else (item.parent_id for item in self._items.values())
            self.load([item_id, *parents], lock=lock)
        return self._items.get(item_id or "")

    def item(self, item_id: str) -> Item:
        """The item of that id, locked.

        Raises:
            NotFound: there is none.

        """
        if item := self.find(item_id):
            return item
        raise NotFound.because(
            f"there is no item {item_id}", field="item_id", who_can_fix="the caller: check the id"
        )

    @property
    def loaded(self) -> Iterable[Item]:
        """The items that were read in this transaction so far."""
        return self._items.values()

    def kept(self, make: Callable[["Work"], Kept]) -> Kept:
        """What was read once for all messages of the transaction; made for whoever asks first."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return cast("Kept", self._kept[make])

    def rows_by_ids(
        self, table: sa.Table, ids: Iterable[str], *, column: str = "id", lock: bool = False
    ) -> Sequence[sa.Row[Any]]:
        """Rows of a table by the ids in one of its columns, in one query."""
        statement = self.statements.by_ids(table, lock=lock, column=column)
        return self.connection.execute(statement, {"ids": as_ids(ids)}).all()

    def rows(self, table: sa.Table, where: sa.ColumnElement[bool]) -> Sequence[sa.RowMapping]:
        """Rows of a table, for the few questions that are not about items by their id."""
        return self.connection.execute(sa.select(table).where(where)).mappings().all()

    # --- effects -------------------------------------------------------------------------------

    def put(self, item: Item) -> None:
        """Store a new item."""
        self._absent.discard(item.id)
        self._items[item.id] = self._new[item.id] = item

    def add(self, table: sa.Table, **row: Any) -> None:
        """Insert a row when the transaction ends; one that exists is passed over."""
        self._rows.setdefault(table, []).append(row)

    def change(self, table: sa.Table, row_id: str, **columns: Any) -> None:
        """Change columns of a row when the transaction ends; rows are matched by ``id``."""
        row = {"id": row_id, **columns}
        self._changed.setdefault((table, tuple(columns)), []).append(row)

    def record(
        self, item: Item, what: str, *, by: str, channel: str, comment: str = "", **detail: Any
    ) -> None:
        """Append to the item's history: who did what, when, why, through which channel."""
        self.add(
            tables.history,
            id=self.new_id(),
            item_id=item.id,
            company=item.company,
            what=what,
            revision=item.revision,
            by=by,
            channel=channel,
            comment=comment,
            detail=detail,
            at=self.now,
        )

    def send(self, message: Message, *, after: float = 0, once: object = None, of: str = "") -> str:
        """Leave a message for whoever handles its type, to go out with the commit; gives its id.

        Args:
            message: what is asked.
            after: seconds it is held back; no worker can take it before.
            once: messages with an equal mark are one, within this transaction.
            of: the id of what it is a part of, so that all of it can be counted and taken back.

        """
        message_id = self.new_id()
        mark = message_id if once is None else (type(message), once)
        if mark in self._messages:
            return str(self._messages[mark]["id"])
        self._messages[mark] = {
            "id": message_id,
            "queue": queue_of(message),
            "type": message.TYPE,
            "body": orjson.Fragment(message.model_dump_json()),
            "item_id": message.item_id or None,
            "due_in": after or self._redelivery,
            "held": after > 0,
            **self._origins(message_id, of),
        }
        return message_id

    def tell(self, fact: Fact, item: Item, **more: Any) -> Publication:
        """Tell the outside what happened to an item."""
        publication = facts.about(fact, item, self.new_id(), self.now, **more)
        self.publish(publication)
        return publication

    def tell_refusal(
        self, ref: ItemRef | None, problems: Sequence[FieldProblem], **more: Any
    ) -> None:
        """Tell the outside that something was refused, with every reason; ``more``: facts.refusal."""
        self.publish(facts.refusal(ref, problems, self.new_id(), self.now, **more))

    def publish(self, publication: Publication) -> None:
        """Leave an event for the outside, and for each webhook of its company that asked for it."""
        self._publications.append(publication)
        subscriptions.leave(publication, self)

    def release_event(self, event_id: str, source: str) -> None:
        """Forget that an event came: it was refused, so it is examined again when it comes again."""
        self._released.append((event_id, source))

    def answer(self, outcome: str, refusal: Refusal | None = None) -> None:
        """Tell whoever waits for the message being handled what came of it."""
        claimed = self.handling
        if claimed is None or not claimed.message.answered:
            return
        self.add(
            tables.answers,
            message_id=claimed.id,
            item_id=claimed.message.item_id or None,
            outcome=refusal.code if refusal else outcome,
            problems=list(refusal.problems) if refusal else [],
            at=self.now,
        )

    def _origins(self, message_id: str, of: str = "") -> dict[str, str | None]:
        cause = self.handling
        origin = (cause.correlation_id or cause.id) if cause else message_id
        return {
            "causation_id": cause.id if cause else None,
            "correlation_id": of or origin,
            "traceparent": cause.traceparent if cause else None,
        }

    # --- the end of the transaction ------------------------------------------------------------

    def flush(self) -> None:
        """Write all effects. The ledger calls it once, right before the commit.

        Raises:
            Overtaken: a new item was stored by another transaction meanwhile.

        """
        self._insert_new_items()
        waiting.tell_children(self._before, self._items, self)
        self._update_items()
        for moved in counting.changes(self._new, self._before, self._items):
            self.add(tables.list_changes, id=self.new_id(), **moved)
        for (table, columns), rows in self._changed.items():
            self.statements.update(self.connection, table, columns, rows)
        for table, rows in self._rows.items():
            self.statements.insert(self.connection, table, rows)
        if self._released:
            events = tables.received_events
            is_one = sa.tuple_(events.c.event_id, events.c.source).in_(self._released)
            self.connection.execute(sa.delete(events).where(is_one))
        if self._publications:
            self._leave_publications()
        if self._messages:
            rows = list(self._messages.values())
            self.statements.send(self.connection, rows)
            for row in rows:
                if not row["held"] and row["queue"] != Queue.EVENTS:
                    self.outgoing.ids.setdefault(row["queue"], []).append(row["id"])

    def _insert_new_items(self) -> None:
        if not self._new:
            return
        rows = [item_rows.to_row(self._new[id]) for id in sorted(self._new)]
        if self.statements.insert(self.connection, tables.items, rows) < len(rows):
            raise Overtaken

    def _update_items(self) -> None:
        changed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for item_id, before in self._before.items():
            if values := item_rows.changes(before, self._items[item_id]):
                if item_id in self._unlocked:
                    raise RuntimeError(f"item {item_id} was changed without a lock")
                changed.setdefault(tuple(values), []).append({"id": item_id, **values})
        for columns, rows in changed.items():
            self.statements.update(self.connection, tables.items, columns, rows)

    def _leave_publications(self) -> None:
        """One row for all events of the transaction: it is deleted when all are confirmed."""
        row_id = self.new_id()
        self._messages[row_id] = {
            "id": row_id,
            "queue": Queue.EVENTS,
            "type": "Publish",
            "body": [[each.exchange, each.routing_key, each.event] for each in self._publications],
            "item_id": None,
            "due_in": self._redelivery,
            "held": False,
            **self._origins(row_id),
        }
        self.outgoing.publications.append((row_id, self._publications))
