"""``gatepost items``: the lists, and one item with everything that is known of it."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gatepost.cli.naming import item_id_of
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_fields, show_json, show_rows

if TYPE_CHECKING:
    from gatepost.domain.items import Item
    from gatepost.ledger.reading import ItemFilter

app = typer.Typer(help="Look at the items and the lists they stand on.")

COLUMNS: Final = ("subject", "rev", "number", "title", "total", "state", "waits_for")


@app.command("list")
def list_items(
    list_name: Annotated[str | None, typer.Option("--list", help="ready_to_export, ...")] = None,
    kind: Annotated[str | None, typer.Option(help="commitment, invoice, ...")] = None,
    company: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    state: Annotated[str | None, typer.Option(help="sent, exporting, synced, ...")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List items, newest first."""
    from gatepost.ledger import reading

    wanted = _filter(list_name, kind, company, state)
    with open_ledger() as ledger:
        page = reading.page(ledger, wanted, limit=limit)
    if as_json:
        items = [brief(item) for item in page.items]
        show_json({"items": items, "next_cursor": page.next_cursor})
        return
    rows = [{**brief(item), "rev": item.revision, "subject": item.ref.subject} for item in page.items]
    show_rows(rows, as_json=False, columns=COLUMNS, none="no items")
    if page.next_cursor:
        say(f"there are more than {limit}; --limit shows up to 500")


@app.command("show")
def show_item(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id, or company/kind/external_id.")],
    as_json: AsJson = False,
) -> None:
    """Show an item: what was sent, what happened to it, its mails, and the tries to export it."""
    from dataclasses import asdict

    from gatepost.ledger import reading

    with open_ledger() as ledger:
        page = reading.item_page(ledger, item_id_of(item))
    if as_json:
        parts = {"history": page.history, "attempts": page.attempts, "mails": page.mails}
        whole = {**brief(page.item), **asdict(page.item)}
        show_json({**whole, "content": page.content, **parts})
        return
    _show_fields(page.item)
    for title, rows, columns in (
        ("history", page.history, ("at", "what", "revision", "by", "channel", "comment")),
        ("tries", page.attempts, ("started_at", "number", "outcome", "erp_code", "message")),
        ("mails", page.mails, ("created_at", "template", "recipient", "status", "reason")),
    ):
        if rows:
            show(f"\n{title}")
            show_rows(rows, as_json=False, columns=columns, none="")


def brief(item: "Item") -> dict[str, Any]:
    """An item as lists show it."""
    return {
        "item_id": item.id,
        "company": item.company,
        "kind": item.kind,
        "external_id": item.external_id,
        "revision": item.revision,
        "state": item.state,
        "badge": item.badge.colour,
        "editable": item.badge.editable,
        "number": item.number,
        "title": item.title,
        "total": item.total,
        "currency": item.currency,
        "sent_by": item.sent_by,
        "waits_for": item.waits_for,
        "cause": item.cause,
        "origin": item.origin,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }


def _show_fields(item: "Item") -> None:
    fields = brief(item)
    fields["cause"] = item.cause and f"{item.cause.message} ({item.cause.who_can_fix})"
    fields["origin"] = item.origin and f"{item.origin.id} {item.origin.code}"
    fields["decision"] = item.decision and f"{item.decision} by {item.decided_by}"
    fields["comment"] = item.comment
    show_fields({name: value for name, value in fields.items() if name != "editable"})


def _filter(
    list_name: str | None, kind: str | None, company: str | None, state: str | None
) -> "ItemFilter":
    from gatepost.domain.kinds import Kind
    from gatepost.domain.lifecycle import State
    from gatepost.domain.lists import WorkList
    from gatepost.ledger.reading import ItemFilter

    for what, value, known in (
        ("list", list_name, WorkList),
        ("kind", kind, Kind),
        ("state", state, State),
    ):
        if value is not None and value not in set(known):
            fail(f"there is no {what} {value}; there are {', '.join(known)}", Exit.USAGE)
    return ItemFilter(
        company=company,
        list=WorkList(list_name) if list_name else None,
        kind=Kind(kind) if kind else None,
        state=State(state) if state else None,
    )
