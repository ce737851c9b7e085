"""``gatepost directory``: companies, people, projects, vendors, connections."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json, warn
from gatepost.domain.wording import counted

if TYPE_CHECKING:
    from gatepost.domain.people import Company
    from gatepost.ledger.database import Database
    from gatepost.ledger.directory import ConnectionEntry, Directory
    from gatepost.ledger.directory_changes import Change
    from gatepost.ledger.directory_file import DirectoryFile, Located
    from gatepost.ledger.ledger import Ledger

_SECTIONS: Final = ("people", "projects", "vendors", "connections")
_MARKS: Final = {"added": "+", "changed": "~", "removed": "-"}

app = typer.Typer(help="Companies, people, connections: apply a file, show.")


@app.command()
def apply(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Directory files; - reads stdin.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make each company what its file says; applying it again changes nothing.

    All files are checked before any is applied.
    """
    found = [_checked(file) for file in files]
    problems = [each for checked in found for each in checked.problems]
    if problems:
        if as_json:
            show_json({"problems": [_located(each) for each in problems]})
        for problem in problems:
            say(str(problem))
        fail("nothing was applied")
    outcomes = []
    with open_ledger() as ledger:
        for checked in found:
            outcomes.append(_apply(checked, ledger.database, dry_run=dry_run))
            if not as_json:
                _show_outcome(outcomes[-1])
    if as_json:
        show_json({"dry_run": dry_run, "companies": outcomes})


@dataclass(frozen=True)
class _Checked:
    """A file that was read: what is in it, or everything against it."""

    file: "DirectoryFile | None" = None
    problems: "Sequence[Located]" = ()
    doubts: "Sequence[Located]" = ()


def _checked(path: Path) -> _Checked:
    from gatepost.ledger.directory_file import DirectoryFileError, doubts, parse

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except UnicodeDecodeError:
        fail(f"{path} is no text in UTF-8; nothing was applied")
    try:
        file = parse(text, str(path))
    except DirectoryFileError as error:
        return _Checked(problems=error.findings)
    return _Checked(file, doubts=doubts(text, str(path), file))


def _apply(checked: _Checked, database: "Database", *, dry_run: bool) -> dict[str, Any]:
    from gatepost.ledger.directory_file import apply, plan

    file = checked.file
    assert file is not None  # noqa: S101 - without problems there is a file
    for doubt in checked.doubts:
        warn(str(doubt))
    applied = plan(database, file) if dry_run else apply(database, file, by=getuser())
    return {
        "key": file.company.key,
        "name": file.company.name,
        "applied": bool(applied.changes) and not dry_run,
        "version": applied.version,
        "changes": [_as_json(each) for each in applied.changes],
        "warnings": [_located(each) for each in checked.doubts],
        "counts": {name: len(getattr(file, name)) for name in _SECTIONS},
    }


def _show_outcome(outcome: dict[str, Any]) -> None:
    for change in outcome["changes"]:
        fields = ", ".join(_field(each) for each in change["fields"])
        told = f": {fields}" if fields and change["what"] == "changed" else ""
        named = " ".join((_MARKS[change["what"]], change["section"], change["key"])).rstrip()
        show(f"{named}{told}")
    counts = ", ".join(f"{count} {name}" for name, count in outcome["counts"].items())
    said = f"{outcome['name']}: {counts}"
    if not outcome["changes"]:
        said += "; nothing changes"
    elif not outcome["applied"]:
        said += "; a dry run, nothing was applied"
    say(said)


def _as_json(change: "Change") -> dict[str, Any]:
    """A change; of a secret field, neither value."""
    fields = [
        {"name": each.name, "secret": True}
        if each.secret
        else {"name": each.name, "before": each.before, "after": each.after}
        for each in change.fields
    ]
    return {"section": change.section, "key": change.key, "what": change.what, "fields": fields}


def _field(field: dict[str, Any]) -> str:
    if field.get("secret"):
        return f"{field['name']} changed"
    before, after = (json.dumps(field[name], ensure_ascii=False) for name in ("before", "after"))
    return f"{field['name']} {before} -> {after}"


def _located(located: "Located") -> dict[str, Any]:
    finding = located.finding
    return {
        "file": located.file,
        "line": located.line,
        "field": finding.field,
        "message": finding.message,
    }


@app.command("show")
def show_directory(
    company: Annotated[str | None, typer.Option("--company", help="Only this one.")] = None,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="As a directory file, of one company.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show who is who; the options of connections are left out, they may hold credentials."""
    with open_ledger() as ledger:
        directory = ledger.directory()
        if company and company not in directory.companies:
            fail(f"there is no company {company} here", Exit.NOT_ALLOWED)
        if as_toml:
            show(_file(ledger, company or _only(directory)))
            return
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


def _file(ledger: "Ledger", company: str) -> str:
    from gatepost.ledger.directory_toml import as_toml

    return as_toml(ledger, company).rstrip("\n")


def _only(directory: "Directory") -> str:
    """The company, where there is one alone."""
    if len(directory.companies) != 1:
        fail("one file is one company: name it with --company", Exit.USAGE)
    return next(iter(directory.companies))


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
    projects = counted(len(document["projects"]), "project")
    show(f"  {projects}, {counted(len(document['vendors']), 'vendor')}")


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
