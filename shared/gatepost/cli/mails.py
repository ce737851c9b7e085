"""``gatepost mails``: who was written to, or was not, and why."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gatepost.cli.opening import open_ledger
from gatepost.cli.talking import AsJson, Exit, fail, say, show, show_fields, show_json, show_rows

if TYPE_CHECKING:
    from gatepost.ledger.mail_log import MailStatus

app = typer.Typer(help="The log of mails: who was written to, or was not, and why.")

COLUMNS: Final = ("id", "created_at", "template", "recipient", "status", "reason", "subject")


@app.command("list")
def list_mails(
    company: Annotated[str | None, typer.Option(help="Only of this one.")] = None,
    to: Annotated[str | None, typer.Option(help="Only to this address.")] = None,
    status: Annotated[str | None, typer.Option(help="sent, held_back, merged, ...")] = None,
    template: Annotated[str | None, typer.Option(help="alert, summary, ...")] = None,
    item: Annotated[
        str | None, typer.Option(help="Only about this one: its id, or company/kind/external_id.")
    ] = None,
    q: Annotated[str, typer.Option(help="In recipient, reason or subject.")] = "",
    cursor: Annotated[str | None, typer.Option(help="From an earlier page.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="So many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List mails, newest first, each with the reason why it was sent or was not."""
    from gatepost.cli.naming import item_id_of
    from gatepost.ledger import mail_log
    from gatepost.ledger.mail_log import MailFilter
    from gatepost.ledger.paging import WrongCursor

    item_id = item_id_of(item) if item else None
    wanted = MailFilter(company, to, _status(status), template, item_id, q)
    try:
        with open_ledger() as ledger:
            page = mail_log.page(ledger, wanted, cursor=cursor, limit=limit)
    except WrongCursor as error:
        fail(str(error), Exit.USAGE)
    found = [mail_log.document(row) for row in page.mails]
    if as_json:
        show_json({"items": found, "next_cursor": page.next_cursor})
        return
    show_rows(found, as_json=False, columns=COLUMNS, none="no mails")
    if page.next_cursor:
        say(f"there are more: --cursor {page.next_cursor}")


@app.command("show")
def show_mail(
    mail_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False
) -> None:
    """Show a mail: what became of it and why, and what it says."""
    from gatepost.domain.errors import NotFound
    from gatepost.ledger import mail_log

    try:
        with open_ledger() as ledger:
            found = mail_log.document(mail_log.mail_of(ledger, mail_id))
    except NotFound as error:
        fail(str(error), Exit.NOT_ALLOWED)
    if as_json:
        show_json(found)
        return
    text = found.pop("text")
    del found["html"]
    show_fields(found)
    if text:
        show(f"\n{text}")


def _status(name: str | None) -> "MailStatus | None":
    from gatepost.ledger.mail_log import MailStatus

    if name is not None and name not in set(MailStatus):
        fail(f"there is no status {name}; there are {', '.join(MailStatus)}", Exit.USAGE)
    return MailStatus(name) if name else None
