"""Opening what a command works on: the settings, the ledger, with a sentence where that fails."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gatepost.cli.talking import fail

if TYPE_CHECKING:
    from gatepost.ledger.ledger import Ledger
    from gatepost.runtime.settings import Settings


def open_settings() -> "Settings":
    """The settings of this program, and its logs kept out of what it prints."""
    import sys

    from gatepost.runtime import logs
    from gatepost.runtime.settings import Settings

    settings = Settings()
    logs.set_up("pretty", "warning", stream=sys.stderr)
    return settings


@contextmanager
def open_ledger(settings: "Settings | None" = None) -> Generator["Ledger"]:
    """The ledger, at the step of this release; embedded it is brought there.

    It has no relay: what a command leaves in it is due at once, and the sweep of whichever service
    runs finds it within a second.
    """
    from gatepost.ledger import schema
    from gatepost.ledger.database import Database
    from gatepost.ledger.ledger import Ledger

    settings = settings or open_settings()
    database = Database(settings.database_url.get_secret_value())
    try:
        if schema.current(database) != schema.head():
            if not settings.is_embedded:
                fail("the database is not at the step of this release: run gatepost db upgrade")
            schema.upgrade(database)
        yield Ledger(database)
    finally:
        database.close()
