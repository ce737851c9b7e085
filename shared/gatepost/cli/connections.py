"""``gatepost connection``: the ways to the ERPs: ask one whether it answers, stop it, let it go on."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json, show_rows

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gatepost.ledger.ledger import Ledger

app = typer.Typer(help="The connections to the ERPs: check, pause, resume.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, or company/key.")]


@app.command("list")
def list_connections(as_json: AsJson = False) -> None:
    """List the connections and how they are."""
    from gatepost.ledger.tables import connections

    with open_ledger() as ledger, ledger.database.reading() as connection:
        found = connection.execute(connections.select()).mappings().all()
    rows = [{name: row[name] for name in row if name != "options"} for row in found]
    columns = ("company", "key", "connector", "paused", "paused_because", "failures",
               "open_until", "last_contact_at")  # fmt: skip
    show_rows(rows, as_json=as_json, columns=columns, none="there are no connections")


@app.command()
def check(key: Key, as_json: AsJson = False) -> None:
    """Ask the ERP whether it answers with these credentials; exit 1 when it does not."""
    from gatepost.connectors.discovery import configure, load_connector
    from gatepost.connectors.errors import ConnectorError

    with open_ledger() as ledger:
        row = _row(ledger, key)
    try:
        kind = load_connector(row["connector"])
        connector = kind(configure(kind, row["options"]))
        try:
            said, works = connector.check(), True
        finally:
            connector.close()
    except ConnectorError as error:
        said, works = f"{error.message} ({error.who_can_fix})", False
    if as_json:
        show_json({"company": row["company"], "key": row["key"], "works": works, "message": said})
    else:
        show(f"{row['company']}/{row['key']}  {said}")
    if not works:
        raise typer.Exit(Exit.FAILED)


@app.command()
def pause(
    key: Key,
    because: Annotated[str, typer.Option("--because", help="Shown with what waits.")] = "",
) -> None:
    """Stop exporting over a connection; what is accepted waits."""
    with open_ledger() as ledger:
        row = _row(ledger, key)
        _change(ledger, row, paused=True, paused_because=because or "by an operator")
    say(f"{row['company']}/{row['key']} is paused; what is accepted waits")


@app.command()
def resume(key: Key) -> None:
    """Let exports go on over a connection, at once."""
    with open_ledger() as ledger:
        row = _row(ledger, key)
        _change(ledger, row, paused=False, paused_because="", failures=0, open_until=None)
        released = _release(ledger, row["company"])
    say(f"{row['company']}/{row['key']} goes on; {released} exports waited for it")


def _row(ledger: "Ledger", name: str) -> "sa.RowMapping":
    """The connection of that name.

    A key alone is enough while only one company has a connection of that key.
    """
    from gatepost.ledger.tables import connections

    company, slash, key = name.partition("/")
    is_it = connections.c.key == (key if slash else name)
    if slash:
        is_it &= connections.c.company == company
    with ledger.database.reading() as connection:
        rows = connection.execute(connections.select().where(is_it)).mappings().all()
    if not rows:
        fail(f"there is no connection {name}", Exit.NOT_ALLOWED)
    if len(rows) > 1:
        several = ", ".join(f"{row['company']}/{row['key']}" for row in rows)
        fail(f"several companies have a connection {name}: {several}", Exit.USAGE)
    return rows[0]


def _change(ledger: "Ledger", row: "sa.RowMapping", **values: Any) -> None:
    from gatepost.ledger.tables import connections

    is_it = (connections.c.company == row["company"]) & (connections.c.key == row["key"])
    with ledger.work() as work:
        work.connection.execute(connections.update().where(is_it).values(**values))


def _release(ledger: "Ledger", company: str) -> int:
    """Offer the exports that were put off because of the pause.

    A row that is put off has its own id as its token; one that is leased for a call has another's,
    and is left alone.
    """
    import sqlalchemy as sa

    from gatepost.ledger.tables import items, messages
    from gatepost.messages.requests import Export

    of_company = sa.select(items.c.id).where(items.c.company == company)
    put_off = messages.c.lease_token == sa.cast(messages.c.id, sa.Text)
    waiting = sa.and_(
        messages.c.type == Export.TYPE, messages.c.item_id.in_(of_company), put_off,
        messages.c.due_at.is_not(None),
    )  # fmt: skip
    with ledger.work() as work:
        offered = messages.update().where(waiting).values(due_at=work.now)
        return int(work.connection.execute(offered).rowcount)
