"""Items: the lists they stand on, one with all that is known of it, and the record it would become."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting, entering, item_documents, listing, reading
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import LARGEST_PAGE, PAGE_SIZE, ItemFilter
from gatepost.ledger.paging import Order
from gatepost.ledger.previewing import preview
from gatepost_console.api_routes import ApiRoute
from gatepost_console.badges import badge
from gatepost_console.decision_bodies import Entered
from gatepost_console.describing import answers
from gatepost_console.item_shapes import ItemDocument, ItemPage, Lists, Preview
from gatepost_console.signin import Reader
from gatepost_console.texts import Json, Line, Moment
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import TheLedger

router = APIRouter(prefix="/v1", tags=["items"], route_class=ApiRoute)

ItemId = Annotated[str, Path(max_length=64)]
_SVG: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The badge",
        "content": {"image/svg+xml": {"schema": {"type": "string"}}},
    }
}


@router.get("/lists", operation_id="count_lists", responses=answers(Lists))
def lists(caller: Reader, ledger: TheLedger, company: Line | None = None) -> Json:
    """How many items stand on each list, by kind."""
    caller.must_mean_its_company(company)
    caller.must_see()
    found = counting.counts(ledger.database, caller.company.key)
    totals = {name: sum(by_kind.values()) for name, by_kind in found.items()}
    return Json({"company": caller.company.key, "lists": found, "totals": totals})


@router.get("/items", operation_id="list_items", responses=answers(ItemPage))
def items(
    caller: Reader,
    ledger: TheLedger,
    company: Line | None = None,
    list: WorkList | None = None,
    kind: Kind | None = None,
    project: Line | None = None,
    state: State | None = None,
    created_by: Line | None = None,
    sent_by: Line | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    q: Line = "",
    sort: Order = Order.NEWEST,
    cursor: Line | None = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
) -> Json:
    """A page of items, in the order in which they first came; ``until`` itself is not in it."""
    caller.must_mean_its_company(company)
    caller.must_see()
    wanted = ItemFilter(
        company=caller.company.key,
        list=list,
        kind=kind,
        project=project,
        state=state,
        q=q,
        created_by=created_by,
        sent_by=sent_by,
        since=since,
        until=until,
    )
    page = listing.page(ledger, wanted, cursor=cursor, limit=limit, order=sort)
    shown = [
        item_documents.summary(item, with_money=caller.sees_money(item)) for item in page.items
    ]
    return Json({"items": shown, "next_cursor": page.next_cursor})


@router.get("/items/{item_id}", operation_id="get_item", responses=answers(ItemDocument))
def item(item_id: ItemId, caller: Reader, ledger: TheLedger) -> Json:
    """Everything that is known of an item, and what may be done with it now."""
    page = reading.item_page(ledger, item_id)
    caller.must_see(page.item)
    document = item_documents.full(page, with_money=caller.sees_money(page.item))
    may = item_documents.may(page.item, caller.person, caller.company)
    asked = entering.asked(page.item, page.content, ledger)
    return Json({**document, "may": may, "entries_asked": asked})


@router.get(
    "/items/{item_id}/badge.svg", response_class=Response, operation_id="get_badge", responses=_SVG
)
def badge_of(item_id: ItemId, caller: Reader, ledger: TheLedger) -> Response:
    """The badge to show beside the item at its source."""
    return Response(badge(seen(item_id, caller, ledger).state), media_type="image/svg+xml")


@router.get("/items/{item_id}/preview", operation_id="preview_item", responses=answers(Preview))
def preview_of(item_id: ItemId, caller: Reader, ledger: TheLedger) -> Json:
    """The ERP record as it would be written, by the mapper that will write it."""
    return preview_with(item_id, Entered(), caller, ledger)


@router.post(
    "/items/{item_id}/preview", operation_id="preview_item_with_entries", responses=answers(Preview)
)
def preview_with(item_id: ItemId, body: Entered, caller: Reader, ledger: TheLedger) -> Json:
    """The same with the entries that an approver is about to give."""
    found = seen(item_id, caller, ledger)
    caller.must_see_money(found)
    with ledger.work() as work:
        return Json(preview(found, body.entries, work))


def seen(item_id: str, viewer: Viewer, ledger: Ledger) -> Item:
    """The item, if it is there for whoever looks.

    Raises:
        NotFound, NotEntitled: it is not.

    """
    found = reading.item_of(ledger, item_id)
    viewer.must_see(found)
    return found
