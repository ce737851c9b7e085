"""``gatepost connection``: the ways to the ERPs: ask one whether it answers, stop it, let it go on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.configuration import KEY_IS_MISSING
from gatepost.cli.opening import open_ledger
from gatepost.cli.reading_erps import Kinds, NoWait, read_erp
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json, show_rows
from gatepost.domain.wording import counted

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gatepost.domain.erp_records import RecordKind
    from gatepost.ledger.ledger import Ledger

app = typer.Typer(help="The connections to the ERPs: check, read, pause, resume.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="Its key, or company/key.")]


@app.command("list")
def list_connections(as_json: AsJson = False) -> None:
    """List the connections and how they are."""
    from gatepost.ledger import gates
    from gatepost.ledger.tables import connections

    with open_ledger() as ledger, ledger.database.reading() as connection:
        now = connection.execute(ledger.statements.now).one().now
        found = connection.execute(connections.select()).mappings().all()
        rows = [
            {
                **{name: row[name] for name in row if name != "options"},
                "paused_because": gates.paused_because(row),
                "waits": gates.waiting_for_call(connection, row, now),
            }
            for row in found
        ]
    columns = ("company", "key", "connector", "paused", "paused_because", "failures",
               "open_until", "last_contact_at", "waits")  # fmt: skip
    show_rows(rows, as_json=as_json, columns=columns, none="there are no connections")


@app.command()
def check(key: Key, as_json: AsJson = False) -> None:
    """Ask the ERP whether it answers with these credentials; exit 1 when it does not."""
    from gatepost.connectors.errors import ConnectorError
    from gatepost.ledger import gates

    with open_ledger() as ledger:
        row = _row(ledger, key)
    try:
        said, works = gates.ask(row), True
    except ConnectorError as error:
        said, works = f"{error.message} ({error.who_can_fix})", False
    if as_json:
        show_json({"company": row["company"], "key": row["key"], "works": works, "message": said})
    else:
        show(f"{row['company']}/{row['key']}  {said}")
    if not works:
        raise typer.Exit(Exit.FAILED)


@app.command()
def qwc(
    key: Key,
    url: Annotated[
        str, typer.Option("--url", help="Where Web Connectors reach the exporter.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Write it there.")] = None,
) -> None:
    """Make the file that tells a QuickBooks Web Connector where to call, and show its password."""
    from gatepost.connectors.discovery import configure, load_connector
    from gatepost.connectors.errors import ConfigurationError
    from gatepost.connectors.quickbooks import QuickBooksConfig
    from gatepost.connectors.quickbooks.qwc import NotReachable, password_of
    from gatepost.connectors.quickbooks.qwc import qwc as file_of

    with open_ledger() as ledger:
        row = _row(ledger, key)
        title = ledger.directory().company(row["company"]).name
    place = (row["company"], row["key"])
    try:
        config = configure(load_connector(row["connector"]), row["options"])
        if not isinstance(config, QuickBooksConfig):
            fail(
                f"{'/'.join(place)} is a connection to {row['connector']}, not to QuickBooks",
                Exit.USAGE,
            )
        document = file_of(*place, url or _exporter_url(), title=title)
        password = password_of(_secret_key(), *place, config.password_salt)
    except (ConfigurationError, NotReachable) as error:
        fail(str(error), Exit.USAGE)
    if out is None:
        show(document.decode().rstrip())
    else:
        out.write_bytes(document)
        say(f"{out} is for the Web Connector: File, Add an Application")
    say(f"the password to type in there: {password}")


@app.command()
def refresh(key: Key, kind: Kinds = None, no_wait: NoWait = False, as_json: AsJson = False) -> None:
    """Read the ERP's records and stage what is not linked: Ready To Import."""
    with open_ledger() as ledger:
        row = _row(ledger, key)
        read_erp(ledger, row, "refresh", kind, no_wait=no_wait, as_json=as_json)


@app.command()
def sync(key: Key, kind: Kinds = None, no_wait: NoWait = False, as_json: AsJson = False) -> None:
    """Read again what is linked, and note with the items where the ERP's records differ."""
    with open_ledger() as ledger:
        row = _row(ledger, key)
        read_erp(ledger, row, "sync", kind, no_wait=no_wait, as_json=as_json)


