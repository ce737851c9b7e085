"""PostgreSQL: rows travel as one JSON literal, ids as one array literal."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from gatepost.ledger.statements.driver import run
from gatepost.ledger.statements.values import ClaimedRow, Moment, Rows, quoted, written
from gatepost.ledger.tables import Instant, items

_IDS: Final = "any(cast(%(ids)s as uuid[]))"
_FREE: Final = "(lease_token is null or due_at <= clock_timestamp())"
_GIVEN: Final = (
    "m.id::text as id, m.type, m.body::text as body, m.attempts, m.correlation_id, m.traceparent"
)
_CHOSEN: Final = (
    f"with c as (select id from messages where id = {_IDS} and {_FREE} "
    "order by id for update skip locked) "
)
_MOMENT: Final = "clock_timestamp() as now, (select version from directory_state) as version"
# The moment stands in each row, and in one of its own when there is no other.
_WITH_MOMENT: Final = f"select {_MOMENT}, d.* from (values (1)) as s left join d on true"


def _sql(text: str) -> bytes:
    return text.encode()


class PostgreSQL:
    """PostgreSQL 13 and later."""

    name = "postgresql"

    now = sa.text(f"select {_MOMENT}").columns(
        sa.column("now", Instant), sa.column("version", sa.Integer)
    )
    _moment = _sql(f"select {_MOMENT}")
    _claim = _sql(
        f"{_CHOSEN}, d as (delete from messages m using c where m.id = c.id returning {_GIVEN}) "
        f"{_WITH_MOMENT}"
    )
    _lease = _sql(
        f"{_CHOSEN}, d as (update messages m set lease_token = %(token)s, attempts = m.attempts + 1, "
        "dispatches = 0, due_at = clock_timestamp() + make_interval(secs => %(seconds)s) "
        f"from c where m.id = c.id returning {_GIVEN}) {_WITH_MOMENT}"
    )
    _still_held = _sql(
        f"with d as (select id::text from messages where id = {_IDS} and lease_token = %(token)s "
        f"order by id for update) {_WITH_MOMENT}"
    )
    _finish = _sql(f"delete from messages where id = {_IDS}")
    _hold = _sql(
        "update messages m set attempts = x.attempts, last_error = x.error, dispatches = 0, "
        "due_at = clock_timestamp() + make_interval(secs => x.seconds), "
        "lease_token = coalesce(x.token, m.id::text) "
        "from json_to_recordset(cast(%(rows)s as json)) "
        "as x(id uuid, seconds double precision, error text, attempts int, token text) where m.id = x.id"
    )
    _count_attempt = _sql(
        "update messages set attempts = attempts + 1 where id = cast(%(id)s as uuid) "
        f"and {_FREE} returning attempts"
    )
    _sweep = _sql(
        "update messages m set lease_token = null, dispatches = m.dispatches + 1, due_at = "
        "clock_timestamp() + make_interval(secs => %(interval)s * power(2, least(dispatches, 6))) "
        "from (select id from messages where due_at <= clock_timestamp() "
        "order by due_at limit %(limit)s for update skip locked) c "
        "where m.id = c.id returning m.id::text, m.queue"
    )
    _make_due = _sql("update messages set due_at = clock_timestamp() where lease_token is null")
    _send = _sql(
        "insert into messages (id, queue, type, body, item_id, due_at, lease_token, dispatches, "
        "attempts, causation_id, correlation_id, traceparent, created_at) "
        "select x.id, x.queue, x.type, x.body, x.item_id, "
        "clock_timestamp() + make_interval(secs => x.due_in), "
        "case when x.held then x.id::text end, 0, 0, x.causation_id, x.correlation_id, "
        "x.traceparent, clock_timestamp() from json_to_recordset(cast(%(rows)s as json)) as x"
        "(id uuid, queue text, type text, body json, item_id uuid, due_in double precision, "
        "held boolean, causation_id text, correlation_id text, traceparent text)"
    )
    _known_events = _sql(
        "select event_id, source, digest from received_events where event_id in "
        "(select value from json_array_elements_text(cast(%(ids)s as json)))"
    )
    _expired = _sql("delete from answers where at < clock_timestamp() - interval '1 day'")
    _expired_keys = _sql("delete from idempotency_keys where expires_at < clock_timestamp()")

    # --- messages ------------------------------------------------------------------------------

    def moment(self, connection: sa.Connection) -> Moment:
        return Moment(*run(connection, self._moment).fetchone())

    def claim(
        self, connection: sa.Connection, ids: Iterable[str]
    ) -> tuple[Moment, list[ClaimedRow]]:
        rows = run(connection, self._claim, {"ids": _array(ids)}).fetchall()
        return _with_moment(rows, ClaimedRow)

    def lease(
        self, connection: sa.Connection, ids: Iterable[str], token: str, seconds: float
    ) -> tuple[Moment, list[ClaimedRow]]:
        values = {"ids": _array(ids), "token": token, "seconds": seconds}
        return _with_moment(run(connection, self._lease, values).fetchall(), ClaimedRow)

    def still_held(
        self, connection: sa.Connection, ids: Iterable[str], token: str
    ) -> tuple[Moment, list[str]]:
        rows = run(connection, self._still_held, {"ids": _array(ids), "token": token}).fetchall()
        return _with_moment(rows, str)

    def finish(self, connection: sa.Connection, ids: Iterable[str]) -> None:
        run(connection, self._finish, {"ids": _array(ids)})

    def hold(self, connection: sa.Connection, rows: Any) -> None:  # noqa: ANN401 - what orjson takes
        run(connection, self._hold, {"rows": _literal(rows)})

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
        run(connection, self._send, {"rows": _literal(rows)})

    # --- the rest ------------------------------------------------------------------------------

    def known_events(
        self, connection: sa.Connection, ids: Sequence[str]
    ) -> list[tuple[str, str, str]]:
        """Event id, source and digest of those that came before."""
        return list(run(connection, self._known_events, {"ids": _literal(ids)}).fetchall())

    def expired(self, connection: sa.Connection) -> None:
        run(connection, self._expired)
        run(connection, self._expired_keys)

    def items(
        self, connection: sa.Connection, columns: tuple[str, ...], ids: Iterable[str], *, lock: bool
    ) -> Sequence[Sequence[Any]]:
        """Items by their ids, as bare tuples: every hop reads them, and names cost more than values."""
        statement = self._items(columns, lock=lock)
        rows: Sequence[Sequence[Any]] = run(connection, statement, {"ids": _array(ids)}).fetchall()
        return rows

    def insert(self, connection: sa.Connection, table: sa.Table, rows: Rows) -> int:
        """Insert rows, passing over those that exist; gives how many were new."""
        return int(run(connection, self._insert(table), {"rows": _literal(rows)}).rowcount)

    def update(
        self, connection: sa.Connection, table: sa.Table, columns: tuple[str, ...], rows: Rows
    ) -> None:
        """Update columns, the rows matched by their ids."""
        run(connection, self._update(table, columns), {"rows": _literal(rows)})

    @lru_cache(maxsize=64)  # noqa: B019 - the two instances live as long as the program
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
            f"select {_as_text(table, columns)} from {table.name} where {column} in "
            "(select value::uuid from json_array_elements_text(cast(:ids as json))) "
            f"order by {column}{suffix}"
        )

    @lru_cache(maxsize=8)  # noqa: B019 - as above
    def _items(self, columns: tuple[str, ...], *, lock: bool) -> bytes:
        suffix = " for no key update" if lock else ""
        return _sql(
            f"select {_as_text(items, columns)} from items where id = {_IDS} order by id{suffix}"
        )

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def _insert(self, table: sa.Table) -> bytes:
        columns = written(table)
        return _sql(
            f"insert into {table.name} ({quoted(columns)}) "
            f"select {quoted(columns, 'x.')} from json_to_recordset(cast(%(rows)s as json)) "
            f"as x({_typed(table, columns)}) on conflict do nothing"
        )

    @lru_cache(maxsize=256)  # noqa: B019 - as above
    def _update(self, table: sa.Table, columns: tuple[str, ...]) -> bytes:
        changes = ", ".join(f'"{name}" = x."{name}"' for name in columns)
        return _sql(
            f"update {table.name} as t set {changes} "
            f"from json_to_recordset(cast(%(rows)s as json)) "
            f"as x({_typed(table, ['id', *columns])}) where t.id = x.id"
        )


def _with_moment(rows: Sequence[Any], make: Any) -> tuple[Moment, list[Any]]:  # noqa: ANN401 - as the driver gives them
    """Rows that begin with the moment; a single one without an id stands for none."""
    now, version, *_ = rows[0]
    return Moment(now, version), [make(*row[2:]) for row in rows if row[2] is not None]


def _array(ids: Iterable[str]) -> str:
    """Ids as an array literal: planned and found more cheaply than a list within JSON."""
    return "{" + ",".join(ids) + "}"


def _literal(rows: Any) -> str:  # noqa: ANN401 - what orjson takes
    """Rows as one JSON literal: the form in which PostgreSQL takes many at the least cost."""
    return orjson.dumps(rows).decode()


def _typed(table: sa.Table, columns: Iterable[str]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in columns)


def _as_text(table: sa.Table, columns: Iterable[str]) -> str:
    """Columns of a select; ids as text, for a UUID object a row costs more than all the rest."""
    return ", ".join(
        f'"{name}"::text as "{name}"' if isinstance(table.c[name].type, sa.Uuid) else f'"{name}"'
        for name in columns
    )
