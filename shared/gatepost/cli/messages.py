"""``gatepost messages``: what the workers could not handle and put aside for a person."""

from typing import Annotated, Any

import typer

from gatepost.cli.naming import uuid_of
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show_rows

app = typer.Typer(help="Messages put aside for a person: list, release.")


@app.command()
def parked(as_json: AsJson = False) -> None:
    """List the messages whose tries are used up, with the cause."""
    import sqlalchemy as sa

    from gatepost.ledger.tables import messages

    shown = ("id", "queue", "type", "item_id", "attempts", "last_error", "created_at")
    statement = sa.select(*(messages.c[name] for name in shown)).where(messages.c.due_at.is_(None))
    with open_ledger() as ledger, ledger.database.reading() as connection:
        rows: list[dict[str, Any]] = [
            dict(row) for row in connection.execute(statement.order_by(messages.c.id)).mappings()
        ]
    show_rows(rows, as_json=as_json, columns=shown, none="no message is parked")


@app.command()
def release(message_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Offer a parked message again, once its cause is mended; its tries begin anew."""
    import sqlalchemy as sa

    from gatepost.ledger.tables import messages

    key = uuid_of(message_id, f"there is no message {message_id}")
    with open_ledger() as ledger, ledger.work() as work:
        is_it = (messages.c.id == key) & messages.c.due_at.is_(None)
        # Due with its token: the sweep, and nobody else, clears a token.
        offered = sa.update(messages).where(is_it).values(due_at=work.now, attempts=0)
        found = work.connection.execute(offered).rowcount
    if not found:
        fail(f"no parked message has the id {message_id}", Exit.NOT_ALLOWED)
    say(f"{message_id} is offered again")
