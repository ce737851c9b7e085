"""The ledger's statements, once for each database.

Everything is set-wise: a list of rows travels as one JSON literal, never row by row and never as a
Python list into an array. Times are computed by the database's clock alone.

=================  ==================================  =========================================
statement          parameters                          what it does
=================  ==================================  =========================================
now                                                    the clock, and the directory's version
claim              ids                                 deletes what is free, gives it
lease              ids, token, seconds                 holds what is free, counts an attempt
still_held         ids, token                          those whose lease is still ours, locked
finish             ids                                 deletes
hold               rows {id, seconds, error,           puts off; seconds null parks
                   attempts}
count_attempt      id                                  counts an attempt of what is free
sweep              interval, limit                     clears the token of what is due, puts it
                                                       off, gives id and queue
make_due                                               offers all that is not held
known_events       ids                                 events received before
expired                                                answers older than a day go
by_ids             ids                                 rows in order, locked if asked
=================  ==================================  =========================================
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gatepost.ledger.tables import Instant, items

Rows = Sequence[dict[str, Any]]

CLAIM_COLUMNS = "id, type, body, attempts, correlation_id, traceparent"
_RETURNED: list[sa.ColumnClause[Any]] = [
    sa.column("id", sa.Text),
    sa.column("type", sa.Text),
    sa.column("body", sa.Text),
    sa.column("attempts", sa.Integer),
    sa.column("correlation_id", sa.Text),
    sa.column("traceparent", sa.Text),
]


def as_ids(ids: Iterable[str]) -> str:
    """Ids as one JSON literal: the form in which both databases take them."""
    return '["' + '","'.join(ids) + '"]'


class PostgreSQL:
    """PostgreSQL 13 and later."""

    name = "postgresql"
    _IDS = "(select value::uuid from json_array_elements_text(cast(:ids as json)))"
    _FREE = "(lease_token is null or due_at <= clock_timestamp())"
    _GIVEN = "m.id::text as id, m.type, m.body::text as body, m.attempts, m.correlation_id, m.traceparent"
    _CHOSEN = (
        f"with c as (select id from messages where id in {_IDS} and {_FREE} "
        "order by id for update skip locked) "
    )

    now = sa.text(
        "select clock_timestamp() as now, (select version from directory_state) as version"
    ).columns(sa.column("now", Instant), sa.column("version", sa.Integer))
    claim = sa.text(
        _CHOSEN + f"delete from messages m using c where m.id = c.id returning {_GIVEN}"
    ).columns(*_RETURNED)
    lease = sa.text(
        _CHOSEN
        + "update messages m set lease_token = :token, attempts = m.attempts + 1, dispatches = 0, "
        "due_at = clock_timestamp() + make_interval(secs => :seconds) "
        f"from c where m.id = c.id returning {_GIVEN}"
    ).columns(*_RETURNED)
    still_held = sa.text(
        f"select id::text from messages where id in {_IDS} and lease_token = :token "
        "order by id for update"
    )
    finish = sa.text(f"delete from messages where id in {_IDS}")
    hold = sa.text(
        "update messages m set attempts = x.attempts, last_error = x.error, dispatches = 0, "
        "due_at = clock_timestamp() + make_interval(secs => x.seconds), lease_token = m.id::text "
        "from json_to_recordset(cast(:rows as json)) "
        "as x(id uuid, seconds double precision, error text, attempts int) where m.id = x.id"
    )
    count_attempt = sa.text(
        f"update messages set attempts = attempts + 1 where id = cast(:id as uuid) and {_FREE} "
        "returning attempts"
    )
    sweep = sa.text(
        "update messages m set lease_token = null, dispatches = m.dispatches + 1, "
        "due_at = clock_timestamp() + make_interval(secs => :interval * power(2, least(dispatches, 6))) "
        "from (select id from messages where due_at <= clock_timestamp() "
        "order by due_at limit :limit for update skip locked) c "
        "where m.id = c.id returning m.id::text as id, m.queue"
    )
    make_due = sa.text("update messages set due_at = clock_timestamp() where lease_token is null")
    _send = sa.text(
        "insert into messages (id, queue, type, body, item_id, due_at, lease_token, dispatches, "
        "attempts, causation_id, correlation_id, traceparent, created_at) "
        "select x.id, x.queue, x.type, x.body, x.item_id, "
        "clock_timestamp() + make_interval(secs => x.due_in), "
        "case when x.held then x.id::text end, 0, 0, x.causation_id, x.correlation_id, "
        "x.traceparent, clock_timestamp() from json_to_recordset(cast(:rows as json)) as x"
        "(id uuid, queue text, type text, body json, item_id uuid, due_in double precision, "
        "held boolean, causation_id text, correlation_id text, traceparent text)"
    )
    known_events = sa.text(
        "select event_id, source, digest from received_events where event_id in "
        "(select value from json_array_elements_text(cast(:ids as json)))"
    )
    expired = sa.text("delete from answers where at < clock_timestamp() - interval '1 day'")

    def items(
        self, connection: sa.Connection, columns: tuple[str, ...], ids: str, *, lock: bool
    ) -> Sequence[Sequence[Any]]:
        """Items by their ids, as bare tuples: every hop reads them, and names cost more than values."""
        statement = self._items(columns, lock=lock)
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            return driver.execute(statement, {"ids": ids}).fetchall()
        except psycopg.Error as error:
            if driver.closed:
                connection.invalidate(error)
            raise sa.exc.DBAPIError.instance(
                statement.decode(), None, error, psycopg.Error, dialect=connection.dialect
            ) from error

    @lru_cache(maxsize=8)  # noqa: B019 - the two instances live as long as the program
    def _items(self, columns: tuple[str, ...], *, lock: bool) -> bytes:
        suffix = " for no key update" if lock else ""
        statement = (
            f"select {_as_text(items, columns)} from items where id in "
            "(select value::uuid from json_array_elements_text(cast(%(ids)s as json))) "
            f"order by id{suffix}"
        )
        return statement.encode()

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Rows) -> int:
        """Insert rows, passing over those that exist; gives how many were new."""
        return connection.execute(self._insert(table), {"rows": _literal(rows)}).rowcount

    def update(
        self, connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Rows
    ) -> None:
        """Update columns, the rows matched by their ids."""
        connection.execute(self._update(table, columns), {"rows": _literal(rows)})

    def send(self, connection: sa.Connection, rows: Rows) -> None:
        """Insert messages, due in so many seconds, held or not."""
        connection.execute(self._send, {"rows": _literal(rows)})

    @lru_cache(maxsize=64)  # noqa: B019 - the two instances live as long as the program
    def _insert(self, table: sa.Table) -> sa.Executable:
        columns = _written(table)
        return sa.text(
            f"insert into {table.name} ({_quoted(columns)}) "
            f"select {_quoted(columns, 'x.')} from json_to_recordset(cast(:rows as json)) "
            f"as x({self._typed(table, columns)}) on conflict do nothing"
        )

    @lru_cache(maxsize=256)  # noqa: B019 - as above
    def _update(self, table: sa.Table, columns: tuple[str, ...]) -> sa.Executable:
        changes = ", ".join(f'"{name}" = x."{name}"' for name in columns)
        return sa.text(
            f"update {table.name} as t set {changes} "
            f"from json_to_recordset(cast(:rows as json)) "
            f"as x({self._typed(table, ['id', *columns])}) where t.id = x.id"
        )

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def by_ids(
        self,
        table: sa.Table,
        columns: tuple[str, ...] = (),
        *,
        lock: bool = False,
        column: str = "id",
    ) -> sa.Executable:
        """Rows by the ids in a column, in their order. Untyped: psycopg's own types are ours."""
        suffix = " for no key update" if lock else ""
        columns = columns or tuple(table.c.keys())
        return sa.text(
            f"select {_as_text(table, columns)} from {table.name} "
            f"where {column} in {self._IDS} order by {column}{suffix}"
        )

    def _typed(self, table: sa.Table, columns: Iterable[str]) -> str:
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        return ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in columns)


