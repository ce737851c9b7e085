"""``gatepost directory``: companies, people, projects, vendors, connections."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json

if TYPE_CHECKING:
    from gatepost.domain.people import Company
    from gatepost.ledger.directory import ConnectionEntry

app = typer.Typer(help="Companies, people, connections: apply a file, show.")


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="The directory file, TOML; - reads stdin.")],
) -> None:
    """Make the company what the file says; applying it again changes nothing."""
    import sys

    from gatepost.ledger.directory_file import DirectoryFileError, parse
    from gatepost.ledger.directory_file import apply as store

    try:
        parsed = parse(sys.stdin.read() if str(file) == "-" else file.read_text("utf-8"))
    except DirectoryFileError as error:
        for line in str(error).splitlines():
            say(f"{file}: {line}")
        fail("nothing was applied")
    except UnicodeDecodeError:
        fail(f"{file} is no text in UTF-8; nothing was applied")
    with open_ledger() as ledger:
        store(ledger.database, parsed)
    say(
        f"{parsed.company.name}: {len(parsed.people)} people, {len(parsed.projects)} projects, "
        f"{len(parsed.vendors)} vendors, {len(parsed.connections)} connections"
    )


@app.command("show")
def show_directory(
    company: Annotated[str | None, typer.Option("--company", help="Only this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show who is who; the options of connections are left out, they may hold credentials."""
    with open_ledger() as ledger:
        directory = ledger.directory()
    if company and company not in directory.companies:
        fail(f"there is no company {company} here", Exit.NOT_ALLOWED)
    found = [
        _document(each, directory.connection_of(key))
        for key, each in sorted(directory.companies.items())
        if company in (None, key)
    ]
    if as_json:
        show_json({"version": directory.version, "companies": found})
        return
    if not found:
        say("the directory is empty: gatepost directory apply FILE.toml")
    for each in found:
        _show_company(each)


def _show_company(document: dict[str, Any]) -> None:
    show(f"{document['key']}  {document['name']}")
    connection = document["connection"]
    if connection:
        show(f"  connection {connection['key']}: {connection['connector']}")
    for person in document["people"]:
        rights = [f"ERP tool {person['erp_tool']}"]
        rights += ["approver"] if person["is_accounting_approver"] else []
        rights += ["operator"] if person["operator"] else []
        show(f"  {person['email']}  {person['name']}  {', '.join(rights)}")
    show(f"  {len(document['projects'])} projects, {len(document['vendors'])} vendors")


def _document(company: "Company", entry: "ConnectionEntry | None") -> dict[str, Any]:
    from dataclasses import asdict

    people = [
        {**asdict(person), "is_accounting_approver": person.is_accounting_approver}
        for person in company.people.values()
    ]
    connection = None
    if entry:
        connection = {name: value for name, value in asdict(entry).items() if name != "options"}
    return {
        "key": company.key,
        "name": company.name,
        "settings": asdict(company.settings),
        "connection": connection,
        "people": people,
        "projects": [asdict(project) for project in company.projects.values()],
        "vendors": [asdict(vendor) for vendor in company.vendors.values()],
    }
