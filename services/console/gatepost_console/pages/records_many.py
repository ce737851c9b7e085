"""Importing, archiving and restoring many of the ERP's records at once, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.erp_records import StagedRecord
from gatepost.domain.errors import FieldProblem
from gatepost.ledger import counting, erp_records
from gatepost.ledger.asking import DONE
from gatepost.ledger.listing import LARGEST_PAGE
from gatepost.messages.requests import DecideRecord, RecordAction
from gatepost_console.pages.deciding import CHANNEL
from gatepost_console.pages.deciding_many import SORTS
from gatepost_console.pages.forms import READER, TheForm
from gatepost_console.pages.item_lists import totals
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn
from gatepost_console.problems import single
from gatepost_console.wiring import TheHouse

router = APIRouter()

ACTIONS: Final = {
    each.value: each for each in (RecordAction.IMPORT, RecordAction.ARCHIVE, RecordAction.UNARCHIVE)
}


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one record: ``done``, ``unchanged``, ``pending`` or ``refused``."""

    record: StagedRecord
    outcome: str
    problems: Sequence[FieldProblem] = ()


@router.post("/record-decisions")
def decide(request: Request, visitor: SignedIn, house: TheHouse, form: TheForm) -> Response:
    """The same for all records that were ticked; what is not there for the visitor is left out."""
    visitor.must_see()
    action = ACTIONS.get(form.text("action"))
    chosen = list(dict.fromkeys(form.texts("chosen")))[:LARGEST_PAGE]
    if action is None or not chosen:
        said = "nothing is selected" if action else "the form does not say what to do"
        raise single(422, "invalid", said, READER)
    known = erp_records.records_of(house.ledger, chosen)
    found = [each for each in known.values() if each.company == visitor.company.key]
    wanted = [
        DecideRecord(record_id=each.id, action=action, by=visitor.person.email, channel=CHANNEL)
        for each in found
    ]
    lines = [
        Line(each, "refused" if outcome.is_refused else outcome.outcome, outcome.problems)
        for each, outcome in zip(found, house.ask(wanted), strict=True)
    ]
    lines.sort(key=lambda each: SORTS.index(each.outcome))
    return page(
        request,
        "records_decided.html",
        visitor,
        query=ListQuery.of(dict(parse_qsl(urlsplit(form.text("next", 2000)).query))),
        counts=totals(counting.counts(house.ledger.database, visitor.company.key)),
        action=action.value,
        lines=lines,
        done=sum(1 for each in lines if each.outcome == DONE),
    )
