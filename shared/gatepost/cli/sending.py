"""``gatepost send``: hands events of a file to Gatepost, and says which were refused."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

import typer

from gatepost.cli.carriers import Answer, Carrier
from gatepost.cli.events import Event, in_words, read_events
from gatepost.cli.opening import open_settings
from gatepost.cli.talking import AsJson, Exit, fail, say, show_json
from gatepost.domain.errors import FieldProblem

WAYS: Final = ("amqp", "http")
WAIT: Final = 10.0  # seconds for answers of intake; a child waits five for its parent
LATE: Final = "RabbitMQ keeps them until intake takes them; what was taken before is not told again"

Each = TypeVar("Each")


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
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            min=0,
            metavar="SECONDS",
            help="For answers; with amqp, 0 asks for none.",
        ),
    ] = WAIT,
    as_json: AsJson = False,
) -> None:
    """Send events: over RabbitMQ, HTTP, or to an embedded program.

    Exit 0 when all were taken, 3 when a part of them was refused or not answered in time, 1 when
    none was taken.
    """
    if via not in (None, *WAYS):
        fail(f"--via takes {' or '.join(WAYS)}, not {via}", Exit.USAGE)
    events = read_events(file)
    with _carrier(via, url, token, listening=wait > 0) as carrier:
        tally = _send_all(events, carrier, wait)
    if as_json:
        show_json(tally.document())
    else:
        say(tally.sentence(wait))
    if tally.taken < len(events):
        raise typer.Exit(Exit.PARTLY if tally.taken else Exit.FAILED)


@dataclass(slots=True)
class Tally:
    """What became of the events of a file."""

    how_many: int
    refused: list[Answer] = field(default_factory=list)
    unanswered: int = 0

    @property
    def taken(self) -> int:
        return self.how_many - len(self.refused) - self.unanswered

    def refuse(self, event: Event, problems: Sequence[FieldProblem]) -> None:
        """Count an event that was refused, and say so when it is known."""
        if problems:
            self.refused.append((event, problems))
            say(event.refused_for(problems))

    def sentence(self, wait: float) -> str:
        parts = [f"{self.taken} sent"]
        if self.refused:
            parts.append(f"{len(self.refused)} refused")
        if self.unanswered:
            parts.append(f"{self.unanswered} not answered within {wait:g} s: {LATE}")
        return ", ".join(parts)

    def document(self) -> dict[str, object]:
        refused = [
            {
                "event": event.label,
                "id": event.id,
                "place": event.place,
                "reason": "; ".join(map(in_words, problems)),
                "errors": list(problems),
            }
            for event, problems in self.refused
        ]
        return {"sent": self.taken, "refused": refused, "unanswered": self.unanswered}


def _send_all(events: Sequence[Event], carrier: Carrier, wait: float) -> Tally:
    tally = Tally(len(events))
    for event in _with_progress(events, "sending", len(events)):
        tally.refuse(event, event.problems or carrier.send(event))
    if expected := carrier.awaited:
        for answer in _with_progress(carrier.answers(wait), "answers", expected):
            tally.refuse(*answer)
    tally.unanswered = carrier.awaited
    return tally


def _with_progress(each: Iterable[Each], label: str, how_many: int) -> Iterator[Each]:
    """The same, with a bar on a terminal; without one, nothing is drawn."""
    import sys

    if not sys.stderr.isatty():
        yield from each
        return
    with typer.progressbar(each, length=how_many, label=label, file=sys.stderr) as bar:
        yield from bar


@contextmanager
def _carrier(via: str | None, url: str, token: str, *, listening: bool) -> Iterator[Carrier]:
    from gatepost.cli import carriers

    settings = open_settings()
    if via == "http":
        if not token:
            fail("give --token or set GATEPOST_TOKEN: gatepost token create makes one", Exit.USAGE)
        with carriers.over_http(url or settings.public_url, token) as carrier:
            yield carrier
    elif not settings.is_embedded:
        from gatepost.cli.publishing import over_rabbitmq

        amqp_url = settings.amqp_url.get_secret_value()
        with over_rabbitmq(amqp_url, listening=listening) as publisher:
            yield publisher
    elif via == "amqp":
        fail("there is no RabbitMQ: set GATEPOST_AMQP_URL, or leave --via out", Exit.USAGE)
    else:
        with carriers.into_the_ledger(settings) as carrier:
            yield carrier
