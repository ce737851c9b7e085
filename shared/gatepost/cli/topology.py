"""``gatepost topology``: what stands in RabbitMQ."""

from typing import Any

import typer

from gatepost.cli.opening import open_ledger, open_settings
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json

app = typer.Typer(help="Exchanges and queues in RabbitMQ: declare, show.")


@app.command()
def apply() -> None:
    """Declare exchanges, queues and the lanes of the exports; what is there already is left alone."""
    from gatepost.messages.routes import Queue
    from gatepost.runtime.relay import declare_topology
    from gatepost.runtime.topology import EXCHANGES, QUEUES

    settings = open_settings()
    if settings.is_embedded:
        fail("there is no RabbitMQ to declare anything in: set GATEPOST_AMQP_URL", Exit.USAGE)
    lanes = [f"{Queue.EXPORT}.{lane}" for lane in _lanes()]
    declare_topology(settings.amqp_url.get_secret_value(), lanes)
    say(f"{len(EXCHANGES)} exchanges and {len(QUEUES) + len(lanes)} queues stand")


@app.command("show")
def show_topology(as_json: AsJson = False) -> None:
    """Show the exchanges, the queues and what is bound to what."""
    from gatepost.runtime.topology import BINDINGS, EXCHANGES, QUEUES

    document: dict[str, list[dict[str, Any]]] = {
        "exchanges": [
            {"name": name, "type": kind, "arguments": arguments}
            for name, (kind, arguments) in EXCHANGES.items()
        ],
        "queues": [
            {"name": str(name), "arguments": arguments} for name, arguments in QUEUES.items()
        ],
        "bindings": [
            {"exchange": exchange, "queue": str(queue), "routing_key": key}
            for exchange, queue, key in BINDINGS
        ],
    }
    if as_json:
        show_json(document)
        return
    for each in document["exchanges"]:
        show(f"exchange  {each['name']}  {each['type']}")
    for each in document["queues"]:
        show(f"queue     {each['name']}  {each['arguments'].get('x-queue-type', '')}")
    for each in document["bindings"]:
        show(f"binding   {each['exchange']} -> {each['queue']}  {each['routing_key'] or '(all)'}")


def _lanes() -> list[str]:
    """The lanes the directory names. RabbitMQ may well be prepared before the database is there."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with open_ledger() as ledger:
            entries = ledger.directory().connections.values()
            return sorted({entry.lane for entry in entries if entry.lane})
    except (SQLAlchemyError, typer.Exit):
        say("lanes of exports are left out: the directory cannot be read yet")
        return []