class SQLite:
    """SQLite 3.38 and later. Writers are one at a time, so no row is ever locked by itself."""

    name = "sqlite"
    _CLOCK = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
    _LATER = "strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', {} || ' seconds')"
    _IDS = "(select value from json_each(:ids))"
    _FREE = f"(lease_token is null or due_at <= {_CLOCK})"
    _CHOSEN = f"id in {_IDS} and {_FREE}"

    now = sa.text(
        f"select {_CLOCK} as now, (select version from directory_state) as version"
    ).columns(sa.column("now", Instant), sa.column("version", sa.Integer))
    claim = sa.text(f"delete from messages where {_CHOSEN} returning {CLAIM_COLUMNS}").columns(
        *_RETURNED
    )
    lease = sa.text(
        "update messages set lease_token = :token, attempts = attempts + 1, dispatches = 0, "
        f"due_at = {_LATER.format('(:seconds)')} "
        f"where {_CHOSEN} returning {CLAIM_COLUMNS}"
    ).columns(*_RETURNED)
    still_held = sa.text(f"select id from messages where id in {_IDS} and lease_token = :token")
    finish = sa.text(f"delete from messages where id in {_IDS}")
    hold = sa.text(
        "update messages set attempts = x.attempts, last_error = x.error, dispatches = 0, "
        f"due_at = {_LATER.format('x.seconds')}, lease_token = messages.id "
        "from (select json_extract(value, '$.id') as id, json_extract(value, '$.seconds') as seconds, "
        "json_extract(value, '$.error') as error, json_extract(value, '$.attempts') as attempts "
        "from json_each(:rows)) as x where messages.id = x.id"
    )
    count_attempt = sa.text(
        f"update messages set attempts = attempts + 1 where id = :id and {_FREE} returning attempts"
    )
    sweep = sa.text(
        "update messages set lease_token = null, dispatches = dispatches + 1, "
        f"due_at = {_LATER.format('(:interval * (1 << min(dispatches, 6)))')} "
        f"where id in (select id from messages where due_at <= {_CLOCK} "
        "order by due_at limit :limit) returning id, queue"
    )
    make_due = sa.text(f"update messages set due_at = {_CLOCK} where lease_token is null")
    _SENT = ("id", "queue", "type", "body", "item_id", "due_in", "held", "causation_id",
             "correlation_id", "traceparent")  # fmt: skip
    _send = (
        "insert into messages (id, queue, type, body, item_id, due_at, lease_token, dispatches, "
        "attempts, causation_id, correlation_id, traceparent, created_at) values "
        f"(?1, ?2, ?3, ?4, ?5, {_LATER.format('?6')}, case when ?7 then ?1 end, 0, 0, "
        f"?8, ?9, ?10, {_CLOCK})"
    )
    known_events = sa.text(
        f"select event_id, source, digest from received_events where event_id in {_IDS}"
    )
    expired = sa.text(
        "delete from answers where at < strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now', '-1 day')"
    )

    def items(
        self, connection: sa.Connection, columns: tuple[str, ...], ids: str, *, lock: bool
    ) -> Sequence[Sequence[Any]]:
        """Items by their ids; nothing is locked by itself."""
        return connection.execute(self.by_ids(items, columns, lock=lock), {"ids": ids}).all()

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Rows) -> int:
        """Insert rows, passing over those that exist; gives how many were new."""
        columns = _written(table)
        return connection.exec_driver_sql(
            self._insert(table, columns), _parameters(rows, columns)
        ).rowcount

    def update(
        self, connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Rows
    ) -> None:
        """Update columns, the rows matched by their ids."""
        connection.exec_driver_sql(
            self._update(table, columns), _parameters(rows, (*columns, "id"))
        )

    def send(self, connection: sa.Connection, rows: Rows) -> None:
        """Insert messages, due in so many seconds, held or not."""
        connection.exec_driver_sql(self._send, _parameters(rows, self._SENT))

    @lru_cache(maxsize=64)  # noqa: B019 - the two instances live as long as the program
    def _insert(self, table: sa.Table, columns: tuple[str, ...]) -> str:
        marks = ", ".join("?" for _ in columns)
        return (
            f"insert into {table.name} ({_quoted(columns)}) values ({marks}) on conflict do nothing"
        )

    @lru_cache(maxsize=256)  # noqa: B019 - as above
    def _update(self, table: sa.Table, columns: tuple[str, ...]) -> str:
        changes = ", ".join(f'"{name}" = ?' for name in columns)
        return f"update {table.name} set {changes} where id = ?"

    @lru_cache(maxsize=64)  # noqa: B019 - as above
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
            f"select {_quoted(columns)} from {table.name} "
            f"where {column} in {self._IDS} order by {column}"
        ).columns(*(table.c[name] for name in columns))


