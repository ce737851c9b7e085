"""``gatepost db``: the schema of the database, and the counts of the lists in it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from gatepost.cli.opening import open_settings
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json

if TYPE_CHECKING:
    from gatepost.ledger.counting import Difference
    from gatepost.ledger.database import Database

app = typer.Typer(help="The database: upgrade its schema, check it, count the lists anew.")


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
    """Say whether the database is as this release needs it; exit 1 when it is not.

    It has to be at the step of this release, and the counts of the lists have to be what stands on
    them.
    """
    from gatepost.ledger import counting, schema

    with _opened() as database:
        current, head = schema.current(database), schema.head()
        wrong = counting.differences(database) if current == head else []
    if as_json:
        document = {"current": current, "head": head, "is_current": current == head}
        show_json({**document, "wrong_counts": wrong})
    else:
        show(f"at {current or 'nothing'}, this release is at {head}")
        _show_counts(wrong)
    if current != head or wrong:
        if as_json:
            raise typer.Exit(Exit.FAILED)
        fail(f"run gatepost db {'recount' if wrong else 'upgrade'}")


@app.command()
def recount() -> None:
    """Put the counts of the lists right; safe while services run."""
    from gatepost.ledger import counting

    with _opened() as database:
        wrong = counting.recount(database)
    _show_counts(wrong)
    say(f"counts put right: {len(wrong)}" if wrong else "the counts were right")


def _show_counts(wrong: "list[Difference]") -> None:
    for each in wrong:
        show(
            f"{each.company}: {each.list} counts {each.counted} {each.kind}, "
            f"{each.standing} stand on it"
        )


@contextmanager
def _opened() -> "Generator[Database]":
    from gatepost.ledger.database import Database

    database = Database(open_settings().database_url.get_secret_value())
    try:
        yield database
    finally:
        database.close()
