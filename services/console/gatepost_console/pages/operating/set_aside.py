"""What was set aside for a person: events in quarantine, and messages whose tries are used up."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from gatepost.domain.errors import NotFound, Refusal
from gatepost.ledger import parking, quarantined
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.tables import messages
from gatepost_console.pages.forms import READER, Form, TheForm
from gatepost_console.pages.operating.depths import depths
from gatepost_console.pages.operating.operators import Operating, back, operations_page
from gatepost_console.pages.operating.redacting import as_text, in_a_text
from gatepost_console.pages.visiting import Visitor
from gatepost_console.problems import single
from gatepost_console.wiring import TheHouse, TheLedger

log = structlog.get_logger()

router = APIRouter()

PAGE: Final = "/messages"
PARKED: Final = f"{PAGE}?show=parked"
ROWS: Final = 25  # on a page
PLACE: Final = "/operations/messages"


@router.get(PLACE)
def set_aside(
    request: Request, visitor: Operating, house: TheHouse, show: str = "", after: str = ""
) -> Response:
    """What is in quarantine, or what is parked; with RabbitMQ, what stands beside the ledger."""
    is_parked, cursor = show == "parked", _uuid(after) if after else None
    found = (_parked if is_parked else _kept)(visitor, house.ledger, cursor)
    more, rows = len(found) > ROWS, found[:ROWS]
    for row in rows:
        row["last_error"] = in_a_text(row.get("last_error") or "")
    here = f"{PLACE}?show=parked" if is_parked else PLACE
    url = house.program.settings.amqp_url.get_secret_value()
    return operations_page(
        request,
        "parked.html" if is_parked else "quarantine.html",
        visitor,
        rows=rows,
        first=here if after else "",
        older=f"{here}{'&' if is_parked else '?'}after={rows[-1]['id']}" if more else "",
        is_on_servers=not house.program.settings.is_embedded,
        depths=None if is_parked or house.program.settings.is_embedded else depths(url),
    )


@router.get(f"{PLACE}/quarantine/{{event_id}}")
def event(request: Request, event_id: str, visitor: Operating, ledger: TheLedger) -> Response:
    """One event as it came, and everything against it."""
    row = _event(event_id, visitor, ledger)
    body = as_text(quarantined.body_of(row), with_money=visitor.sees_money())
    headers = as_text(orjson.dumps(row["headers"]).decode(), with_money=True)
    facts = {"row": row, "body": body, "headers": headers if row["headers"] else ""}
    return operations_page(request, "quarantined.html", visitor, **facts)


@router.get(f"{PLACE}/parked/{{message_id}}")
def message(request: Request, message_id: str, visitor: Operating, ledger: TheLedger) -> Response:
    """One parked message, with what it asks for."""
    its = (messages.c.id == _uuid(message_id)) & _parked_here(visitor, ledger)
    rows = parking.parked(ledger, where=its, with_body=True)
    if not rows:
        raise NotFound.because(
            f"no parked message has the id {message_id}",
            field="message_id",
            who_can_fix="nobody: it may have been offered again meanwhile",
        )
    row = rows[0]
    body = as_text(orjson.dumps(row["body"]).decode(), with_money=visitor.sees_money())
    row["last_error"] = in_a_text(row["last_error"] or "")
    return operations_page(request, "parked_one.html", visitor, row=row, body=body)


@router.post(f"{PLACE}/replay")
def replay(request: Request, form: TheForm, visitor: Operating, ledger: TheLedger) -> Response:
    """Hand events to the intake once more, one or many."""
    rows = quarantined.events_of(ledger, _chosen(form))
    fresh = [row for row in rows if row["replayed_at"] is None and _is_own(row, visitor, ledger)]
    try:
        with ledger.work() as work:
            quarantined.replay(work, fresh)
    except Refusal as refusal:
        problem = refusal.problems[0]
        text = f"{problem.message}. Who can change that: {problem.who_can_fix}."
        return back(request, PAGE, text, ok=False)
    _log("replayed", visitor, len(fresh))
    if not fresh:
        return back(request, PAGE, "Nothing was chosen that is still in quarantine.", ok=False)
    one = "1 event is" if len(fresh) == 1 else f"{len(fresh):,} events are"
    return back(request, PAGE, f"{one} handed to intake. What is refused again comes back here.")


@router.post(f"{PLACE}/release")
def release(request: Request, form: TheForm, visitor: Operating, ledger: TheLedger) -> Response:
    """Offer parked messages again, one or many."""
    with ledger.work() as work:
        here = _parked_here(visitor, ledger)
        found = parking.release(work, _chosen(form), where=here)
    _log("released", visitor, found)
    if not found:
        return back(request, PARKED, "Nothing was chosen that is still parked.", ok=False)
    one = "1 message is" if found == 1 else f"{found:,} messages are"
    return back(request, PARKED, f"{one} offered again. What fails again is parked again.")


def _kept(visitor: Visitor, ledger: Ledger, cursor: str | None) -> list[dict[str, Any]]:
    own = quarantined.of_company(visitor.company.key, alone=_is_alone(ledger))
    return quarantined.kept(ledger, where=own, before=cursor, limit=ROWS + 1)


def _parked(visitor: Visitor, ledger: Ledger, cursor: str | None) -> list[dict[str, Any]]:
    return parking.parked(ledger, where=_parked_here(visitor, ledger), after=cursor, limit=ROWS + 1)


def _event(event_id: str, visitor: Visitor, ledger: Ledger) -> dict[str, Any]:
    """An event of the visitor's company; any other's is not there."""
    row = quarantined.event_of(ledger, event_id)
    if _is_own(row, visitor, ledger):
        return row
    raise quarantined.not_there(event_id)


def _is_own(row: Mapping[str, Any], visitor: Visitor, ledger: Ledger) -> bool:
    named = row["company"]
    return named == visitor.company.key or (named is None and _is_alone(ledger))


def _parked_here(visitor: Visitor, ledger: Ledger) -> Any:  # noqa: ANN401 - a condition
    return parking.of_company(visitor.company.key, alone=_is_alone(ledger))


def _is_alone(ledger: Ledger) -> bool:
    """Whether there is one company only: then what names none is its own as well."""
    return len(ledger.directory().companies) == 1


def _chosen(form: Form) -> Sequence[str]:
    one = form.texts("one")  # a row's own button, whatever else is ticked
    chosen = [_uuid(each) for each in one or form.texts("chosen")]
    if len(chosen) > ROWS:
        raise single(422, "invalid", f"at most {ROWS} are taken at once", READER)
    return chosen


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise single(422, "invalid", f"{text[:100]} is no id that this list gave", READER) from None


def _log(what: str, visitor: Visitor, how_many: int) -> None:
    log.info(f"set aside: {what}", by=visitor.person.email, how_many=how_many)