Statements = PostgreSQL | SQLite

STATEMENTS: Final[dict[str, Statements]] = {"postgresql": PostgreSQL(), "sqlite": SQLite()}


def _written(table: sa.Table) -> tuple[str, ...]:
    """The columns a row is written with: all but those that the database computes."""
    return tuple(column.name for column in table.columns if column.computed is None)


def _quoted(columns: Iterable[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in columns)


def _as_text(table: sa.Table, columns: Iterable[str]) -> str:
    """Columns of a select; ids as text, for a UUID object a row costs more than all the rest."""
    return ", ".join(
        f'"{name}"::text as "{name}"' if isinstance(table.c[name].type, sa.Uuid) else f'"{name}"'
        for name in columns
    )


def _literal(rows: Rows) -> str:
    """Rows as one JSON literal: the form in which PostgreSQL takes many at the least cost."""
    return orjson.dumps(rows).decode()


def _parameters(rows: Rows, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Rows as parameters: SQLite parses a JSON literal anew for each column, values it just takes."""
    return [tuple(_plain(row[name]) for name in columns) for row in rows]


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a column may hold, and what SQLite takes
    match value:
        case None | int() | float():
            return value
        case str():
            return str(value)  # a member of an enumeration is no plain text to the driver
        case datetime():
            return value.isoformat()
        case _:
            return orjson.dumps(value).decode()
