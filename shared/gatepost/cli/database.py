"""``gatepost db``: the schema of the database."""

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

    database = _open()
    before = schema.current(database)
    schema.upgrade(database)
    after = schema.current(database)
    say(f"the database is at {after}" + ("" if before == after else f"; it was at {before}"))


@app.command()
def check(as_json: AsJson = False) -> None:
    """Say whether the database is at the step of this release; exit 1 when it is not."""
    from gatepost.ledger import schema

    database = _open()
    current, head = schema.current(database), schema.head()
    if as_json:
        show_json({"current": current, "head": head, "is_current": current == head})
    else:
        show(f"at {current or 'nothing'}, this release is at {head}")
    if current != head:
        if as_json:
            raise typer.Exit(Exit.FAILED)
        fail("run gatepost db upgrade")


def _open() -> "Database":
    from gatepost.ledger.database import Database

    return Database(open_settings().database_url.get_secret_value())
