"""``gatepost messages``: what the workers could not handle and put aside for a person."""

from typing import Annotated

import typer

from gatepost.cli.naming import uuid_of
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show_rows

app = typer.Typer(help="Messages put aside for a person: list, release.")


@app.command()
def parked(as_json: AsJson = False) -> None:
    """List the messages whose tries are used up, with the cause."""
    from gatepost.ledger import parking

    with open_ledger() as ledger:
        rows = parking.parked(ledger)
    show_rows(rows, as_json=as_json, columns=parking.SHOWN, none="no message is parked")


@app.command()
def release(message_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Offer a parked message again, once its cause is mended; its tries begin anew."""
    from gatepost.ledger import parking

    key = uuid_of(message_id, f"there is no message {message_id}")
    with open_ledger() as ledger, ledger.work() as work:
        found = parking.release(work, [key])
    if not found:
        fail(f"no parked message has the id {message_id}", Exit.NOT_ALLOWED)
    say(f"{message_id} is offered again")
