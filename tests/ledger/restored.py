"""A PostgreSQL database as it was when it was laid out: ten times as quick as another copy of it."""

from typing import Final

import sqlalchemy as sa

from gatepost.ledger.database import Database
from gatepost.ledger.tables import metadata

KEPT: Final = "laid_out"  # the schema with a copy of each table
_TRIGGERS: Final = (
    "select tgrelid::regclass::text, tgname::text, tgenabled from pg_trigger where not tgisinternal"
)


def keep(url: str) -> None:
    """Remember what is in a database, in the database."""
    database = Database(url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(f"create schema {KEPT}")
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"create table {KEPT}.{table.name} as table {table.name}")
        connection.exec_driver_sql(f"create table {KEPT}.triggers as {_TRIGGERS}")
    database.close()


def restore(database: Database) -> None:
    """Undo what was done to the rows since.

    Raises:
        sqlalchemy.exc.DBAPIError: more than rows was changed, or somebody still holds some.

    """
    with database.engine.begin() as connection:
        connection.exec_driver_sql("set local lock_timeout = '2s'")
        # Neither foreign keys nor the triggers that keep the history as it is.
        connection.exec_driver_sql("set local session_replication_role = replica")
        connection.exec_driver_sql(_RESTORED)
        connection.exec_driver_sql(_TRIGGERS_ARE_KEPT)


def _columns(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)


_RESTORED: Final = ";".join(
    f"delete from {table.name};"
    f"insert into {table.name} ({_columns(table)}) select {_columns(table)} from {KEPT}.{table.name}"
    for table in metadata.sorted_tables
)
_TRIGGERS_ARE_KEPT: Final = f"""
do $$ begin
    if (select count(*) from (table {KEPT}.triggers intersect {_TRIGGERS}) same)
        <> (select count(*) from {KEPT}.triggers) then
        raise 'a test dropped a trigger';
    end if;
end $$
"""
