"""SQLite: rows travel as parameters; it parses a JSON literal anew for each column."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import orjson
import sqlalchemy as sa

from gatepost.ledger.statements.driver import run
from gatepost.ledger.statements.values import ClaimedRow, Moment, Rows, as_ids, quoted, written
from gatepost.ledger.tables import Instant, items, messages

_CLOCK: Final = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
_LATER: Final = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', {} || ' seconds')"
_IDS: Final = "(select value from json_each(:ids))"
_FREE: Final = f"(lease_token is null or due_at <= {_CLOCK})"
_CHOSEN: Final = f"id in {_IDS} and {_FREE}"
_GIVEN: Final = ", ".join(ClaimedRow._fields)
_MOMENT: Final = f"{_CLOCK} as now, (select version from directory_state) as version"


class SQLite:
    """SQLite 3.38 and later. Writers are one at a time, so no row is ever locked by itself."""

    name = "sqlite"

    now = sa.text(f"select {_MOMENT}").columns(
        sa.column("now", Instant), sa.column("version", sa.Integer)
    )
    _moment = f"select {_MOMENT}"
    _claim = f"delete from messages where {_CHOSEN} returning {_GIVEN}"
    _lease = (
        "update messages set lease_token = :token, attempts = attempts + 1, dispatches = 0, "
        f"due_at = {_LATER.format('(:seconds)')} where {_CHOSEN} returning {_GIVEN}"
    )
    _still_held = f"select id from messages where id in {_IDS} and lease_token = :token"
    _finish = f"delete from messages where id in {_IDS}"
    _hold = (
        "update messages set attempts = x.attempts, last_error = x.error, dispatches = 0, "
        f"due_at = {_LATER.format('x.seconds')}, "
        "lease_token = coalesce(x.token, messages.id) "
        "from (select json_extract(value, '$.id') as id, json_extract(value, '$.seconds') as seconds, "
        "json_extract(value, '$.error') as error, json_extract(value, '$.attempts') as attempts, "
        "json_extract(value, '$.token') as token "
        "from json_each(:rows)) as x where messages.id = x.id"
    )
    _count_attempt = (
        f"update messages set attempts = attempts + 1 where id = :id and {_FREE} returning attempts"
    )
    _sweep = (
        "update messages set lease_token = null, dispatches = dispatches + 1, "
        f"due_at = {_LATER.format('(:interval * (1 << min(dispatches, 6)))')} "
        f"where id in (select id from messages where due_at <= {_CLOCK} "
        "order by due_at limit :limit) returning id, queue"
    )
    _make_due = f"update messages set due_at = {_CLOCK} where lease_token is null"
    _SENT = ("id", "queue", "type", "body", "item_id", "due_in", "held", "causation_id",
             "correlation_id", "traceparent")  # fmt: skip
    _send = (
        "insert into messages (id, queue, type, body, item_id, due_at, lease_token, dispatches, "
        "attempts, causation_id, correlation_id, traceparent, created_at) values "
        f"(?1, ?2, ?3, ?4, ?5, {_LATER.format('?6')}, case when ?7 then ?1 end, 0, 0, "
        f"?8, ?9, ?10, {_CLOCK})"
    )
    _known_events = f"select event_id, source, digest from received_events where event_id in {_IDS}"
    _expired = "delete from answers where at < strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '-1 day')"
    _expired_keys = f"delete from idempotency_keys where expires_at < {_CLOCK}"

    # --- messages ------------------------------------------------------------------------------

    def moment(self, connection: sa.Connection) -> Moment:
        now, version = run(connection, self._moment).fetchone()
        return Moment(datetime.fromisoformat(now), version)

    def claim(
        self, connection: sa.Connection, ids: Iterable[str]
    ) -> tuple[Moment, list[ClaimedRow]]:
        rows = run(connection, self._claim, {"ids": as_ids(ids)}).fetchall()
        return self.moment(connection), [ClaimedRow(*row) for row in rows]

    def lease(
        self, connection: sa.Connection, ids: Iterable[str], token: str, seconds: float
    ) -> tuple[Moment, list[ClaimedRow]]:
        values = {"ids": as_ids(ids), "token": token, "seconds": seconds}
        rows = run(connection, self._lease, values).fetchall()
        return self.moment(connection), [ClaimedRow(*row) for row in rows]

    def still_held(
        self, connection: sa.Connection, ids: Iterable[str], token: str
    ) -> tuple[Moment, list[str]]:
        rows = run(connection, self._still_held, {"ids": as_ids(ids), "token": token}).fetchall()
        return self.moment(connection), [row[0] for row in rows]

    def finish(self, connection: sa.Connection, ids: Iterable[str]) -> None:
        run(connection, self._finish, {"ids": as_ids(ids)})

    def hold(self, connection: sa.Connection, rows: Any) -> None:  # noqa: ANN401 - what orjson takes
        run(connection, self._hold, {"rows": orjson.dumps(rows).decode()})

    def count_attempt(self, connection: sa.Connection, message_id: str) -> int | None:
        row = run(connection, self._count_attempt, {"id": message_id}).fetchone()
        return row[0] if row else None

    def sweep(
        self, connection: sa.Connection, interval: float, limit: int
    ) -> list[tuple[str, str]]:
        values = {"interval": interval, "limit": limit}
        return list(run(connection, self._sweep, values).fetchall())

    def make_due(self, connection: sa.Connection) -> None:
        run(connection, self._make_due)

    def send(self, connection: sa.Connection, rows: Rows) -> None:
        """Insert messages, due in so many seconds, held or not."""
        values = _shape(messages, self._SENT).to_driver(rows)
        run(connection, self._send, values, many=True)

    # --- the rest ------------------------------------------------------------------------------

    def known_events(
        self, connection: sa.Connection, ids: Sequence[str]
    ) -> list[tuple[str, str, str]]:
        """Event id, source and digest of those that came before."""
        values = {"ids": orjson.dumps(ids).decode()}
        return list(run(connection, self._known_events, values).fetchall())

    def expired(self, connection: sa.Connection) -> None:
        run(connection, self._expired)
        run(connection, self._expired_keys)

    def items(
        self, connection: sa.Connection, columns: tuple[str, ...], ids: Iterable[str], *, lock: bool
    ) -> Sequence[Sequence[Any]]:
        """Items by their ids; nothing is locked by itself."""
        statement = f"select {quoted(columns)} from items where id in {_IDS} order by id"
        rows = run(connection, statement, {"ids": as_ids(ids)})
        return _shape(items, columns).from_driver(rows)

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Rows) -> int:
        """Insert rows, passing over those that exist; gives how many were new."""
        columns = written(table)
        statement, values = self._insert(table, columns), _shape(table, columns).to_driver(rows)
        return int(run(connection, statement, values, many=True).rowcount)

    def update(
        self, connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Rows
    ) -> None:
        """Update columns, the rows matched by their ids."""
        values = _shape(table, (*columns, "id")).to_driver(rows)
        run(connection, self._update(table, columns), values, many=True)

    @lru_cache(maxsize=64)  # noqa: B019 - the two instances live as long as the program
    def by_ids(
        self,
        table: sa.Table,
        columns: tuple[str, ...] = (),
        *,
        lock: bool = False,
        column: str = "id",
    ) -> sa.Executable:
        columns = columns or tuple(table.c.keys())
        return sa.text(
            f"select {quoted(columns)} from {table.name} where {column} in {_IDS} order by {column}"
        ).columns(*(table.c[name] for name in columns))

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def _insert(self, table: sa.Table, columns: tuple[str, ...]) -> str:
        marks = ", ".join("?" for _ in columns)
        return (
            f"insert into {table.name} ({quoted(columns)}) values ({marks}) on conflict do nothing"
        )

    @lru_cache(maxsize=256)  # noqa: B019 - as above
    def _update(self, table: sa.Table, columns: tuple[str, ...]) -> str:
        changes = ", ".join(f'"{name}" = ?' for name in columns)
        return f"update {table.name} set {changes} where id = ?"


@dataclass(frozen=True, slots=True)
class _Shape:
    """Columns of a table, and what stands between their values and the driver's."""

    pick: Callable[[dict[str, Any]], tuple[Any, ...]]
    documents: tuple[int, ...]
    instants: tuple[int, ...]
    truths: tuple[int, ...]

    def to_driver(self, rows: Rows) -> list[list[Any]]:
        found = []
        for row in rows:
            values = list(self.pick(row))
            for place in self.documents:
                if values[place] is not None:
                    values[place] = orjson.dumps(values[place]).decode()
            for place in self.instants:
                if values[place] is not None:
                    values[place] = values[place].isoformat()
            found.append(values)
        return found

    def from_driver(self, rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
        found = []
        for row in rows:
            values = list(row)
            for place in self.documents:
                if values[place] is not None:
                    values[place] = orjson.loads(values[place])
            for place in self.instants:
                if values[place] is not None:
                    values[place] = datetime.fromisoformat(values[place])
            for place in self.truths:
                values[place] = bool(values[place])
            found.append(values)
        return found


@lru_cache(maxsize=256)
def _shape(table: sa.Table, columns: tuple[str, ...]) -> _Shape:
    def places(kind: type[Any]) -> tuple[int, ...]:
        known = table.c
        return tuple(
            place
            for place, name in enumerate(columns)
            if name in known and isinstance(known[name].type, kind)
        )

    return _Shape(itemgetter(*columns), places(sa.JSON), places(Instant), places(sa.Boolean))
