"""The schema: bringing it to the newest step, and saying how far it is."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gatepost.ledger.database import Database

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x6761_7465  # PostgreSQL advisory lock: two upgrades at once wait for each other


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the migrations that are missing. Safe to call by several programs at once."""
    with database.transaction() as connection:
        if not database.is_sqlite:
            connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Undo migrations down to ``revision``."""
    with database.transaction() as connection:
        command.downgrade(_config(connection), revision)


def head() -> str:
    """The newest step this release knows."""
    return ScriptDirectory(str(_MIGRATIONS)).get_current_head() or ""


def current(database: Database) -> str | None:
    """The step the database is at; None when it is empty."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
