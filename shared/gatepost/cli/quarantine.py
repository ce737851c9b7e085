"""``gatepost quarantine``: events that could not be taken; look at them, take them once more."""

import base64
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.naming import uuid_of
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_fields, show_json, show_rows

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gatepost.ledger.ledger import Ledger

app = typer.Typer(help="Events that could not be taken: list, show, replay.")

Id = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_quarantine(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what is kept, newest first, with every reason."""
    from gatepost.ledger.tables import quarantine

    with open_ledger() as ledger, ledger.database.reading() as connection:
        newest = quarantine.select().order_by(quarantine.c.id.desc()).limit(limit)
        found = connection.execute(newest).mappings().all()
    rows = [
        {name: row[name] for name in row if name not in ("body", "headers", "fingerprint")}
        for row in found
    ]
    if not as_json:
        for row in rows:
            row["problems"] = "; ".join(each["message"] for each in row["problems"])
    columns = ("id", "at", "reason", "problems", "publisher", "replayed_at")
    show_rows(rows, as_json=as_json, columns=columns, none="nothing is in quarantine")


@app.command("show")
def show_event(event_id: Id, as_json: AsJson = False) -> None:
    """Show an event as it came, and everything against it."""
    with open_ledger() as ledger:
        row = _row(ledger, event_id)
    raw = base64.b64decode(row["body"])
    document: dict[str, Any] = {**row, "body": raw.decode("utf-8", "replace")}
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
    from gatepost.ledger.tables import quarantine
    from gatepost.messages.requests import Receive

    with open_ledger() as ledger:
        row = _row(ledger, event_id)
        if row["replayed_at"] and not again:
            at = f"{row['replayed_at']:%Y-%m-%d %H:%M:%S}"
            fail(f"it was replayed at {at}; --again does it once more", Exit.NOT_ALLOWED)
        body = _as_document(row)
        with ledger.work() as work:
            work.send(Receive(item_id="", body=body, publisher=row["publisher"], channel="replay"))
            work.change(quarantine, row["id"], replayed_at=work.now)
    say(f"{event_id} is handed to intake; what is refused again comes back to quarantine")


def _row(ledger: "Ledger", event_id: str) -> "sa.RowMapping":
    from gatepost.ledger.tables import quarantine

    key = uuid_of(event_id, f"nothing in quarantine has the id {event_id}")
    with ledger.database.reading() as connection:
        chosen = quarantine.select().where(quarantine.c.id == key)
        row = connection.execute(chosen).mappings().first()
    if row is None:
        fail(f"nothing in quarantine has the id {event_id}", Exit.NOT_ALLOWED)
    return row


def _as_document(row: "sa.RowMapping") -> str:
    """The event as one JSON document, in whichever mode it came; what is none stays what it is."""
    import orjson

    from gatepost.messages.cloud_events import Unintelligible, read

    raw = base64.b64decode(row["body"])
    try:
        envelope = read(raw, row["content_type"], row["headers"])
    except Unintelligible as error:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            fail(f"it cannot be replayed: {error}")
    document = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "data": envelope.data,
        "traceparent": envelope.traceparent,
    }
    return orjson.dumps({name: value for name, value in document.items() if value != ""}).decode()
