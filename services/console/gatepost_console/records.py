"""Records the ERP has: the list Ready To Import, the archived ones, and what may be done with one."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from gatepost.domain.erp_records import RecordKind, StagedRecord
from gatepost.domain.errors import NotFound
from gatepost.domain.lists import WorkList
from gatepost.ledger import erp_record_documents, erp_records, item_documents, reading
from gatepost.ledger.asking import PENDING, Outcome
from gatepost.ledger.erp_records import RecordFilter
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import LARGEST_PAGE, PAGE_SIZE
from gatepost.ledger.tokens import Scope
from gatepost.messages.requests import DecideRecord, RecordAction
from gatepost_console import problems
from gatepost_console.api_routes import ApiRoute
from gatepost_console.decision_bodies import Import, Link
from gatepost_console.describing import answers
from gatepost_console.items import seen
from gatepost_console.shapes import ErpRecord, ErpRecordPage, RecordOutcome
from gatepost_console.signin import Caller, Reader, reaching
from gatepost_console.texts import Json, Line
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import House, TheHouse, TheLedger

router = APIRouter(prefix="/v1/erp-records", tags=["records"], route_class=ApiRoute)

RecordId = Annotated[str, Path(max_length=64)]
Importing = Annotated[Caller, Depends(reaching(Scope.ITEMS_DECIDE))]


@router.get("", operation_id="list_erp_records", responses=answers(ErpRecordPage))
def records(
    caller: Reader,
    ledger: TheLedger,
    company: Line | None = None,
    list: WorkList | None = None,
    kind: RecordKind | None = None,
    q: Line = "",
    cursor: Line | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
) -> Json:
    """A page of records by name, with the items that each may be. Without a list: all that are there."""
    caller.must_mean_its_company(company)
    caller.must_see()
    wanted = RecordFilter(caller.company.key, list, kind, q)
    page = erp_records.page(ledger, wanted, cursor=cursor, limit=limit)
    shown = [_shown(each, caller, page.suggestions.get(each.id, ())) for each in page.records]
    return Json({"items": shown, "next_cursor": page.next_cursor})


@router.get("/{record_id}", operation_id="get_erp_record", responses=answers(ErpRecord))
def record(record_id: RecordId, caller: Reader, ledger: TheLedger) -> Json:
    """One record, and what may be done with it now."""
    return Json(_shown(record_seen(record_id, caller, ledger), caller))


@router.post(
    "/{record_id}/import",
    operation_id="import_erp_record",
    responses=answers(RecordOutcome, 200, 202),
)
def add_to_source(
    record_id: RecordId, caller: Importing, house: TheHouse, body: Import | None = None
) -> Json:
    """Add a record to the source: it becomes an item, and the source is told to create it."""
    wanted = dict(body or Import())
    return _decide(record_id, RecordAction.IMPORT, caller, house, **wanted)


@router.post(
    "/{record_id}/link", operation_id="link_erp_record", responses=answers(RecordOutcome, 200, 202)
)
def link(record_id: RecordId, body: Link, caller: Importing, house: TheHouse) -> Json:
    """Tie a record to an item there is already."""
    item = seen(body.item_id, caller, house.ledger)
    return _decide(record_id, RecordAction.LINK, caller, house, item_id=item.id)


@router.post(
    "/{record_id}/archive",
    operation_id="archive_erp_record",
    responses=answers(RecordOutcome, 200, 202),
)
def archive(record_id: RecordId, caller: Importing, house: TheHouse) -> Json:
    """Put a record away that is not wanted here."""
    return _decide(record_id, RecordAction.ARCHIVE, caller, house)


@router.post(
    "/{record_id}/unarchive",
    operation_id="unarchive_erp_record",
    responses=answers(RecordOutcome, 200, 202),
)
def unarchive(record_id: RecordId, caller: Importing, house: TheHouse) -> Json:
    """Bring a record back to Ready To Import."""
    return _decide(record_id, RecordAction.UNARCHIVE, caller, house)


def _decide(
    record_id: str, action: RecordAction, caller: Caller, house: House, **more: Any
) -> Json:
    """Ask for one thing and tell what came of it.

    Raises:
        Problem: it was refused.

    """
    by = caller.must_be_a_person()
    known = record_seen(record_id, caller, house.ledger)
    request = DecideRecord(record_id=known.id, action=action, by=by.email, channel="api", **more)
    outcome = house.ask([request])[0]
    if outcome.is_refused:
        raise problems.of_outcome(outcome)
    return _told(outcome, erp_records.record_of(house.ledger, known.id), caller, house.ledger)


def _told(outcome: Outcome, known: StagedRecord, caller: Caller, ledger: Ledger) -> Json:
    """An outcome with the record, and the item it is tied to, as they stand now."""
    status = 202 if outcome.outcome == PENDING else 200
    item = reading.item_of(ledger, known.item_id) if known.item_id else None
    document = {
        "id": known.id,
        "item_id": known.item_id,
        "status": status,
        "outcome": outcome.outcome,
        "errors": list(outcome.problems),
        "record": _shown(known, caller),
        "item": item and item_documents.summary(item, with_money=caller.sees_money(item)),
    }
    return Json(document, status)


def _shown(known: StagedRecord, caller: Caller, suggestions: Any = ()) -> dict[str, Any]:  # noqa: ANN401 - a sequence
    document = erp_record_documents.document(known, suggestions, with_money=caller.sees_money())
    if caller.person is not None:
        document["may"] = erp_record_documents.may(known, caller.person)
    return document


def record_seen(record_id: str, viewer: Viewer, ledger: Ledger) -> StagedRecord:
    """The record, if it is there for whoever looks.

    Raises:
        NotFound, NotEntitled: it is not.

    """
    viewer.must_see()
    known = erp_records.record_of(ledger, record_id)
    if known.company != viewer.company.key:
        raise NotFound.because(
            f"there is no record {record_id} of an ERP here",
            field="record_id",
            who_can_fix="the caller: check the id",
        )
    return known
