"""The log of mails: who was written to, or was not, and why."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.errors import NotFound
from gatepost.ledger import mail_log, reading
from gatepost.ledger.mail_log import MailFilter, MailStatus
from gatepost_console.pages.forms import READER
from gatepost_console.pages.operating.operators import Operating, operations_page
from gatepost_console.pages.visiting import Visitor
from gatepost_console.problems import single
from gatepost_console.wiring import TheLedger

router = APIRouter()

PLACE: Final = "/operations/mails"
ROWS: Final = 40  # on a page
LONGEST: Final = 300

STATUS: Final = {
    MailStatus.WAITING: ("Waiting", "blue", "for its turn, and for whatever may go along with it"),
    MailStatus.WRITTEN: ("Written", "blue", "it goes to the mail server next"),
    MailStatus.POSTING: ("Posting", "blue", "the mail server has it in hand"),
    MailStatus.SENT: ("Sent", "green", "the mail server took it"),
    MailStatus.MERGED: ("Merged", "grey", "another mail told of it"),
    MailStatus.DROPPED: ("Dropped", "grey", "nobody needed it any more"),
    MailStatus.FAILED: ("Failed", "red", "the mail server will not take it"),
    MailStatus.HELD_BACK: ("Held back", "yellow", "a rule says that it is not sent"),
}


@router.get(PLACE)
def mails(request: Request, visitor: Operating, ledger: TheLedger) -> Response:
    """A page of the log, newest first; its filters stand in the address."""
    given = {
        name: value.strip()[:LONGEST]
        for name, value in request.query_params.items()
        if value.strip() and "\0" not in value
    }
    sees_money = visitor.sees_money()
    wanted = MailFilter(
        company=visitor.company.key,
        to=given.get("to"),
        status=_status(given.get("status", "")),
        item_id=given.get("item"),
        q=given.get("q", ""),
        in_subjects=sees_money,
    )
    found = mail_log.page(ledger, wanted, cursor=given.get("cursor"), limit=ROWS)
    filters: dict[str, str] = {
        name: given[name] for name in ("q", "to", "status", "item") if name in given
    }
    ids = [row["item_id"] for row in found.mails if row["item_id"]]
    return operations_page(
        request,
        "mails.html",
        visitor,
        rows=[_shown(row, visitor) for row in found.mails],
        items=reading.items_of(ledger, ids),
        filters=filters,
        words=STATUS,
        first=_address(filters) if "cursor" in given else "",
        older=_address({**filters, "cursor": found.next_cursor}) if found.next_cursor else "",
        people=sorted(visitor.company.people.values(), key=lambda each: each.name),
    )


@router.get(f"{PLACE}/{{mail_id}}")
def mail(request: Request, mail_id: str, visitor: Operating, ledger: TheLedger) -> Response:
    """One mail as it was written, and why it was sent or was not."""
    row = mail_log.mail_of(ledger, mail_id)
    if row["company"] != visitor.company.key:
        raise NotFound.because(
            f"there is no mail {mail_id}", field="mail_id", who_can_fix="the caller: check the id"
        )
    shown = _shown(row, visitor)
    return operations_page(request, "mail.html", visitor, row=shown, words=STATUS)


def _shown(row: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
    """A mail as the visitor may see it: whoever reads no books still reads what they were sent."""
    own = visitor.person.email == row["recipient"]
    return mail_log.document(row, with_money=own or visitor.sees_money())


def _status(value: str) -> MailStatus | None:
    try:
        return MailStatus(value) if value else None
    except ValueError:
        offered = ", ".join(MailStatus)
        raise single(422, "invalid", f"status is one of {offered}", READER, at="status") from None


def _address(parameters: Mapping[str, str]) -> str:
    return f"{PLACE}?{urlencode(parameters)}" if parameters else PLACE
