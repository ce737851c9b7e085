"""``gatepost connection refresh | sync``: having an ERP read, and seeing how far it has come."""

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gatepost.cli.talking import Exit, fail, say, show_json
from gatepost.domain.wording import counted

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gatepost.ledger.erp_readings import Reading
    from gatepost.ledger.ledger import Ledger

PATIENCE: Final = 15.0  # seconds without any progress after which the command no longer waits
PAUSE: Final = 0.2  # seconds between looks
BY: Final = "the command line"

Kinds = Annotated[list[str] | None, typer.Option("--kind", help="commitment, vendor, ...: only.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is done.")]


def read_erp(
    ledger: "Ledger",
    row: "sa.RowMapping",
    purpose: str,
    kinds: list[str] | None,
    *,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Have the ERP of a connection read; ends when that is done, or the command's patience."""
    from gatepost.domain.erp_records import RecordKind
    from gatepost.domain.errors import Refusal
    from gatepost.ledger import erp_readings
    from gatepost.messages.requests import Purpose

    if unknown := [kind for kind in kinds or () if kind not in set(RecordKind)]:
        fail(f"there is no kind {unknown[0]}; there are {', '.join(RecordKind)}", Exit.USAGE)
    name = f"{row['company']}/{row['key']}"
    wanted = [RecordKind(kind) for kind in kinds or ()]
    place = (row["company"], row["key"])
    try:
        with ledger.work() as work:
            begun = erp_readings.begin(work, *place, Purpose(purpose), by=BY, kinds=wanted)
    except Refusal as refusal:
        fail(f"{refusal} ({refusal.problems[0].who_can_fix})", Exit.NOT_ALLOWED)
    if not begun:
        say(f"a {purpose} of {name} is under way already")
    found = _latest(ledger, place, purpose)
    if not no_wait:
        found = _until_done(ledger, place, purpose, found)
    if as_json:
        show_json({"company": place[0], "key": place[1], purpose: found.document()})
    else:
        say(_sentence(found, purpose, name))
    if found.error or not (no_wait or found.finished_at):
        raise typer.Exit(Exit.FAILED)


def _until_done(
    ledger: "Ledger", place: tuple[str, str], purpose: str, found: "Reading"
) -> "Reading":
    """Wait, saying how far it has come, until it is done or nothing happens any more."""
    moved = time.monotonic()
    while found.finished_at is None and time.monotonic() - moved < PATIENCE:
        time.sleep(PAUSE)
        seen, found = found, _latest(ledger, place, purpose)
        if found != seen:
            moved = time.monotonic()
            say(f"{found.kind.replace('_', ' ')}s: {counted(found.records, 'record')} read so far")
    return found


def _latest(ledger: "Ledger", place: tuple[str, str], purpose: str) -> "Reading":
    from gatepost.ledger.erp_readings import readings_of

    with ledger.database.reading() as connection:
        return readings_of(connection, *place)[place[1], purpose]


def _sentence(found: "Reading", purpose: str, name: str) -> str:
    if found.finished_at is None:
        why = found.error or "is the exporter running?"
        return f"the {purpose} of {name} goes on when it can ({why}); what was asked stands"
    if found.error:
        return f"the {purpose} of {name} ended: {found.error}"
    if purpose == "sync" and not found.pages:  # the ERP gives no lists
        linked = counted(found.records, "linked record")
        what = "what differs, or cannot be told, is told by the items' history"
        return f"the sync of {name} is done: {linked} to be looked at one by one; {what}"
    records, pages = counted(found.records, "record"), counted(found.pages, "page")
    return f"the {purpose} of {name} is done: {records} in {pages}"
