"""``gatepost db``: the schema of the database."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from gatepost.cli.opening import open_settings
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json

if TYPE_CHECKING:
    from gatepost.ledger.database import Database

app = typer.Typer(help="The schema of the database: upgrade it, check it.")


@app.command()
def upgrade() -> None:
    """Apply the migrations that are missing; safe to run by several programs at once."""
    from gatepost.ledger import schema

    with _opened() as database:
        before = schema.current(database)
        schema.upgrade(database)
        after = schema.current(database)
    say(f"the database is at {after}" + ("" if before == after else f"; it was at {before}"))


@app.command()
def check(as_json: AsJson = False) -> None:
    """Say whether the database is at the step of this release; exit 1 when it is not."""
    from gatepost.ledger import schema

    with _opened() as database:
        current, head = schema.current(database), schema.head()
    if as_json:
        show_json({"current": current, "head": head, "is_current": current == head})
    else:
        show(f"at {current or 'nothing'}, this release is at {head}")
    if current != head:
        if as_json:
            raise typer.Exit(Exit.FAILED)
        fail("run gatepost db upgrade")


@contextmanager
def _opened() -> "Generator[Database]":
    from gatepost.ledger.database import Database

    database = Database(open_settings().database_url.get_secret_value())
    try:
        yield database
    finally:
        database.close()
