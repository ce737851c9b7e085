"""The schema: what the migrations make is what the models say, and they can be undone."""

from pathlib import Path

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
    return set(sa.inspect(database.engine).get_table_names())


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


def test_the_models_say_what_the_migrations_made(database: Database) -> None:
    with database.transaction() as connection:
        # Reflected keys, columns, indexes; types too, where the database has more than text.
        options = {"compare_type": not database.is_sqlite}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
