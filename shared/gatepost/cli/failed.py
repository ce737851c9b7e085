"""``gatepost failed``: what failed to export, by item or by cause, and trying it again."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gatepost.cli.deciding import AsUsual, Entries, ask, entries_of, report
from gatepost.cli.naming import item_id_of, must_be_known
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show_rows

if TYPE_CHECKING:
    from gatepost.ledger.asking import Outcome
    from gatepost.ledger.ledger import Ledger

app = typer.Typer(help="What failed to export for good: list it, retry it.")

TOGETHER: Final = 100  # items retried at once where no rate is named
MINUTE: Final = 60.0

OptionalIds = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Which items.")]


@app.command("list")
def list_failed(
    by_cause: Annotated[bool, typer.Option("--by-cause", help="Grouped by their cause.")] = False,
    company: Annotated[str | None, typer.Option("--company", help="Only of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the items that failed to export, with the cause and who can fix it."""
    from gatepost.domain.lists import WorkList
    from gatepost.ledger import listing
    from gatepost.ledger.item_documents import summary

    none = "nothing has failed to export"
    with open_ledger() as ledger:
        must_be_known(ledger, company)
        if by_cause:
            _list_causes(ledger, company, as_json=as_json, none=none)
            return
        wanted = listing.ItemFilter(company=company, list=WorkList.FAILED_TO_EXPORT)
        items = listing.page(ledger, wanted, limit=listing.LARGEST_PAGE).items
    if as_json:
        show_rows([summary(item) for item in items], as_json=True, columns=(), none=none)
        return
    rows = [
        {"subject": item.ref.subject, "number": item.number, "cause": item.cause.key,
         "message": item.cause.message, "who_can_fix": item.cause.who_can_fix}
        for item in items if item.cause
    ]  # fmt: skip
    columns = ("subject", "number", "cause", "message", "who_can_fix")
    show_rows(rows, as_json=False, columns=columns, none=none)


@app.command()
def retry(
    ids: OptionalIds = None,
    by: AsUsual = "",
    cause: Annotated[str | None, typer.Option("--cause", help="All that failed for it.")] = None,
    company: Annotated[str | None, typer.Option("--company", help="Only of this one.")] = None,
    rate: Annotated[str, typer.Option("--rate", metavar="N/min", help="At most so fast.")] = "",
    entry: Entries = None,
    as_json: AsJson = False,
) -> None:
    """Export failed items again, once what stood in their way is mended."""
    from gatepost.ledger import reading

    if bool(ids) == bool(cause):
        fail("name the items, or their --cause: one of the two", Exit.USAGE)
    per_minute, entries = _per_minute(rate), entries_of(entry)
    names = {item_id_of(name): name for name in ids or ()}
    with open_ledger() as ledger:
        must_be_known(ledger, company)
        if cause:
            found = reading.items_of(ledger, reading.failed_ids(ledger, cause, company))
            names = {item.id: item.ref.subject for item in found.values()}
            if not names:
                fail(f"nothing has failed with the cause {cause}", Exit.NOT_ALLOWED)
        outcomes = _retried(ledger, list(names), by, entries, per_minute)
    report(outcomes, "retry", names, as_json=as_json)


def _retried(
    ledger: "Ledger", ids: Sequence[str], by: str, entries: dict[str, str], per_minute: float
) -> "list[Outcome]":
    """Ask for all of them; with a rate one by one, so that a mended ERP is not run over."""
    size = 1 if per_minute else TOGETHER
    outcomes: list[Outcome] = []
    for begin in range(0, len(ids), size):
        if begin and per_minute:
            time.sleep(MINUTE / per_minute)
        outcomes += ask(ledger, ids[begin : begin + size], "retry", by, entries=entries)
        if per_minute:
            say(f"{len(outcomes)} of {len(ids)} retried")
    return outcomes


def _per_minute(rate: str) -> float:
    """``30/min`` or ``30`` as items a minute; 0 is as fast as it goes."""
    number = rate.removesuffix("/min").strip()
    if not number:
        return 0.0
    if not number.isdigit() or int(number) == 0:
        fail(f"--rate takes N/min, not {rate}", Exit.USAGE)
    return float(number)


def _list_causes(ledger: "Ledger", company: str | None, *, as_json: bool, none: str) -> None:
    from gatepost.ledger import reading
    from gatepost.ledger.item_documents import cause_group

    rows = []
    for group in reading.failed_by_cause(ledger, company):
        document = cause_group(group)
        rows.append({"cause": document.pop("key"), **document})
    columns = ("cause", "count", "message", "who_can_fix", "last_at")
    show_rows(rows, as_json=as_json, columns=columns, none=none)
