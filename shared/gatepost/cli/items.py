"""``gatepost items``: the lists, and one item with everything that is known of it."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from gatepost.cli.deciding import Entries, entries_of
from gatepost.cli.naming import item_id_of, must_be_known
from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_fields, show_json, show_rows

if TYPE_CHECKING:
    from gatepost.domain.items import Item
    from gatepost.ledger.listing import ItemFilter

app = typer.Typer(help="Look at the items and the lists they stand on.")

SHOWN_CHOICES: Final = 10  # options shown of an entry
COLUMNS: Final = ("subject", "rev", "number", "title", "total", "state", "waits_for")


@app.command("list")
def list_items(
    list_name: Annotated[str | None, typer.Option("--list", help="ready_to_export, ...")] = None,
    kind: Annotated[str | None, typer.Option(help="commitment, invoice, ...")] = None,
    company: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    state: Annotated[str | None, typer.Option(help="sent, exporting, synced, ...")] = None,
    project: Annotated[str | None, typer.Option(help="Its id at the source.")] = None,
    search: Annotated[
        str, typer.Option("--q", "--search", help="Words of number, title, vendor or id.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many at a time.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    as_json: AsJson = False,
) -> None:
    """List items, newest first."""
    from gatepost.ledger import listing
    from gatepost.ledger.item_documents import summary
    from gatepost.ledger.paging import WrongCursor

    wanted = filter_of(list_name, kind, company, state, project=project, q=search)
    with open_ledger() as ledger:
        must_be_known(ledger, company)
        try:
            page = listing.page(ledger, wanted, cursor=cursor, limit=limit)
        except WrongCursor as error:
            fail(str(error), Exit.USAGE)
    if as_json:
        items = [summary(item) for item in page.items]
        show_json({"items": items, "next_cursor": page.next_cursor})
        return
    rows = [
        {**summary(item), "rev": item.revision, "subject": item.ref.subject} for item in page.items
    ]
    show_rows(rows, as_json=False, columns=COLUMNS, none="no items")
    if page.next_cursor:
        say(f"there are more; go on with --cursor {page.next_cursor}")


@app.command("preview")
def preview_item(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id, or company/kind/external_id.")],
    entry: Entries = None,
    as_json: AsJson = False,
) -> None:
    """Show the ERP record as it would be written with these entries; exit 1 when it could not be."""
    from gatepost.ledger import previewing, reading

    entries = entries_of(entry)
    with open_ledger() as ledger:
        found = reading.item_of(ledger, item_id_of(item))
        with ledger.work() as work:
            document = previewing.preview(found, entries, work)
    if as_json:
        show_json(document)
    else:
        named = document["connection"]
        show(f"{document['writes']} over {named['key']} ({named['connector']})")
        show_fields({f"  {name}": each for name, each in document["record"].items()})
        show(f"preview_hash  {document['preview_hash']}")
        for problem in document["errors"]:
            show(f"against it: {problem.field}: {problem.message} ({problem.who_can_fix})")
    if document["errors"]:
        raise typer.Exit(Exit.FAILED)


@app.command("show")
def show_item(
    item: Annotated[str, typer.Argument(metavar="ID", help="Its id, or company/kind/external_id.")],
    by: Annotated[str | None, typer.Option("--as", help="Tell what this person may do.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an item: what was sent, what happened, its mails, its tries, and what may be done now."""
    from gatepost.ledger import entering, options, reading
    from gatepost.ledger.item_documents import full, may

    with open_ledger() as ledger:
        page = reading.item_page(ledger, item_id_of(item))
        company = ledger.directory().company(page.item.company)
        steps = may(page.item, company.must_know(by) if by else None, company)
        most = options.PAGE_SIZE if as_json else SHOWN_CHOICES
        asked = entering.asked(page.item, page.content, ledger, most=most)
    if as_json:
        show_json({**full(page), "may": steps, "entries_asked": asked})
        return
    _show_fields(page.item)
    if _is_open_to_entries(page.item):
        _show_asked(asked)
    _show_steps(page.item, steps if by else None, by)
    for title, rows, columns in (
        ("history", page.history, ("at", "what", "revision", "by", "channel", "comment")),
        ("tries", page.attempts, ("started_at", "number", "outcome", "erp_code", "message")),
        ("mails", page.mails, ("created_at", "template", "recipient", "status", "reason")),
    ):
        if rows:
            show(f"\n{title}")
            show_rows(rows, as_json=False, columns=columns, none="")


def _is_open_to_entries(item: "Item") -> bool:
    """Whether somebody may enter something now, whoever that is."""
    from gatepost.domain.lifecycle import Step
    from gatepost.domain.permissions import by_state

    return any(each.allowed and each.step in (Step.ACCEPT, Step.RETRY) for each in by_state(item))


def _show_asked(asked: list[dict[str, Any]]) -> None:
    """What the ERP asks for when it is accepted, and what that may be chosen from."""
    if asked:
        show("\nwhat its ERP asks for (--entry NAME=VALUE)")
    for each in asked:
        needed = ", needed" if each["required"] else ""
        show(f"  {each['name']} = {each['value'] or '(nothing)'}   {each['label']}{needed}")
        if choices := each["choices"]:
            show_choices(choices, each["options"])


def show_choices(choices: dict[str, Any], kind: str) -> None:
    """The first of the options, how many more there are, and how old the list is."""
    for option in choices["items"]:
        show(f"    {option['id']}  {option['name']}")
    if more := choices["total"] - len(choices["items"]):
        show(f"    and {more} more: gatepost connection options KEY {kind} --search WORD")
    if choices["read_at"] is None:
        say(f"the ERP's {kind}s were never read to the end: any id passes; connection refresh")


def _show_steps(item: "Item", steps: dict[str, dict[str, Any]] | None, by: str | None) -> None:
    """What a person may do now, what not, why, and who can change that; else what can be done at all."""
    from gatepost.domain.permissions import by_state

    if steps is None:
        show("\nwhat may be done, by whoever has the right (--as tells of a person)")
        for each in by_state(item):
            if each.allowed:
                show(f"  {each.step}")
        return
    show(f"\nwhat {by} may do")
    for step, answer in steps.items():
        if answer["allowed"]:
            show(f"  {step}")
        else:
            show(f"  not {step}: {answer['why_not']} ({answer['who_can_fix']})")


def _show_fields(item: "Item") -> None:
    from gatepost.ledger.item_documents import summary

    fields = summary(item)
    for name in ("moving", "editable", "parent_id", "tries"):
        del fields[name]
    for name in ("created_by", "sent_by"):
        fields[name] = f"{fields[name]['name']} <{fields[name]['email']}>"
    fields["cause"] = item.cause and f"{item.cause.message} ({item.cause.who_can_fix})"
    fields["origin"] = item.origin and f"{item.origin.id} {item.origin.code}"
    fields["decision"] = item.decision and f"{item.decision} by {item.decided_by}"
    fields["comment"] = item.comment
    fields["drift"] = item.drift
    show_fields(fields)


def filter_of(
    list_name: str | None,
    kind: str | None,
    company: str | None,
    state: str | None,
    **more: Any,
) -> "ItemFilter":
    """The filter that options name; the command ends where one is not known."""
    from gatepost.domain.kinds import Kind
    from gatepost.domain.lifecycle import State
    from gatepost.domain.lists import WorkList
    from gatepost.ledger.listing import ItemFilter

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
        **more,
    )
