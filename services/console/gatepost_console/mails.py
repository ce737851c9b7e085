"""Mails: who was written to, or was not, and why."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from gatepost.domain.errors import NotFound
from gatepost.ledger import mail_log
from gatepost.ledger.mail_log import LARGEST_PAGE, PAGE_SIZE, MailFilter, MailStatus
from gatepost_console.api_routes import ApiRoute
from gatepost_console.describing import answers
from gatepost_console.shapes import Mail, MailPage
from gatepost_console.signin import Caller, Reader
from gatepost_console.texts import Json, Line
from gatepost_console.wiring import TheLedger

router = APIRouter(prefix="/v1", tags=["mails"], route_class=ApiRoute)


@router.get("/mails", operation_id="list_mails", responses=answers(MailPage))
def mails(
    caller: Reader,
    ledger: TheLedger,
    company: Line | None = None,
    to: Line | None = None,
    status: MailStatus | None = None,
    template: Line | None = None,
    item_id: Line | None = None,
    q: Line = "",
    cursor: Line | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
) -> Json:
    """A page of the log of mails, newest first."""
    caller.must_mean_its_company(company)
    caller.must_see()
    key = caller.company.key
    wanted = MailFilter(key, to, status, template, item_id, q, in_subjects=caller.sees_money())
    page = mail_log.page(ledger, wanted, cursor=cursor, limit=limit)
    return Json(
        {"items": [_shown(row, caller) for row in page.mails], "next_cursor": page.next_cursor}
    )


@router.get("/mails/{mail_id}", operation_id="get_mail", responses=answers(Mail))
def mail(mail_id: Annotated[str, Path(max_length=64)], caller: Reader, ledger: TheLedger) -> Json:
    """One mail, as it was written."""
    caller.must_see()
    row = mail_log.mail_of(ledger, mail_id)
    if row["company"] != caller.company.key:
        raise NotFound.because(
            f"there is no mail {mail_id}", field="mail_id", who_can_fix="the caller: check the id"
        )
    return Json(_shown(row, caller))


def _shown(row: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """A mail as the caller may see it: whoever reads no books still reads what they were sent."""
    own = caller.person is not None and caller.person.email == row["recipient"]
    return mail_log.document(row, with_money=own or caller.sees_money())
