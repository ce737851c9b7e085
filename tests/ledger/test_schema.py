"""The schema: what the migrations make is what the models say, and they can be undone."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gatepost.ledger import schema
from gatepost.ledger.database import Database
from gatepost.ledger.tables import metadata
from gatepost.testing.servers import Servers


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(f"sqlite:///{tmp_path}/not/yet/there.db")
    servers: Servers = request.getfixturevalue("servers")
    return Database(servers.postgresql.fresh_database())


def tables_of(database: Database) -> set[str]:
    """Without what SQLite keeps of its own beside a full-text table."""
    names = sa.inspect(database.engine).get_table_names()
    return {name for name in names if not name.startswith("revision_words")}


def test_migrations_go_up_and_down_and_up_again(empty: Database) -> None:
    # Given an empty database
    assert schema.current(empty) is None

    # When it is brought up, then every table is there
    schema.upgrade(empty)
    assert schema.current(empty) == schema.head()
    assert tables_of(empty) == {*metadata.tables, "alembic_version"}

    # When it is brought down, then nothing is left; and it can be brought up again
    schema.downgrade(empty, "base")
    assert tables_of(empty) == {"alembic_version"}
    schema.upgrade(empty)
    assert schema.current(empty) == schema.head()
    empty.close()


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(database: Database) -> None:
    schema.upgrade(database)
    assert schema.current(database) == schema.head()


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_the_models_say_what_the_migrations_made(database: Database) -> None:
    with database.transaction() as connection:
        opts = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        found = [each for each in compare_metadata(context, metadata) if not _is_unsure(each)]
    assert found == []


def test_the_indexes_are_word_for_word_those_of_the_models(
    database: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    # Given a database made of the models alone
    if database.is_sqlite:
        twin = Database(f"sqlite:///{tmp_path}/twin.db")
    else:
        servers: Servers = request.getfixturevalue("servers")
        twin = Database(servers.postgresql.fresh_database())
    with twin.transaction() as connection:
        metadata.create_all(connection)

    # Then its indexes, partial and descending ones too, are those that the migrations made
    assert _indexes(database) == _indexes(twin)
    twin.close()


def _indexes(database: Database) -> set[str]:
    catalogue = (
        "select sql from sqlite_master where type = 'index' and sql is not null"
        if database.is_sqlite
        else "select indexdef from pg_indexes where schemaname = 'public'"
    )
    with database.reading() as connection:
        found = set(connection.execute(sa.text(catalogue)).scalars())
    return {each for each in found if "alembic" not in each}


_OVER_EXPRESSIONS = ("ix_items_list", "ix_items_project", "ix_mails_list")


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The full-text table is SQLite's way to what is an index on PostgreSQL."""
    return not (kind == "table" and (name or "").startswith("revision_words"))


def _is_unsure(difference: Any) -> bool:  # noqa: ANN401 - alembic ships tuples and lists
    """Alembic only guesses at SQLite's indexes over expressions; the test below compares them."""
    kind, what = difference[:2] if isinstance(difference, tuple) else ("", None)
    return kind in ("add_index", "remove_index") and what.name in _OVER_EXPRESSIONS
