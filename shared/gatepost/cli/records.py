"""``gatepost records``: what the ERP has and no item is linked to: import it, link it, put it away."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gatepost.cli.deciding import CHANNEL, PATIENCE, As, report
from gatepost.cli.naming import item_id_of, uuid_of
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show_json, show_rows

if TYPE_CHECKING:
    from gatepost.ledger.erp_records import RecordFilter

app = typer.Typer(help="The ERP's records that wait to be imported, and those put away.")

COLUMNS: Final = ("id", "kind", "number", "name", "parent", "state", "may_be")

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="As records list shows them.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="As records list shows it.")]


@app.command("list")
def list_records(
    list_name: Annotated[
        str, typer.Option("--list", help="ready_to_import, archived, or all.")
    ] = "ready_to_import",
    kind: Annotated[str | None, typer.Option(help="commitment, vendor, ...")] = None,
    company: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    q: Annotated[str, typer.Option("--q", "--search", help="Words in its name or number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many, by name.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the ERP's records as the latest refresh staged them."""
    from gatepost.ledger import erp_records
    from gatepost.ledger.erp_record_documents import document

    wanted = _filter(list_name, kind, company, q)
    with open_ledger() as ledger:
        page = erp_records.page(ledger, wanted, limit=limit)
    rows = [document(each, page.suggestions.get(each.id, ())) for each in page.records]
    if as_json:
        show_json({"items": rows, "next_cursor": page.next_cursor})
        return
    for row in rows:
        row["may_be"] = [f"{each['external_id']} ({each['why']})" for each in row["suggestions"]]
    show_rows(rows, as_json=False, columns=COLUMNS, none="no records; gatepost connection refresh")
    if page.next_cursor:
        say(f"there are more than {limit}; --limit shows up to 500")


@app.command("import")
def import_records(
    ids: Ids,
    by: As,
    external_id: Annotated[
        str, typer.Option("--external-id", help="The id the source gives it, of a single record.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Add records to the source: each becomes an item, and the source is told to create it."""
    if external_id and len(ids) > 1:
        fail("--external-id is the id of one record", Exit.USAGE)
    _decide(ids, "import", by, as_json=as_json, external_id=external_id)


@app.command()
def link(
    record: Id,
    item: Annotated[
        str, typer.Argument(metavar="ITEM", help="Its id, or company/kind/external_id.")
    ],
    by: As,
    as_json: AsJson = False,
) -> None:
    """Tie a record to an item there is already."""
    _decide([record], "link", by, as_json=as_json, item_id=item_id_of(item))


@app.command()
def archive(ids: Ids, by: As, as_json: AsJson = False) -> None:
    """Put records away that are not wanted."""
    _decide(ids, "archive", by, as_json=as_json)


@app.command()
def unarchive(ids: Ids, by: As, as_json: AsJson = False) -> None:
    """Bring records back to Ready To Import."""
    _decide(ids, "unarchive", by, as_json=as_json)


def _decide(ids: Sequence[str], action: str, by: str, *, as_json: bool, **more: Any) -> None:
    """Ask for the same to be done with each record, say what came of it, end with its exit code."""
    from dataclasses import replace

    from gatepost.ledger import asking
    from gatepost.messages.requests import DecideRecord, RecordAction

    names = {uuid_of(name, f"{name} is no record's id"): name for name in ids}
    person = by.strip().lower()
    requests = [
        DecideRecord(
            record_id=each, action=RecordAction(action), by=person, channel=CHANNEL, **more
        )
        for each in names
    ]
    with open_ledger() as ledger:
        outcomes = asking.ask(ledger, requests, PATIENCE)
    # Outcomes come in the order of the requests; they are told by the record, not by the item.
    by_record = [replace(told, item_id=each) for told, each in zip(outcomes, names, strict=True)]
    report(by_record, action, names, as_json=as_json)


def _filter(list_name: str, kind: str | None, company: str | None, q: str) -> "RecordFilter":
    from gatepost.domain.erp_records import RecordKind
    from gatepost.domain.lists import WorkList
    from gatepost.ledger.erp_record_lists import LISTS
    from gatepost.ledger.erp_records import RecordFilter

    if list_name != "all" and list_name not in set(LISTS):
        fail(f"there is no list {list_name} of records; there are {', '.join(LISTS)}", Exit.USAGE)
    if kind is not None and kind not in set(RecordKind):
        fail(f"there is no kind {kind}; there are {', '.join(RecordKind)}", Exit.USAGE)
    return RecordFilter(
        company=company,
        list=None if list_name == "all" else WorkList(list_name),
        kind=RecordKind(kind) if kind else None,
        q=q,
    )
