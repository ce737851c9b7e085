"""A link of a mail, opened: what it is about, for whom, and what it takes to decide there.

Opening one changes nothing. Whoever has the mail may read its page; to decide takes the browser of
the very person it was written to, or the code that stands in the mail.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from starlette.responses import Response

from gatepost.domain.amounts import takes_sign_in
from gatepost.domain.errors import Refusal
from gatepost.domain.people import EmailDecisions
from gatepost.ledger import decision_links, reading
from gatepost.ledger.decision_links import DecisionLink
from gatepost.ledger.reading import ItemPage
from gatepost_console.pages import cookies
from gatepost_console.pages.forms import token_of
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import Anybody, Visitor
from gatepost_console.sessions import MAIL_LINK, Session, new_secret
from gatepost_console.wiring import House, TheHouse

UNSEEN: Final = {"X-Robots-Tag": "noindex, nofollow"}


@dataclass(frozen=True, slots=True)
class Opened:
    """An open link. ``reader`` is whom the mail was written to, ``browser`` this browser's secret.

    ``is_signed_in``: the reader is, here; else the page shows no more than the mail does.
    """

    link: DecisionLink
    path: str
    found: ItemPage
    reader: Visitor
    is_signed_in: bool
    browser: str

    @property
    def has_changed(self) -> bool:
        """Whether a newer revision came since the mail was written."""
        return self.found.item.revision != self.link.revision

    @property
    def why_sign_in(self) -> str:
        """Why the code of the mail is not enough here; empty where it is."""
        settings, total = self.reader.company.settings, self.found.item.total
        if self.has_changed:
            return "it has changed since the mail was written, so its code is good no more"
        if self.link.spent_at:
            return "this link has been decided with already"
        if settings.email_decisions is not EmailDecisions.CODE:
            return f"{self.reader.company.name} wants whoever decides from a mail to be signed in"
        if takes_sign_in(total, settings):
            return (
                f"its amount is above {settings.email_sign_in_above:,}, where a code is not enough"
            )
        if self.link.tries_are_used_up:
            return "a wrong code was typed too often"
        return ""

    @property
    def may_decide(self) -> bool:
        """Whether this browser is enough to decide."""
        return self.is_signed_in and self.reader.is_signed_in_for(self.found.item)


@dataclass(eq=False)
class Closed(Exception):
    """A link that shows nothing of an item here, and what can be done instead."""

    status: int
    title: str
    words: str
    item_id: str = ""
    visitor: Visitor | None = None


async def closed_page(request: Request, error: Exception) -> Response:
    """Say why, and where to go on."""
    assert isinstance(error, Closed)  # noqa: S101 - nothing else is sent here
    facts = {"title": error.title, "words": error.words, "item_id": error.item_id}
    answer = page(request, "mail_link_closed.html", error.visitor, status=error.status, **facts)
    answer.headers.update(UNSEEN)
    return answer


def _opened(
    request: Request,
    token: Annotated[str, Path(max_length=100)],
    house: TheHouse,
    visitor: Anybody,
) -> Opened:
    link = decision_links.find(house.ledger, token)
    if link is None:
        raise Closed(
            404,
            "This link is not known",
            "It may have been cut in two by the mail program: copy the whole of it. What waits for "
            "you stands in the console too.",
            visitor=visitor,
        )
    if link.has_expired:
        raise Closed(
            410,
            "This link is too old",
            "Links in mails are good for some days. The item is in the console: sign in there.",
            link.item_id,
            visitor,
        )
    is_theirs = visitor is not None and _is_of(visitor, link)
    if visitor and not is_theirs:
        raise _of_another(link, visitor, house)
    browser = cookies.browser_secret(request) or new_secret()
    reader = visitor or _reader(link, browser, house)
    return Opened(link, f"/r/{token}", _found(link, reader, house), reader, is_theirs, browser)


TheLink = Annotated[Opened, Depends(_opened)]


def _is_of(visitor: Visitor, link: DecisionLink) -> bool:
    return (visitor.person.email, visitor.company.key) == (link.email, link.company)


def _reader(link: DecisionLink, browser: str, house: House) -> Visitor:
    """Whom the mail was written to, as they would look at it; nobody is signed in by it."""
    company = house.ledger.directory().companies.get(link.company)
    person = company.person(link.email) if company else None
    if company is None or person is None:
        raise Closed(
            403,
            "This link has nobody any more",
            "The mail was written to somebody who is no longer in the company's directory.",
        )
    session = Session("", link.company, link.email, MAIL_LINK, link.now, link.now)
    return Visitor(company=company, person=person, session=session, form_token=token_of(browser))


def _found(link: DecisionLink, reader: Visitor, house: House) -> ItemPage:
    try:
        found = reading.item_page(house.ledger, link.item_id)
        reader.must_see(found.item)
    except Refusal as refusal:
        words = f"{str(refusal)[:1].upper()}{str(refusal)[1:]}."
        raise Closed(403, "This is not to be seen any more", words, visitor=None) from None
    return found


def _of_another(link: DecisionLink, visitor: Visitor, house: House) -> Closed:
    """Somebody else is signed in here: the mail was passed on, or two share a browser."""
    company = house.ledger.directory().companies.get(link.company)
    person = company.person(link.email) if company else None
    name, me = person.name if person else "somebody else", visitor.person.name
    where = f" for {company.name}" if company and company.key != visitor.company.key else ""
    return Closed(
        403,
        f"This link is for {name}{where}",
        f"You are signed in as {me} for {visitor.company.name}. A mail that asks for a decision is "
        "its reader's alone. What is yours to decide you decide in your own name.",
        link.item_id if not where else "",
        visitor,
    )


def facts_of_link(opened: Opened) -> dict[str, Any]:
    """What the page says of the link itself."""
    return {
        "path_of_link": opened.path,
        "guest": not opened.is_signed_in,
        "may_decide": opened.may_decide,
        "why_sign_in": opened.why_sign_in,
        "has_changed": opened.has_changed,
        "mail_at": opened.link.created_at,
    }
