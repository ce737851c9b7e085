"""The lists: who waits for what, with filters, a search and pages, all of it in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Item
from gatepost.domain.kinds import Kind
from gatepost.domain.lists import WorkList
from gatepost.domain.people import ErpTool
from gatepost.ledger import counting, erp_records, listing, paging
from gatepost.ledger.erp_records import RecordFilter
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import ItemFilter
from gatepost.ledger.paging import Order
from gatepost_console.pages.item_rows import rows_of
from gatepost_console.pages.item_words import REASONS
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn, Visitor
from gatepost_console.texts import Json
from gatepost_console.wiring import TheLedger

router = APIRouter()

Counts = Mapping[WorkList, Mapping[Kind, int]]

#: The lists in the order of their urgency: the first that has anything is where somebody begins.
_FIRST: Final = (
    WorkList.READY_TO_EXPORT,
    WorkList.READY_TO_UPDATE,
    WorkList.FAILED_TO_EXPORT,
    WorkList.READY_TO_IMPORT,
)
_OTHER_WAY: Final = {Order.NEWEST: Order.OLDEST, Order.OLDEST: Order.NEWEST}


#: The lists on which items wait for a decision.
DECIDABLE: Final = (
    WorkList.READY_TO_EXPORT,
    WorkList.READY_TO_UPDATE,
    WorkList.FAILED_TO_EXPORT,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list, and the addresses of those around it; empty where there are none."""

    items: list[Item]
    newer: str
    older: str


@router.get("/")
def first(visitor: SignedIn, ledger: TheLedger) -> Response:
    """Go where there is something to do."""
    if not visitor.sees_the_lists:
        return RedirectResponse("/items", 303)
    if visitor.person.operator and not visitor.person.is_accounting_approver:
        return RedirectResponse("/operations", 303)
    counts = counting.counts(ledger.database, visitor.company.key)
    busy = (name for name in _FIRST if sum(counts[name].values()))
    return RedirectResponse(f"/items?list={next(busy, WorkList.READY_TO_EXPORT)}", 303)


@router.get("/lists/counts")
def counts(visitor: SignedIn, ledger: TheLedger) -> Json:
    """How many stand on each list now, for the page that is open."""
    visitor.must_see()
    return Json({"lists": totals(counting.counts(ledger.database, visitor.company.key))})


@router.get("/items")
def items(request: Request, visitor: SignedIn, ledger: TheLedger) -> Response:
    """A page of a list; without one, of all items there are."""
    query = ListQuery.of(request.query_params)
    if not visitor.sees_the_lists:
        return _own(request, query, visitor, ledger)
    found = counting.counts(ledger.database, visitor.company.key)
    facts: dict[str, Any] = {
        "query": query,
        "counts": totals(found),
        "by_kind": _by_kind(found, query),
        "selectable": _selectable(query, visitor),
        "filters": query.filters,
        "of_all": DECIDABLE,
        "reasons": REASONS,
    }
    if query.is_of_records:
        return page(request, "records.html", visitor, **facts, **_records(query, visitor, ledger))
    wanted = query.item_filter(visitor.company.key, visitor.person.time_zone)
    return page(request, "items.html", visitor, **facts, **_items(query, wanted, visitor, ledger))


def _own(request: Request, query: ListQuery, visitor: Visitor, ledger: Ledger) -> Response:
    """For people without a part in the ERP tool: what they sent, or what they made."""
    email = visitor.person.email
    made, sent = (email, "") if query.created_by else ("", email)
    query = replace(query, list=None, created_by=made, sent_by=sent)
    wanted = query.item_filter(visitor.company.key, visitor.person.time_zone)
    facts: dict[str, Any] = {
        "query": query,
        "counts": None,
        "by_kind": None,
        "selectable": False,
        "of_all": (),
        "filters": query.filters - 1,  # that it is theirs is none they chose
    }
    return page(request, "items.html", visitor, **facts, **_items(query, wanted, visitor, ledger))


def _items(
    query: ListQuery, wanted: ItemFilter, visitor: Visitor, ledger: Ledger
) -> dict[str, Any]:
    part = part_of(ledger, query, wanted)
    return {
        "rows": rows_of(ledger, part.items, visitor),
        "newer": part.newer,
        "older": part.older,
        "projects": sorted(visitor.company.projects.values(), key=lambda each: each.name),
        "people": sorted(visitor.company.people.values(), key=lambda each: each.name),
    }


def part_of(ledger: Ledger, query: ListQuery, wanted: ItemFilter) -> Part:
    """The part of a list that is asked for; back is the same way in the other order.

    Raises:
        WrongCursor: the address has one that no list gave.

    """
    back = _OTHER_WAY[query.sort]
    if query.before:
        found = listing.page(ledger, wanted, cursor=query.before, order=back)
        shown, more = found.items[::-1], bool(found.next_cursor)
        newer, older = more, True
    else:
        found = listing.page(ledger, wanted, cursor=query.cursor or None, order=query.sort)
        shown, more = found.items, bool(found.next_cursor)
        newer, older = bool(query.cursor), more
    if not shown:
        return Part([], query.with_() if query.cursor or query.before else "", "")
    begin, end = shown[0], shown[-1]
    return Part(
        shown,
        query.with_(before=paging.cursor_after(begin.created_at, begin.id, back)) if newer else "",
        query.with_(cursor=paging.cursor_after(end.created_at, end.id, query.sort))
        if older
        else "",
    )


def _records(query: ListQuery, visitor: Visitor, ledger: Ledger) -> dict[str, Any]:
    kind = RecordKind(query.kind.value) if query.kind else None
    wanted = RecordFilter(visitor.company.key, query.list, kind, query.q)
    found = erp_records.page(ledger, wanted, cursor=query.cursor or None)
    return {
        "records": found.records,
        "suggestions": found.suggestions,
        "newer": query.with_() if query.cursor else "",
        "older": query.with_(cursor=found.next_cursor) if found.next_cursor else "",
    }


def _selectable(query: ListQuery, visitor: Visitor) -> bool:
    """Whether rows can be ticked: to be decided on, or to be put away and brought back."""
    is_kept = query.list in (WorkList.READY_TO_IMPORT, WorkList.ARCHIVED)
    keeps = visitor.person.erp_tool in (ErpTool.STANDARD, ErpTool.ADMIN)
    return visitor.person.is_accounting_approver or (is_kept and keeps)


def totals(counts: Counts) -> dict[str, int]:
    """How many stand on each list, of all kinds."""
    return {name.value: sum(by_kind.values()) for name, by_kind in counts.items()}


def _by_kind(counts: Counts, query: ListQuery) -> Mapping[Kind, int] | None:
    """How many of each kind stand on the list that is shown."""
    return counts[query.list] if query.list else None
