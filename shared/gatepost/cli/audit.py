"""``gatepost audit``: whether the history is as it was written, and an export for an auditor."""

import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_json, show_rows
from gatepost.domain.wording import counted

if TYPE_CHECKING:
    from gatepost.ledger.audit import Verdict
    from gatepost.ledger.database import Database

app = typer.Typer(help="The history's chain of seals: verify, export, its newest hash.")

Company = Annotated[str | None, typer.Option("--company", help="Only this one.")]
Kept = Annotated[str, typer.Option("--head", help="A hash kept from `audit head`: must be there.")]
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


@app.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(help="An export; without one, the database is verified.")
    ] = None,
    company: Company = None,
    kept: Kept = "",
    as_json: AsJson = False,
) -> None:
    """Walk along the chain; name the first row or seal that is not as it was written."""
    if kept and not (file or company):
        fail("a hash that was kept is one company's: name it with --company", Exit.USAGE)
    verdicts = [_of_file(file, kept)] if file else _of_database(company, kept)
    if as_json:
        show_json({"items": [{**asdict(each), "holds": each.holds} for each in verdicts]})
    elif not verdicts:
        say("there is no history yet")
    else:
        for each in verdicts:
            show(_sentence(each))
    if not all(each.holds for each in verdicts):
        raise typer.Exit(Exit.FAILED)


@app.command()
def head(company: Company = None, as_json: AsJson = False) -> None:
    """Print the newest hash: kept elsewhere, it shows whether the chain was written anew."""
    from gatepost.ledger import audit_reading

    with open_ledger() as ledger:
        named = _companies(ledger.database, company)
        heads = [audit_reading.head(ledger.database, each) for each in named]
    show_rows(
        [asdict(each) for each in heads if each],
        as_json=as_json,
        columns=("company", "seq", "hash", "unsealed"),
        none="nothing is sealed yet",
    )


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to; - writes to stdout.")],
    company: Annotated[str, typer.Option("--company", help="Whose history.")],
    since: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="From this moment on, UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_MOMENTS, help="Before this moment, UTC.")
    ] = None,
) -> None:
    """Write the history with its seals as JSON lines; whole seals, so that it can be verified."""
    import orjson

    from gatepost.ledger.audit_export import Span
    from gatepost.ledger.audit_export import export as lines_of

    to_stdout = str(file) == "-"
    seals = rows = 0
    with open_ledger() as ledger:
        _companies(ledger.database, company)
        span = Span(_utc(since), _utc(until))
        with nullcontext(sys.stdout.buffer) if to_stdout else file.open("wb") as out:
            for line in lines_of(ledger.database, company, span):
                out.write(orjson.dumps(line) + b"\n")
                seals += "seal" in line and "history" not in line
                rows += "history" in line
    say(f"{company}: {counted(rows, 'row')} of history and {counted(seals, 'seal')}")


def _of_file(file: Path, kept: str) -> "Verdict":
    from gatepost.ledger.audit_export import NotAnExport, verify_lines

    try:
        with file.open("rb") as lines:
            return verify_lines(lines, kept=kept)
    except NotAnExport as error:
        fail(f"{file}: {error}")


def _of_database(company: str | None, kept: str) -> "list[Verdict]":
    from gatepost.ledger import audit_reading

    with open_ledger() as ledger:
        named = _companies(ledger.database, company)
        return [audit_reading.verify(ledger.database, each, kept=kept) for each in named]


def _companies(database: "Database", company: str | None) -> list[str]:
    from gatepost.ledger.audit_reading import audited

    found = audited(database)
    if company and company not in found:
        fail(f"there is no company {company} here", Exit.NOT_ALLOWED)
    return [company] if company else found


def _sentence(verdict: "Verdict") -> str:
    walked = f"{counted(verdict.rows, 'row')} in {counted(verdict.seals, 'seal')}"
    if verdict.broken:
        return f"{verdict.company}: BROKEN: {verdict.broken.sentence}; before it, {walked} hold"
    left = counted(verdict.unsealed, "row")
    waiting = f", {left} not sealed yet" if verdict.unsealed else ""
    return f"{verdict.company}: ok, {walked}{waiting}, head {verdict.head}"


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
