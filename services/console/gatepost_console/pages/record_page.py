"""The page of a record that the ERP has: what it is, which item it may be, and what to do with it."""

from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.erp_records import StagedRecord
from gatepost.domain.errors import Refusal
from gatepost.domain.items import Item
from gatepost.ledger import counting, erp_record_documents, erp_records, listing, reading
from gatepost.ledger.asking import DONE
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import ItemFilter
from gatepost.messages.requests import DecideRecord, RecordAction
from gatepost_console import problems
from gatepost_console.items import seen
from gatepost_console.pages.deciding import CHANNEL
from gatepost_console.pages.forms import READER, TheForm
from gatepost_console.pages.item_lists import totals
from gatepost_console.pages.item_page import Answer, query_in
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn, Visitor
from gatepost_console.problems import Problem, single
from gatepost_console.records import RecordId, record_seen
from gatepost_console.wiring import TheHouse, TheLedger

router = APIRouter(prefix="/erp-records")

FOUND: Final = 20  # items shown of a search for the one it is


@router.get("/{record_id}")
def record(
    request: Request, record_id: RecordId, visitor: SignedIn, ledger: TheLedger, did: str = ""
) -> Response:
    """One record; ``item`` in the address looks for the item it is."""
    sought = request.query_params.get("item", "").replace("\0", "").strip()[:300]
    query = ListQuery.of(request.query_params)
    return record_page(request, record_id, query, visitor, ledger, sought, Answer(did=did[:20]))


@router.post("/{record_id}/{action}")
def decide(
    request: Request,
    record_id: RecordId,
    action: str,
    visitor: SignedIn,
    form: TheForm,
    house: TheHouse,
) -> Response:
    """Import a record, link it, put it away, or bring it back."""
    if action not in set(RecordAction):
        raise single(404, "not_found", "there is nothing at this address", READER)
    known, query = record_seen(record_id, visitor, house.ledger), query_in(form)
    try:
        wanted = DecideRecord(
            record_id=known.id,
            action=RecordAction(action),
            by=visitor.person.email,
            channel=CHANNEL,
            item_id=_item_in(form.text("item_id", 64), visitor, house.ledger)
            if action == RecordAction.LINK
            else "",
            external_id=form.text("external_id") if action == RecordAction.IMPORT else "",
        )
        outcome = house.ask([wanted])[0]
        if outcome.is_refused:
            raise problems.of_outcome(outcome)
    except (Problem, Refusal) as error:
        problem = problems.of_refusal(error) if isinstance(error, Refusal) else error
        answer = Answer(problem.status, problems=problem.errors)
        return record_page(request, known.id, query, visitor, house.ledger, answer=answer)
    did = action if outcome.outcome == DONE else outcome.outcome
    way = query.way_back
    return RedirectResponse(
        f"/erp-records/{known.id}{way}{'&' if way else '?'}{urlencode({'did': did})}", 303
    )


def record_page(
    request: Request,
    record_id: str,
    query: ListQuery,
    visitor: Visitor,
    ledger: Ledger,
    sought: str = "",
    answer: Answer | None = None,
) -> Response:
    """The page, and what came of something that was wanted."""
    known, answer = record_seen(record_id, visitor, ledger), answer or Answer()
    item = reading.items_of(ledger, [known.item_id]).get(known.item_id) if known.item_id else None
    facts: dict[str, Any] = {
        "query": query,
        "counts": totals(counting.counts(ledger.database, visitor.company.key)),
        "record": known,
        "item": item,
        "with_money": visitor.sees_money(),
        "may": erp_record_documents.may(known, visitor.person),
        "suggestions": erp_records.suggestions_for(ledger, known),
        "sought": sought,
        "found": _found(known, sought, ledger),
        "answer": answer,
    }
    return page(request, "record.html", visitor, status=answer.status, **facts)


def _found(known: StagedRecord, sought: str, ledger: Ledger) -> list[Item]:
    """Items of its kind that somebody looks for and that no record is tied to."""
    kind = known.kind.item_kind
    if not sought or kind is None:
        return []
    wanted = ItemFilter(company=known.company, kind=kind, q=sought)
    return [each for each in listing.page(ledger, wanted, limit=FOUND).items if not each.is_linked]


def _item_in(item_id: str, visitor: Visitor, ledger: Ledger) -> str:
    if not item_id:
        raise single(
            422, "invalid", "no item is chosen to link it to", "you: choose one, or search for it"
        )
    return seen(item_id, visitor, ledger).id