@app.command()
def options(
    key: Key,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="customer, vendor, ...")],
    search: Annotated[str, typer.Option(help="Words in its name, number or id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many, by name.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what an entry may be chosen from, as the latest refresh read it from the ERP."""
    from dataclasses import asdict

    from gatepost.domain.erp_records import RecordKind
    from gatepost.ledger.options import offered
    from gatepost.ledger.paging import WrongCursor

    if kind not in set(RecordKind):
        fail(f"there is no kind {kind}; there are {', '.join(RecordKind)}", Exit.USAGE)
    with open_ledger() as ledger:
        row = _row(ledger, key)
        place = (row["company"], row["key"])
        try:
            page = offered(ledger, *place, RecordKind(kind), q=search, cursor=cursor, limit=limit)
        except WrongCursor as error:
            fail(str(error), Exit.USAGE)
    if as_json:
        show_json(asdict(page))
        return
    rows = [asdict(each) for each in page.items]
    read = f"as of {page.read_at:%Y-%m-%d %H:%M} UTC" if page.read_at else "never read to the end"
    none = f"there is no such {kind} ({read}); {_reads_again(row['connector'], RecordKind(kind))}"
    show_rows(rows, as_json=False, columns=("id", "name"), none=none)
    if page.next_cursor:
        say(f"{page.total} in all; go on with --cursor {page.next_cursor}")
    if rows and page.read_at is None:
        say(f"the {kind}s were never read to the end: any id passes")


@app.command()
def answer(
    key: Key,
    file: Annotated[str, typer.Argument(metavar="FILE", help="Its name, as the item says it.")],
    erp_id: Annotated[str, typer.Option("--erp-id", help="The id of the ERP's record.")] = "",
    number: Annotated[str, typer.Option("--number", help="The number people see there.")] = "",
    not_there: Annotated[bool, typer.Option("--not-there", help="The ERP has no record.")] = False,
) -> None:
    """Say for a silent ERP what it made of a dropped file, once somebody has looked into the ERP."""
    from gatepost.connectors.discovery import configure, load_connector
    from gatepost.connectors.errors import ConnectorError
    from gatepost.connectors.filedrop import FileDropConfig, FileDropConnector
    from gatepost.connectors.filedrop.answering import NOT_THERE, NothingToAnswer, is_there

    if bool(erp_id.strip()) == not_there:
        fail("say either --erp-id, or --not-there", Exit.USAGE)
    with open_ledger() as ledger:
        row = _row(ledger, key)
        if other := _another_with(ledger, row["company"], file, erp_id.strip()):
            fail(f"{other} is {erp_id.strip()} in the ERP already", Exit.NOT_ALLOWED)
    try:
        config = configure(load_connector(row["connector"]), row["options"])
        if not isinstance(config, FileDropConfig):
            fail(f"{row['company']}/{row['key']} drops no files", Exit.USAGE)
        connector = FileDropConnector(config)
        try:
            connector.answer(file, NOT_THERE if not_there else is_there(erp_id, number))
        finally:
            connector.close()
    except NothingToAnswer as error:
        fail(str(error), Exit.NOT_ALLOWED)
    except ConnectorError as error:
        fail(f"{error.message} ({error.who_can_fix})", Exit.FAILED)
    becomes = "dropped again, as another file" if not_there else f"synced with {erp_id}"
    when = "by itself at the next look, or when it is retried if it has failed"
    say(f"{file} is answered; its item is {becomes}: {when}")


@app.command()
def pause(
    key: Key,
    because: Annotated[str, typer.Option("--because", help="Shown with what waits.")] = "",
) -> None:
    """Stop exporting over a connection; what is accepted waits."""
    from gatepost.ledger import gates

    with open_ledger() as ledger:
        row = _row(ledger, key)
        with ledger.work() as work:
            gates.pause(work, row["company"], row["key"], because or "by an operator")
    say(f"{row['company']}/{row['key']} is paused; what is accepted waits")


@app.command()
def resume(key: Key) -> None:
    """Let exports go on over a connection, at once."""
    from gatepost.ledger import gates

    with open_ledger() as ledger:
        row = _row(ledger, key)
        with ledger.work() as work:
            released = gates.resume(work, row["company"], row["key"])
    say(f"{row['company']}/{row['key']} goes on; {counted(released, 'export')} waited for it")


def _another_with(ledger: "Ledger", company: str, file: str, erp_id: str) -> str:
    """The item that has the ERP's record already, of the kind a file is of; empty if none has."""
    from gatepost.connectors.filedrop.names import parts
    from gatepost.ledger.tables import items

    found = parts(file)
    if not found or not erp_id:
        return ""
    kind, mark, _ = found
    has_it = (items.c.company == company) & (items.c.kind == kind) & (items.c.origin_id == erp_id)
    statement = items.select().where(has_it, items.c.id != mark)
    with ledger.database.reading() as connection:
        other = connection.execute(statement).mappings().first()
    return f"{company}/{kind}/{other['external_id']}" if other else ""


def _reads_again(connector: str, kind: "RecordKind") -> str:
    """How a list is read again, if it can be."""
    from gatepost.connectors.discovery import load_connector

    profile = load_connector(connector).profile
    if kind in profile.listable:
        return "gatepost connection refresh reads them again"
    return f"{profile.title} cannot be asked for its {kind.words}s: enter the id it has in the ERP"


def _exporter_url() -> str:
    from gatepost.runtime.services import load_service

    settings: Any = load_service("exporter").settings
    return str(settings().web_connector_url)


def _secret_key() -> str:
    from gatepost.runtime.settings import Settings

    secret = Settings().secret_key
    if secret is None or not secret.get_secret_value().strip():
        fail(KEY_IS_MISSING, Exit.USAGE)
    return secret.get_secret_value()


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
