"""Deciding on many items of a list at once: those that were ticked, or all that match; line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.errors import Conflict, FieldProblem, Refusal
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting, reading
from gatepost.ledger.asking import DONE, PENDING, Outcome
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.selecting import MOST, matching, must_be_as_many, undecided
from gatepost.messages.requests import Action, Decide
from gatepost_console.decisions import found_in
from gatepost_console.pages.deciding import CHANNEL
from gatepost_console.pages.entry_fields import LONGEST
from gatepost_console.pages.forms import READER, Form, TheForm
from gatepost_console.pages.item_facts import seconds_left
from gatepost_console.pages.item_lists import DECIDABLE, totals
from gatepost_console.pages.item_rows import rows_of
from gatepost_console.pages.item_words import REASONS
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import SignedIn, Visitor
from gatepost_console.problems import single
from gatepost_console.wiring import TheHouse, TheLedger

router = APIRouter()

ACTIONS: Final = {
    each.value: each
    for each in (
        Action.ACCEPT,
        Action.REJECT,
        Action.RETRY,
        Action.TAKE_BACK,
        Action.ARCHIVE,
        Action.UNARCHIVE,
    )
}


#: What can come of one, in the order in which it is told.
SORTS: Final = ("refused", PENDING, DONE, "unchanged")


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one: ``done``, ``unchanged``, ``pending`` or ``refused``; item None: not there."""

    chosen: str
    item: Item | None
    outcome: str
    problems: Sequence[FieldProblem] = ()


@router.get("/decisions")
def about_all(request: Request, visitor: SignedIn, ledger: TheLedger) -> Response:
    """How many match, and what they add up to, before all of them are decided on."""
    visitor.must_see()
    query = ListQuery.of(request.query_params)
    if query.list not in DECIDABLE:
        raise single(422, "invalid", "name a list on which items wait for a decision", READER)
    return _before_all(request, query, visitor, ledger)


def _before_all(
    request: Request, query: ListQuery, visitor: Visitor, ledger: Ledger, *, was: str = ""
) -> Response:
    """Ask; ``was`` is how many matched when it was asked the last time, and nothing was decided."""
    found = _matching(query, visitor, ledger)
    return page(
        request,
        "decide_all.html",
        visitor,
        status=409 if was else 200,
        query=query,
        was=was,
        counts=_counts(visitor, ledger),
        how_many=len(found),
        sums=_sums(found, visitor, ledger),
        actions=["retry" if query.list is WorkList.FAILED_TO_EXPORT else "accept", "reject"],
        reasons=REASONS,
    )


@router.post("/decisions")
def decide(request: Request, visitor: SignedIn, house: TheHouse, form: TheForm) -> Response:
    """One decision for all that were chosen; what passes is done, the rest stays, with its reasons."""
    action = ACTIONS.get(form.text("action"))
    if action is None:
        raise single(422, "invalid", "the form does not say what to do", READER)
    query = _list_in(form)
    try:
        wanted = _all(form, query, visitor, house.ledger) if form.text("all") else _chosen(form)
    except Conflict:
        return _before_all(request, query, visitor, house.ledger, was=form.text("expected", 9))
    if not wanted:
        raise single(
            422, "invalid", "nothing is selected", "you: tick what you mean, and press again"
        )
    known = reading.items_of(house.ledger, [item_id for item_id, _ in wanted])
    found = [_decidable(found_in(known, item_id, visitor), visitor) for item_id, _ in wanted]
    outcomes = iter(
        house.ask(
            [
                Decide(
                    item_id=item.id,
                    action=action,
                    by=visitor.person.email,
                    channel=CHANNEL,
                    revision=revision,
                    comment=form.text("comment", LONGEST),
                    reason_code=form.text("reason_code"),
                )
                for item, (_, revision) in zip(found, wanted, strict=True)
                if isinstance(item, Item)
            ]
        )
    )
    now = reading.items_of(house.ledger, [each.id for each in found if isinstance(each, Item)])
    lines = [
        _line(f"{item_id}@{revision}", now[item.id], next(outcomes))
        if isinstance(item, Item)
        else Line(f"{item_id}@{revision}", None, "refused", item.problems)
        for item, (item_id, revision) in zip(found, wanted, strict=True)
    ]
    return page(
        request, "decided.html", visitor, **_told(action, lines, query, visitor, house.ledger)
    )


