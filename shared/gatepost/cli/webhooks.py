"""``gatepost webhook``: who is told of a company's events over HTTP."""

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gatepost.cli.opening import open_ledger, open_settings
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json, show_rows

if TYPE_CHECKING:
    from gatepost.ledger.ledger import Ledger
    from gatepost.runtime.settings import Settings

app = typer.Typer(help="Webhooks: add one, try it out, see what was posted, post it again.")

COLUMNS: Final = ("webhook_id", "company", "url", "events", "state", "created_at")
DELIVERY_COLUMNS: Final = (
    "event_id", "type", "status", "attempts", "response_code", "last_error", "created_at",
)  # fmt: skip
LOOK_SECONDS: Final = 0.2
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Id = Annotated[str, typer.Argument(metavar="WEBHOOK_ID")]


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL")],
    company: Annotated[str, typer.Option("--company", help="Whose events.")],
    event: Annotated[
        list[str] | None,
        typer.Option("--event", help="Only these, such as synced; several times. Default: all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell an endpoint of a company's events. Its secret is printed this once."""
    from gatepost.ledger import webhooks

    settings = open_settings()
    names = [each for given in event or () for each in given.replace(",", " ").split()]
    with open_ledger(settings) as ledger:
        made, secret = webhooks.create(
            ledger,
            company,
            url,
            names,
            secret_key=_key(settings),
            networks=settings.webhook_allowance,
        )
    _show_secret({"webhook_id": made.id, "events": made.events}, secret.text, as_json=as_json)
    if not as_json:
        say(f"webhook {made.id} is told of {', '.join(made.events) or 'all events'}")


@app.command("list")
def list_webhooks(
    company: Annotated[str | None, typer.Option("--company", help="Only of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the webhooks and how they do."""
    from gatepost.ledger import webhooks

    with open_ledger() as ledger:
        found = webhooks.listed(ledger, company)
    shown = (*COLUMNS[1:], "disabled_because", "failures")
    rows: list[dict[str, Any]] = [
        {"webhook_id": each.id, **{name: getattr(each, name) for name in shown}} for each in found
    ]
    if not as_json:
        for row in rows:
            row["events"] = row["events"] or "all"
    show_rows(rows, as_json=as_json, columns=COLUMNS, none="there are no webhooks")


@app.command()
def remove(webhook_id: Id) -> None:
    """End a webhook, at once; the log of its deliveries goes with it."""
    from gatepost.ledger import webhooks

    with open_ledger() as ledger:
        webhooks.remove(ledger, webhook_id)
    say(f"webhook {webhook_id} is removed")


@app.command()
def renew(webhook_id: Id, as_json: AsJson = False) -> None:
    """Make a new secret. For a day the old one signs besides."""
    from gatepost.ledger import webhooks

    settings = open_settings()
    with open_ledger(settings) as ledger:
        secret = webhooks.renew(ledger, webhook_id, secret_key=_key(settings))
    _show_secret({"webhook_id": webhook_id}, secret.text, as_json=as_json)


@app.command()
def enable(webhook_id: Id) -> None:
    """Post to a webhook again that answered 410, or that is left alone for a while."""
    from gatepost.ledger import webhooks

    with open_ledger() as ledger:
        webhooks.enable(ledger, webhook_id)
    say(f"webhook {webhook_id} is told of what happens from now on; replay brings back the rest")


@app.command("test")
def try_out(
    webhook_id: Id,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for what comes of it.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Post an event that means nothing, and say what the endpoint answered."""
    from gatepost.ledger import webhooks

    with open_ledger() as ledger:
        delivery_id = webhooks.try_out(ledger, webhook_id)
        row = _outcome(ledger, webhook_id, delivery_id, wait)
    if as_json:
        show_json(row)
    if row["status"] == "delivered":
        say(f"the endpoint answered {row['response_code']}")
    elif row["attempts"]:
        fail(f"it did not take it: {row['last_error']}; it is tried again")
    else:
        fail(row["last_error"] or "nobody has posted it yet: does the notifier run?")


@app.command()
def replay(
    webhook_id: Id,
    event: Annotated[
        str | None, typer.Option("--event", metavar="EVENT_ID", help="Only this one.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="A time (ISO 8601), or how long ago: 90m, 6h, 2d.")
    ] = None,
) -> None:
    """Post events once more, as they were and under the same ids."""
    from gatepost.ledger import webhooks

    if event is None and since is None:
        fail("say which: --event EVENT_ID, or --since", Exit.USAGE)
    begin = _moment(since) if since else None
    with open_ledger() as ledger:
        count = webhooks.replay(ledger, webhook_id, event_id=event, since=begin)
    if not count:
        fail("nothing of that was posted; what still waits is tried by itself", Exit.NOT_ALLOWED)
    say(f"{count} event{'' if count == 1 else 's'} will be posted again")


@app.command("deliveries")
def list_deliveries(
    webhook_id: Id,
    status: Annotated[
        str | None, typer.Option(help="waiting, delivered, failed or dropped.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was posted to a webhook or is to be, newest first."""
    from gatepost.ledger import webhooks

    with open_ledger() as ledger:
        rows = webhooks.deliveries(ledger, webhook_id, status=status, limit=limit)
    show_rows(
        rows,
        as_json=as_json,
        columns=DELIVERY_COLUMNS,
        none="there are no such deliveries" if status else "nothing was posted yet",
    )


def _show_secret(document: dict[str, Any], secret: str, *, as_json: bool) -> None:
    if as_json:
        show_json({**document, "secret": secret})
        return
    say("keep it: it is not shown again")
    show(secret)


def _key(settings: "Settings") -> str:
    from gatepost.cli.configuration import KEY_IS_MISSING, against_key

    if settings.secret_key is None:
        fail(KEY_IS_MISSING, Exit.USAGE)
    if said := against_key(settings):
        fail(said, Exit.USAGE)
    return settings.secret_key.get_secret_value()


def _outcome(ledger: "Ledger", webhook_id: str, delivery_id: str, wait: float) -> dict[str, Any]:
    """The delivery once it was tried, or as it is when the time is over."""
    from gatepost.ledger import webhooks

    end = time.monotonic() + wait
    while True:
        (row,) = webhooks.deliveries(ledger, webhook_id, delivery_id=delivery_id)
        if row["status"] != "waiting" or row["attempts"] or time.monotonic() > end:
            return row
        time.sleep(LOOK_SECONDS)


def _moment(text: str) -> datetime:
    number, unit = text[:-1], text[-1:]
    if number.isdigit() and unit in UNITS:
        return datetime.now(UTC) - timedelta(**{UNITS[unit]: int(number)})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no time: write 2026-11-20T09:30:00Z, or 90m, 6h, 2d", Exit.USAGE)
    return found if found.tzinfo else found.astimezone()
