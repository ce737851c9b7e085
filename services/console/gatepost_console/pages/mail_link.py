"""The page that a link in a mail shows: to look at an item and to decide on it, there and then.

GET and HEAD change nothing, whoever follows the link. A decision is a form that is sent with the code
of the mail, or from a browser that its reader is signed in with.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from gatepost.domain.errors import FieldProblem
from gatepost.domain.lifecycle import State
from gatepost.ledger import decision_links, reading, revisions
from gatepost.ledger.asking import DONE, PENDING
from gatepost.messages.requests import Action
from gatepost_console import sessions
from gatepost_console.pages import cookies, deciding, item_words
from gatepost_console.pages.forms import READER, Form, TheForm
from gatepost_console.pages.item_page import Answer, Typed, decision_facts, facts_of
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.opened_link import UNSEEN, Opened, TheLink, facts_of_link
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import visitor_with
from gatepost_console.problems import single
from gatepost_console.wiring import House, TheHouse

router = APIRouter(prefix="/r")

CHANNEL: Final = "mail"
ACTIONS: Final = {"accept": Action.ACCEPT, "reject": Action.REJECT}
HISTORY: Final = 8  # events shown; the item's page has them all
WRONG: Final = FieldProblem(
    "code",
    "wrong_code",
    "this is not the code of the mail",
    f"you: it has six digits; after {decision_links.MOST_TRIES} tries, sign in instead",
)


@router.api_route("/{token}", methods=["GET", "HEAD"])
def show(
    request: Request, opened: TheLink, house: TheHouse, intent: str = "", did: str = ""
) -> Response:
    """What the mail is about."""
    answer = Answer(did=did[:20])
    return _page(request, opened, house, Typed(), answer, intent=intent)


@router.post("/{token}/preview")
def with_entries(request: Request, opened: TheLink, house: TheHouse, form: TheForm) -> Response:
    """The same page with the record as it would be with these entries; nothing is decided."""
    return _page(request, opened, house, Typed.of(form), Answer())


@router.post("/{token}/{action}")
def decide(
    request: Request, action: str, opened: TheLink, house: TheHouse, form: TheForm
) -> Response:
    """Decide, for whoever the mail was written to and nobody else."""
    if action not in ACTIONS:
        raise single(404, "not_found", "there is nothing at this address", READER)
    typed, begun = Typed.of(form), None
    if opened.may_decide:
        proof = _signed_in(opened)
    elif why := opened.why_sign_in:
        return _page(request, opened, house, typed, _sign_in(opened, why), intent=action)
    elif not _is_code(opened, house, form):
        again = replace(opened, link=_again(opened, house))
        return _page(request, again, house, typed, Answer(422, problems=[WRONG]), intent=action)
    else:
        proof = "the code of the mail, in a browser that was not signed in"
        begun = _sign_in_here(request, opened, house)
        opened = replace(
            opened, reader=visitor_with(begun, house) or opened.reader, is_signed_in=True
        )
    answer = _decided(request, ACTIONS[action], opened, house, form, proof)
    if begun:
        cookies.keep_session(request, answer, begun)
    return answer


def _decided(
    request: Request, action: Action, opened: Opened, house: House, form: Form, proof: str
) -> Response:
    item, typed = opened.found.item, Typed.of(form)
    try:
        who = {"by": opened.reader.person.email, "channel": CHANNEL, "proof": proof}
        outcome = deciding.ask(action, item, typed, form, house, **who)
    except deciding.REFUSED as error:
        now = replace(opened, found=reading.item_page(house.ledger, item.id))
        return _page(request, now, house, typed, deciding.refused(error), intent=action.value)
    if outcome.outcome != PENDING:
        decision_links.spend(house.ledger, opened.link)
    now_it_is = reading.item_of(house.ledger, item.id)
    did = action.value if outcome.outcome == DONE else outcome.outcome
    did = "first" if did == "accept" and now_it_is.first_approval else did
    return RedirectResponse(f"{opened.path}?{urlencode({'did': did})}", 303, headers=UNSEEN)


def _is_code(opened: Opened, house: House, form: Form) -> bool:
    key = house.program.settings.secret_key
    known = key.get_secret_value() if key else ""
    return decision_links.is_code(house.ledger, known, opened.link, form.text("code", 20))


def _again(opened: Opened, house: House) -> decision_links.DecisionLink:
    """The link with the try that was just counted."""
    token = opened.path.rpartition("/")[2]
    return decision_links.find(house.ledger, token) or opened.link


def _sign_in_here(request: Request, opened: Opened, house: House) -> str:
    """From now on this browser is the reader's."""
    return sessions.begin(
        house.ledger,
        house.settings,
        company=opened.link.company,
        email=opened.link.email,
        channel=sessions.MAIL_LINK,
        instead_of=cookies.session_secret(request),
    )


def _signed_in(opened: Opened) -> str:
    """How a signed-in browser came to be so, for the history."""
    session = opened.reader.session
    how = {
        sessions.MAIL_LINK: "with the code of a mail",
        "code": "with a mailed code",
        "oidc": "at the company's own sign-in",
    }.get(session.channel, f"as {session.channel}")
    return f"a browser signed in {how} on {session.created_at:%Y-%m-%d}"


def _sign_in(opened: Opened, why: str) -> Answer:
    said = f"{why}; sign in to decide"
    reason = FieldProblem("code", "sign_in", said, f"you: sign in as {opened.link.email}")
    status = 409 if opened.has_changed or opened.link.spent_at else 403
    return Answer(status, problems=[reason])


def _page(
    request: Request,
    opened: Opened,
    house: House,
    typed: Typed,
    answer: Answer,
    *,
    intent: str = "",
) -> Response:
    found, reader = opened.found, opened.reader
    facts = facts_of(found, reader, house.ledger)
    facts |= decision_facts(found, reader, house.ledger, typed)
    facts |= facts_of_link(opened)
    shown = page(
        request,
        "mail_link.html",
        reader,
        status=answer.status,
        query=ListQuery.of({}),
        answer=answer,
        typed=typed,
        intent=intent,
        reasons=item_words.REASONS,
        is_open=found.item.state is State.SENT,
        decided=item_words.decided_in_words(found),
        since_mail=_since_mail(opened, house),
        **{**facts, "history": facts["history"][:HISTORY]},
    )
    shown.headers.update(UNSEEN)
    if not opened.is_signed_in:
        cookies.keep_browser(request, shown, opened.browser)
    return shown


def _since_mail(opened: Opened, house: House) -> list[item_words.ChangeWords]:
    """What changed since the mail was written; for whoever may read the books."""
    item = opened.found.item
    if not opened.has_changed or not opened.reader.sees_money(item):
        return []
    step = (item.id, opened.link.revision, item.revision)
    with house.ledger.database.reading() as connection:
        found = revisions.changed(connection, [step])[step]
    return [item_words.change_in_words(each) for each in found]
