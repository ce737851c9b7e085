"""The page of an item: what it is, what changed, what would be written, and what may be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.decisions import is_comment_required
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.ledger import counting, reading
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.previewing import preview
from gatepost.ledger.reading import ItemPage
from gatepost_console.items import ItemId
from gatepost_console.pages import entry_fields, item_facts, item_journey, item_words
from gatepost_console.pages.forms import Form, TheForm
from gatepost_console.pages.item_lists import totals
from gatepost_console.pages.item_rows import rows_of
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn, Visitor
from gatepost_console.wiring import TheLedger

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody has typed into the form so far; a refusal loses none of it."""

    entries: Mapping[str, str] = field(default_factory=dict)
    searches: Mapping[str, str] = field(default_factory=dict)
    comment: str = ""
    reason_code: str = ""

    @classmethod
    def of(cls, form: Form) -> "Typed":
        return cls(
            entry_fields.given_in(form),
            entry_fields.searches_in(form),
            form.text("comment", entry_fields.LONGEST),
            form.text("reason_code"),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page says first: that something was done, or why it was not."""

    status: int = 200
    did: str = ""
    problems: Sequence[FieldProblem] = ()
    changes: Sequence[str] = ()


@router.get("/items/{item_id}")
def item(
    request: Request, item_id: ItemId, visitor: SignedIn, ledger: TheLedger, did: str = ""
) -> Response:
    """An item with everything that is known of it."""
    query = ListQuery.of(request.query_params)
    return item_page(request, item_id, query, visitor, ledger, answer=Answer(did=did[:20]))


@router.post("/items/{item_id}/preview")
def with_entries(
    request: Request, item_id: ItemId, visitor: SignedIn, ledger: TheLedger, form: TheForm
) -> Response:
    """The same page with the record as it would be with these entries; nothing is decided."""
    return item_page(request, item_id, query_in(form), visitor, ledger, Typed.of(form))


def query_in(form: Form) -> ListQuery:
    """The list from which somebody came to a form."""
    return ListQuery.of(dict(parse_qsl(form.text("from", 2000).removeprefix("?"))))


def item_page(
    request: Request,
    item_id: str,
    query: ListQuery,
    visitor: Visitor,
    ledger: Ledger,
    typed: Typed | None = None,
    answer: Answer | None = None,
) -> Response:
    """The page, with what was typed and what came of it."""
    typed, answer = typed or Typed(), answer or Answer()
    found = reading.item_page(ledger, item_id)
    visitor.must_see(found.item)
    sees_lists = visitor.sees_the_lists
    counts = counting.counts(ledger.database, visitor.company.key) if sees_lists else None
    facts = {
        "query": query,
        "counts": totals(counts) if counts else None,
        "answer": answer,
        "typed": typed,
        "reasons": item_words.REASONS,
        **facts_of(found, visitor, ledger),
        **decision_facts(found, visitor, ledger, typed),
        **_neighbours(found.item, query, visitor, ledger),
    }
    facts |= _journey(facts, visitor, ledger)
    return page(request, "item.html", visitor, status=answer.status, **facts)


def facts_of(found: ItemPage, visitor: Visitor, ledger: Ledger) -> dict[str, Any]:
    """What a page says of an item."""
    item, company = found.item, visitor.company
    with_money = visitor.sees_money(item)
    (row,) = rows_of(ledger, [item], visitor)
    parent, children = item_facts.family_of(item, ledger)
    changed = [
        ("Changed since the ERP has it", found.changed_since_sync),
        ("Changed since it was rejected", found.changed_since_rejection),
    ]
    return {
        "item": item,
        "row": row,
        "erp": item_facts.erp_of(item, ledger),
        "with_money": with_money,
        "parent": parent,
        "children": children,
        "lines": item_facts.lines_of(found.content, parent, ledger) if with_money else None,
        "content_facts": item_facts.content_facts(found.content) if with_money else [],
        "changed": [
            (title, [item_words.change_in_words(each) for each in changes])
            for title, changes in changed
            if with_money and changes is not None and (changes or item.state is not State.REJECTED)
        ],
        "drift": item_words.drift_in_words(item.drift) if with_money else [],
        "history": item_words.history_in_words(found.history, company, with_money=with_money),
        "mails": item_words.mails_in_words(found.mails, company, with_money=with_money),
        "attempts": item_words.attempts_in_words(found.attempts),
    }


def decision_facts(
    found: ItemPage, visitor: Visitor, ledger: Ledger, typed: Typed
) -> dict[str, Any]:
    """What a page says of deciding on it, and the forms to do so."""
    item = found.item
    may = item_facts.may(item, visitor)
    decides = visitor.person.may_decide(item.kind)
    asks = item.state in (State.SENT, State.FAILED) and decides and visitor.sees_money(item)
    return {
        "may": may,
        "why_not": item_facts.why_not(may, item.state),
        "grace": item_facts.grace_of(item, may, visitor),
        "two": item_facts.approvals_needed(item, visitor),
        "comment_required": is_comment_required(item.kind, visitor.company),
        "fields": entry_fields.fields_of(item, found.content, ledger, typed.entries, typed.searches)
        if asks
        else [],
        "record": _preview(item, visitor, ledger, typed),
    }


def _journey(facts: Mapping[str, Any], visitor: Visitor, ledger: Ledger) -> dict[str, Any]:
    """Where it is, for whoever made or sent it."""
    item: Item = facts["item"]
    if not item_journey.is_own(item, visitor.person.email):
        return {"stops": [], "advice": None}
    tried_at = item_journey.next_try(item, ledger)
    where = {"sent_at": facts["row"].sent_at, "tried_at": tried_at, "erp": facts["erp"]}
    against = facts["record"]["errors"] if facts["record"] else []
    return {
        "stops": item_journey.stops_of(item, visitor.company, **where),
        "advice": item_journey.advice_of(item, against),
    }


def _preview(item: Item, visitor: Visitor, ledger: Ledger, typed: Typed) -> dict[str, Any] | None:
    """The record as it would be written; None for those who read no books, and where there is none.

    Where a connection is missing, the reason stands instead of the record.
    """
    if not visitor.sees_money(item) or not item_facts.has_preview(item):
        return None
    with ledger.work() as work:
        try:
            return preview(item, typed.entries, work)
        except ConfigurationError as error:
            reason = FieldProblem("", "no_connection", error.message, error.who_can_fix)
            return {"record": None, "preview_hash": "", "errors": [reason], "writes": ""}


def _neighbours(item: Item, query: ListQuery, visitor: Visitor, ledger: Ledger) -> dict[str, Any]:
    """The next item of the list that led here; nobody who came otherwise is led on."""
    if not query.list or query.is_of_records or not visitor.sees_the_lists:
        return {"next_item": None}
    return {"next_item": item_facts.next_after(item, query, visitor, ledger)}
