"""The commands of ``gatepost``, all on one screen."""

from typing import Annotated

import typer

from gatepost import __version__
from gatepost.cli import (
    audit,
    configuration,
    connections,
    database,
    directory,
    failed,
    items,
    mails,
    messages,
    quarantine,
    records,
    tokens,
    topology,
    webhooks,
)
from gatepost.cli.approving import accept, reject, retrieve, take_back
from gatepost.cli.health import health
from gatepost.cli.listening import listen
from gatepost.cli.playing import demo
from gatepost.cli.putting_away import archive, unarchive, unlink
from gatepost.cli.running import run
from gatepost.cli.sending import send
from gatepost.cli.talking import show

app = typer.Typer(
    help="The accounting gate between operational systems and the ERP.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: it is there at once, and the same everywhere
)

app.command()(demo)
app.command()(run)
app.add_typer(database.app, name="db")
app.add_typer(topology.app, name="topology")
app.add_typer(directory.app, name="directory")
app.add_typer(tokens.app, name="token")
app.command()(send)
app.add_typer(items.app, name="items")
app.command()(accept)
app.command()(reject)
app.command()(retrieve)
app.command("take-back")(take_back)
app.command()(unlink)
app.command()(archive)
app.command()(unarchive)
app.add_typer(records.app, name="records")
app.add_typer(failed.app, name="failed")
app.add_typer(connections.app, name="connection")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(mails.app, name="mails")
app.add_typer(messages.app, name="messages")
app.command()(listen)
app.add_typer(webhooks.app, name="webhook")
app.add_typer(audit.app, name="audit")
app.add_typer(configuration.app, name="config")
app.command()(health)


def _show_version(wanted: bool) -> None:
    if wanted:
        show(f"gatepost {__version__}")
        raise typer.Exit


@app.callback()
def gatepost(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    """The accounting gate between operational systems and the ERP."""