def _decidable(found: Item | Refusal, visitor: Visitor) -> Item | Refusal:
    try:
        if isinstance(found, Item):
            visitor.must_be_signed_in_for(found)
    except Refusal as refusal:
        return refusal
    return found


def _told(
    action: Action, lines: Sequence[Line], query: ListQuery, visitor: Visitor, ledger: Ledger
) -> dict[str, Any]:
    sorts = {sort: [each for each in lines if each.outcome == sort] for sort in SORTS}
    left = [(each.chosen, _seconds_left(each.item, visitor)) for each in lines if each.item]
    taken = {chosen: seconds for chosen, seconds in left if seconds and action is Action.ACCEPT}
    return {
        "query": query,
        "counts": _counts(visitor, ledger),
        "action": action.value,
        "lines": [each for sort in SORTS for each in sorts[sort]],
        "tally": {sort: len(found) for sort, found in sorts.items()},
        "refused": " ".join(each.chosen for each in sorts["refused"] if each.item),
        "taken": list(taken),
        "grace": min(taken.values(), default=0),
        "reasons": REASONS,
    }


def _seconds_left(item: Item, visitor: Visitor) -> int:
    """How long they may still take back what they accepted, now or when this was sent before."""
    if item.state is not State.EXPORTING or item.decided_by != visitor.person.email:
        return 0
    return seconds_left(item, visitor)


def _line(chosen: str, item: Item, outcome: Outcome) -> Line:
    if outcome.is_refused:
        found = [each for each in outcome.problems if each.rule != "changed"]
        return Line(chosen, item, "refused", found)
    return Line(chosen, item, outcome.outcome)


def _chosen(form: Form) -> list[tuple[str, int]]:
    """What was ticked: each an id and the revision that was seen, ``id@3``; nothing twice.

    Raises:
        Problem: a value is none of ours, or there are too many.

    """
    values = dict.fromkeys(each for value in form.texts("chosen") for each in value.split())
    found = []
    for value in values:
        item_id, _, revision = value[:80].rpartition("@")
        if not revision.isdecimal() or len(revision) > 9:
            raise single(422, "invalid", "the form names an item without its revision", READER)
        found.append((item_id, int(revision)))
    if len(found) > MOST:
        raise single(422, "too_many", f"at most {MOST} are decided on at once", READER)
    return found


def _all(form: Form, query: ListQuery, visitor: Visitor, ledger: Ledger) -> list[tuple[str, int]]:
    """All that the list matches, if they are as many as were seen.

    Raises:
        Conflict, TooMany: see there.
        Problem: the form does not say how many were seen.

    """
    visitor.must_see()
    expected = form.text("expected", 9)
    if not expected.isdecimal() or query.list not in DECIDABLE:
        raise single(422, "invalid", "the form does not say how many were seen", READER)
    found = _matching(query, visitor, ledger)
    must_be_as_many(found, int(expected))
    return [(item.id, item.revision) for item in found]


def _matching(query: ListQuery, visitor: Visitor, ledger: Ledger) -> list[Item]:
    wanted = query.item_filter(visitor.company.key, visitor.person.time_zone)
    return matching(ledger, undecided(wanted))


def _list_in(form: Form) -> ListQuery:
    """The list from which it was decided."""
    return ListQuery.of(dict(parse_qsl(urlsplit(form.text("next", 2000)).query)))


def _counts(visitor: Visitor, ledger: Ledger) -> dict[str, int] | None:
    if not visitor.sees_the_lists:
        return None
    return totals(counting.counts(ledger.database, visitor.company.key))


def _sums(found: Sequence[Item], visitor: Visitor, ledger: Ledger) -> list[tuple[str, str]]:
    """What they add up to, by currency; changes and invoices have their commitment's."""
    sums: dict[str, Decimal] = {}
    for row in rows_of(ledger, found, visitor):
        if row.total:
            try:
                sums[row.currency or ""] = sums.get(row.currency or "", Decimal()) + Decimal(
                    row.total
                )
            except InvalidOperation:
                continue
    return [(str(total), currency) for currency, total in sorted(sums.items())]
