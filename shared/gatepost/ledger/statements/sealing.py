"""The statements of the audit chain: history's rows as text, and those that wait for their seal.

What is hashed is what is stored, whatever a driver would make of it; so ids and detail are read as text.
"""

from typing import Any, Final

import orjson
import sqlalchemy as sa

from gatepost.ledger.statements.driver import run

COLUMNS: Final = (
    "id", "item_id", "company", "what", "revision", "by", "channel", "comment", "detail", "at",
)  # fmt: skip

_ROW: Final = (
    "cast(h.id as text), cast(h.item_id as text), h.company, h.what, h.revision, "
    'h."by", h.channel, h.comment, cast(h.detail as text), h.at'
)
_TAKEN: Final = f"select cast(t.history_id as text), t.company, h.id is not null, {_ROW} from "
_OLDEST: Final = "select history_id from history_unsealed order by history_id limit"
_JOINED: Final = "t left join history h on h.id = t.history_id"

# The ids as an array, for a plan by index whatever the statistics say of a table that comes and goes.
_TAKE: Final = (
    f"with t as (delete from history_unsealed where history_id = any(array({_OLDEST} %(limit)s)) "
    "returning history_id, company) "
    f"{_TAKEN} t left join lateral (select * from history where id = t.history_id) h on true"
).encode()
_READ_OLDEST: Final = (
    f"{_TAKEN} (select * from history_unsealed order by history_id limit :limit) {_JOINED}"
)
_FORGET_OLDEST: Final = f"delete from history_unsealed where history_id in ({_OLDEST} :limit)"
_BY_IDS_POSTGRESQL: Final = (
    f"select {_ROW} from history h where h.id in "
    "(select value::uuid from json_array_elements_text(cast(:ids as json)))"
)
_BY_IDS_SQLITE: Final = (
    f"select {_ROW} from history h where h.id in (select value from json_each(:ids))"
)
_WAITING: Final = (
    f"select {_ROW} from history h join history_unsealed u on u.history_id = h.id "
    "where u.company = :company order by h.at, h.id"
)


def take_unsealed(connection: sa.Connection, limit: int) -> list[tuple[Any, ...]]:
    """Rows that wait: id, company, whether it is there, and its columns. They wait no longer."""
    values = {"limit": limit}
    if connection.dialect.name == "postgresql":
        return list(run(connection, _TAKE, values).fetchall())
    found = run(connection, _READ_OLDEST, values).fetchall()
    run(connection, _FORGET_OLDEST, values)
    return list(found)


def rows_by_ids(connection: sa.Connection, ids: list[str]) -> list[Any]:
    """Rows of history by their ids, as their columns."""
    on_postgresql = connection.dialect.name == "postgresql"
    statement = sa.text(_BY_IDS_POSTGRESQL if on_postgresql else _BY_IDS_SQLITE)
    return list(connection.execute(statement, {"ids": orjson.dumps(ids).decode()}))


def unsealed(connection: sa.Connection, company: str) -> list[Any]:
    """A company's rows that wait, as their columns."""
    return list(connection.execute(sa.text(_WAITING), {"company": company}))
