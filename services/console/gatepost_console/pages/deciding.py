"""Deciding on an item from its page: the same request as over HTTP; refused, the page stands again."""

from typing import Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.errors import FieldProblem, Refusal
from gatepost.domain.items import Item
from gatepost.ledger import entering, reading
from gatepost.ledger.asking import DONE, Outcome
from gatepost.ledger.previewing import must_be_as_shown
from gatepost.messages.requests import Action, Decide
from gatepost_console import problems
from gatepost_console.items import ItemId, seen
from gatepost_console.pages.forms import READER, Form, TheForm
from gatepost_console.pages.item_page import Answer, Typed, item_page, query_in
from gatepost_console.pages.visiting import SignedIn
from gatepost_console.problems import Problem, single
from gatepost_console.wiring import House, TheHouse

router = APIRouter()

CHANNEL: Final = "page"
ACTIONS: Final = {action.value.replace("_", "-"): action for action in Action}
_WITH_ENTRIES: Final = (Action.ACCEPT, Action.RETRY)
REFUSED: Final = (Problem, Refusal, ConfigurationError)
_LARGEST: Final = 2**31 - 1


@router.post("/items/{item_id}/{action}")
def decide(
    request: Request,
    item_id: ItemId,
    action: str,
    visitor: SignedIn,
    form: TheForm,
    house: TheHouse,
) -> Response:
    """Have something done with an item, and show what came of it."""
    if action not in ACTIONS:
        raise single(404, "not_found", "there is nothing at this address", READER)
    item = seen(item_id, visitor, house.ledger)
    typed = Typed.of(form)
    try:
        visitor.must_be_signed_in_for(item)
        who = {"by": visitor.person.email, "channel": CHANNEL}
        outcome = ask(ACTIONS[action], item, typed, form, house, **who)
    except REFUSED as error:
        answer = refused(error)
        return item_page(request, item.id, query_in(form), visitor, house.ledger, typed, answer)
    now = reading.item_of(house.ledger, item.id)
    did = action if outcome.outcome == DONE else outcome.outcome
    if did == "accept" and now.first_approval:
        did = "first"
    way = query_in(form).way_back
    return RedirectResponse(
        f"/items/{item.id}{way}{'&' if way else '?'}{urlencode({'did': did})}", 303
    )


@router.get("/items/{item_id}/{action}")
def where_it_was_decided(item_id: ItemId, action: str) -> Response:
    """The address a form was sent to, opened again: the item stands a step above."""
    if action not in (*ACTIONS, "preview"):
        raise single(404, "not_found", "there is nothing at this address", READER)
    return RedirectResponse(f"/items/{quote(item_id, safe='')}", 303)


def ask(action: Action, item: Item, typed: Typed, form: Form, house: House, **who: str) -> Outcome:
    """Ask for what a form says; gives what came of it.

    Args:
        action: what is asked for.
        item: of the item as it was shown.
        typed: what was typed into the form.
        form: the form itself.
        house: whose services answer.
        who: asks: ``by``, ``channel`` and, where that leaves it open, ``proof``.

    Raises:
        Problem, Refusal, ConfigurationError: it was refused, or is not what was shown.

    """
    wanted = _wanted(action, item, typed, form, house).model_copy(update=who)
    _must_be_as_shown(item, wanted, house)
    outcome = house.ask([wanted])[0]
    if outcome.is_refused:
        raise problems.of_outcome(outcome)
    return outcome


def _wanted(action: Action, item: Item, typed: Typed, form: Form, house: House) -> Decide:
    entries = dict(typed.entries) if action in _WITH_ENTRIES else {}
    if action is Action.RETRY:  # what stands as it is need not be entered again
        content = reading.item_page(house.ledger, item.id).content
        stands = {
            e["name"]: e["value"] for e in entering.asked(item, content, house.ledger, most=1)
        }
        entries = {name: value for name, value in entries.items() if value != stands.get(name)}
    decides = action in (Action.ACCEPT, Action.REJECT)
    return Decide(
        item_id=item.id,
        action=action,
        by="",
        channel="",
        revision=_revision(form) if decides else None,
        comment=typed.comment if action is Action.REJECT else "",
        reason_code=typed.reason_code if action is Action.REJECT else "",
        entries=entries,
        preview_hash=form.text("preview_hash") if action in _WITH_ENTRIES else "",
    )


def _must_be_as_shown(item: Item, wanted: Decide, house: House) -> None:
    """Pass, or refuse what is not the record that was looked at.

    A newer revision says so better itself, with what changed.

    Raises:
        StaleDecision: see :func:`must_be_as_shown`.

    """
    if wanted.preview_hash and wanted.revision in (None, item.revision):
        with house.ledger.work() as work:
            must_be_as_shown(item, wanted.entries, wanted.preview_hash, work)


def _revision(form: Form) -> int:
    text = form.text("revision", 10)
    if not text.isdecimal() or not 0 < int(text) <= _LARGEST:
        raise single(422, "invalid", "the form does not say which revision was looked at", READER)
    return int(text)


def refused(error: Problem | Refusal | ConfigurationError) -> Answer:
    """A refusal as the page says it; what changed since stands apart from the reasons."""
    if isinstance(error, ConfigurationError):
        reason = FieldProblem("", "no_connection", error.message, error.who_can_fix)
        return Answer(409, problems=[reason])
    problem = problems.of_refusal(error) if isinstance(error, Refusal) else error
    reasons = [each for each in problem.errors if each.rule != "changed"]
    changes = [each.message for each in problem.errors if each.rule == "changed"]
    return Answer(problem.status, problems=reasons, changes=changes)
