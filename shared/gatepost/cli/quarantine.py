"""``gatepost quarantine``: events that could not be taken; look at them, take them once more."""

from typing import Annotated, Any

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_fields, show_json, show_rows

app = typer.Typer(help="Events that could not be taken: list, show, replay.")

Id = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_quarantine(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what is kept, newest first, with every reason."""
    from gatepost.ledger import quarantined

    with open_ledger() as ledger:
        rows = quarantined.kept(ledger, limit=limit)
    if not as_json:
        for row in rows:
            row["problems"] = "; ".join(each["message"] for each in row["problems"])
            row["subject"] = row["subject"] or row["company"]
    columns = ("id", "at", "subject", "reason", "problems", "publisher", "replayed_at")
    show_rows(rows, as_json=as_json, columns=columns, none="nothing is in quarantine")


@app.command("show")
def show_event(event_id: Id, as_json: AsJson = False) -> None:
    """Show an event as it came, and everything against it."""
    from gatepost.ledger import quarantined

    with open_ledger() as ledger:
        row = quarantined.event_of(ledger, event_id)
    document: dict[str, Any] = {**row, "body": quarantined.body_of(row)}
    if as_json:
        show_json(document)
        return
    problems = document.pop("problems")
    body = document.pop("body")
    show_fields(document)
    for each in problems:
        show(f"- {each['field'] or 'event'}: {each['message']} ({each['who_can_fix']})")
    show(f"\n{body}")


@app.command()
def replay(
    event_id: Id,
    again: Annotated[bool, typer.Option("--again", help="Though it was replayed before.")] = False,
) -> None:
    """Take an event once more, as it came: after its company, vendor or rights were mended."""
    from gatepost.ledger import quarantined

    with open_ledger() as ledger:
        row = quarantined.event_of(ledger, event_id)
        if row["replayed_at"] and not again:
            at = f"{row['replayed_at']:%Y-%m-%d %H:%M:%S}"
            fail(f"it was replayed at {at}; --again does it once more", Exit.NOT_ALLOWED)
        with ledger.work() as work:
            quarantined.replay(work, [row])
    say(f"{event_id} is handed to intake; refused again, it is back in quarantine under that id")
