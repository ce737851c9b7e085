"""``gatepost send``: hands events of a file to Gatepost, and says which were refused."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import typer

from gatepost.cli.carriers import Carrier
from gatepost.cli.events import Event, read_events
from gatepost.cli.opening import open_settings
from gatepost.cli.talking import AsJson, Exit, fail, say, show_json

WAYS: Final = ("amqp", "http")


def send(
    file: Annotated[str, typer.Argument(metavar="FILE", help=".jsonl, .json, or - for stdin.")],
    via: Annotated[
        str | None, typer.Option("--via", metavar="amqp|http", help="Default: the transport set.")
    ] = None,
    url: Annotated[
        str, typer.Option("--url", help="With http: the console; default GATEPOST_PUBLIC_URL.")
    ] = "",
    token: Annotated[
        str, typer.Option("--token", envvar="GATEPOST_TOKEN", help="With http: an API token.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Send events: over RabbitMQ, HTTP, or to an embedded program.

    Exit 3 when a part of them was refused, 1 when all of them were.
    """
    if via not in (None, *WAYS):
        fail(f"--via takes {' or '.join(WAYS)}, not {via}", Exit.USAGE)
    events = read_events(file)
    with _carrier(via, url, token) as carrier:
        refused = _send_all(events, carrier)
    taken = len(events) - len(refused)
    if as_json:
        problems = [{"event": label, "reason": reason} for label, reason in refused]
        show_json({"sent": taken, "refused": problems})
    else:
        say(f"{taken} sent" + (f", {len(refused)} refused" if refused else ""))
    if refused:
        raise typer.Exit(Exit.PARTLY if taken else Exit.FAILED)


def _send_all(events: Sequence[Event], carrier: Carrier) -> list[tuple[str, str]]:
    """Send them all; gives those that were refused, with the reason, each said when it is known."""
    refused: list[tuple[str, str]] = []
    for event in _with_progress(events):
        reason = event.why_not or carrier(event)
        if reason:
            refused.append((event.label, reason))
            say(f"{event.place}  {event.label}  refused: {reason}")
    return refused


def _with_progress(events: Sequence[Event]) -> Iterator[Event]:
    """The events, with a bar on a terminal; without one, nothing is drawn."""
    import sys

    if not sys.stderr.isatty():
        yield from events
        return
    with typer.progressbar(events, label="sending", file=sys.stderr) as bar:
        yield from bar


@contextmanager
def _carrier(via: str | None, url: str, token: str) -> Iterator[Carrier]:
    from gatepost.cli import carriers

    settings = open_settings()
    if via == "http":
        if not token:
            fail("give --token or set GATEPOST_TOKEN: gatepost token create makes one", Exit.USAGE)
        with carriers.over_http(url or settings.public_url, token) as carrier:
            yield carrier
    elif not settings.is_embedded:
        with carriers.over_amqp(settings.amqp_url.get_secret_value()) as carrier:
            yield carrier
    elif via == "amqp":
        fail("there is no RabbitMQ: set GATEPOST_AMQP_URL, or leave --via out", Exit.USAGE)
    else:
        with carriers.into_the_ledger(settings) as carrier:
            yield carrier
