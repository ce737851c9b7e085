"""What failed to export, by cause: why, whose it is to mend, and trying it again, one or many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.errors import Refusal
from gatepost.domain.lists import WorkList
from gatepost.ledger import reading
from gatepost.ledger.asking import PENDING
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.reading import CauseGroup
from gatepost.ledger.tables import items
from gatepost.messages.requests import Action, Decide
from gatepost_console import retrying
from gatepost_console.failures import FASTEST
from gatepost_console.items import seen
from gatepost_console.pages.forms import READER, Form, TheForm
from gatepost_console.pages.operating.operators import Operating, Said, back, operations_page
from gatepost_console.pages.visiting import Visitor
from gatepost_console.problems import single
from gatepost_console.retrying import GroupRetry
from gatepost_console.wiring import House, TheHouse, TheLedger

router = APIRouter()

PAGE: Final = "/failures"
CHANNEL: Final = "page"
GROUPS: Final = 20  # on a page
EXAMPLES: Final = 3
USUAL_RATE: Final = 30


@dataclass(frozen=True, slots=True)
class Example:
    """One of the items that failed for a cause."""

    id: str
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A cause on the page; ``retry`` is under way for it."""

    group: CauseGroup
    examples: Sequence[Example]
    retry: GroupRetry | None


@router.get("/operations/failures")
def failures(request: Request, visitor: Operating, ledger: TheLedger, after: str = "") -> Response:
    """The causes, the largest group first."""
    company = visitor.company.key
    groups = reading.failed_by_cause(ledger, company)
    begin = _place(after)
    part = groups[begin : begin + GROUPS]
    retries = retrying.retries_of(ledger, company)
    running = [each for each in retries if each.is_running]
    examples = _examples(ledger, company, [group.cause.key for group in part])
    shown = [
        Shown(group, examples.get(group.cause.key, ()), _retry_of(group, running)) for group in part
    ]
    more = begin + GROUPS < len(groups)
    return operations_page(
        request,
        "failures.html",
        visitor,
        shown=shown,
        failed=sum(group.count for group in groups),
        causes=len(groups),
        retries=retries,
        running=running,
        usual_rate=USUAL_RATE,
        fastest=FASTEST,
        first=f"/operations{PAGE}" if begin else "",
        older=f"/operations{PAGE}?after={begin + GROUPS}" if more else "",
    )


@router.post("/operations/failures/retry")
def retry(request: Request, form: TheForm, visitor: Operating, ledger: TheLedger) -> Response:
    """Have a group retried, or all that failed, at a rate."""
    try:
        begun = retrying.begin(
            ledger,
            visitor.company,
            visitor.person,
            channel=CHANNEL,
            cause=form.text("cause") or None,
            rate=_rate(form),
        )
    except Refusal as refusal:
        return back(request, PAGE, _sentence(refusal), ok=False)
    left = f" {len(begun.left):,} are not yours to retry." if begun.left else ""
    if not begun.asked:
        return back(request, PAGE, f"Nothing was retried.{left}", ok=False)
    minutes = begun.seconds / retrying.MINUTE
    time = f", over {minutes:,.0f} min" if minutes >= 1 else ""
    return back(request, PAGE, f"{begun.asked:,} are being retried{time}.{left}")


@router.post("/operations/failures/stop")
def stop(request: Request, form: TheForm, visitor: Operating, ledger: TheLedger) -> Response:
    """Take back the retries whose turn has not come."""
    try:
        taken = retrying.stop(ledger, visitor.company.key, form.text("retry"), visitor.person)
    except Refusal as refusal:
        return back(request, PAGE, _sentence(refusal), ok=False)
    if taken:
        return back(request, PAGE, f"Stopped: {taken:,} stay failed until they are retried again.")
    return back(request, PAGE, "There was nothing left to stop: all had their turn.")


@router.post("/operations/failures/item")
def retry_one(request: Request, form: TheForm, visitor: Operating, house: TheHouse) -> Response:
    """Retry one item."""
    said = _retried(form.text("item"), visitor, house)
    return back(request, PAGE, said.text, ok=said.ok)


def _retried(item_id: str, visitor: Visitor, house: House) -> Said:
    try:
        item = seen(item_id, visitor, house.ledger)
    except Refusal as refusal:
        return Said(_sentence(refusal), ok=False)
    by = visitor.person.email
    outcome = house.ask([Decide(item_id=item.id, action=Action.RETRY, by=by, channel=CHANNEL)])[0]
    if outcome.is_refused:
        problem = outcome.problems[0]
        return Said(f"{item.label}: {problem.message} ({problem.who_can_fix}).", ok=False)
    waits = " Nobody has taken it up yet; it stands." if outcome.outcome == PENDING else ""
    return Said(f"{item.label} is being exported again.{waits}")


def _rate(form: Form) -> int | None:
    """Items a minute; None for all at once.

    Raises:
        Problem: it is none.

    """
    given = form.text("rate", 10)
    if not given:
        return None
    if given.isascii() and given.isdigit() and 1 <= int(given) <= FASTEST:
        return int(given)
    raise single(422, "invalid", f"a rate is 1 to {FASTEST} items a minute", READER, at="rate")


def _place(after: str) -> int:
    if not after:
        return 0
    if after.isascii() and after.isdigit() and len(after) < 7:
        return int(after)
    raise single(422, "invalid", "the page is none that this list gave", READER, at="after")


def _retry_of(group: CauseGroup, running: Sequence[GroupRetry]) -> GroupRetry | None:
    of_it = (each for each in running if each.cause_key in (None, group.cause.key))
    return next(of_it, None)


def _sentence(refusal: Refusal) -> str:
    problem = refusal.problems[0]
    message = f"{problem.message[:1].upper()}{problem.message[1:]}"
    return f"{message}. Who can change that: {problem.who_can_fix}."


def _examples(
    ledger: Ledger, company: str, causes: Sequence[str]
) -> Mapping[str, Sequence[Example]]:
    """The oldest failures of each cause, all in one query."""
    place = sa.func.row_number().over(
        partition_by=items.c.cause_key, order_by=(items.c.updated_at, items.c.id)
    )
    numbered = (
        sa.select(items.c.id, items.c.cause_key, place.label("nth"))
        .where(
            items.c.company == company,
            items.c.place == WorkList.FAILED_TO_EXPORT,
            items.c.cause_key.in_(causes),
        )
        .subquery()
    )
    statement = sa.select(numbered).where(numbered.c.nth <= EXAMPLES).order_by(numbered.c.nth)
    with ledger.database.reading() as connection:
        rows = connection.execute(statement).all() if causes else ()
    known = reading.items_of(ledger, [row.id for row in rows])
    found: dict[str, list[Example]] = {}
    for row in rows:
        if item := known.get(row.id):
            example = Example(item.id, item.label, item.title)
            found.setdefault(row.cause_key, []).append(example)
    return found
