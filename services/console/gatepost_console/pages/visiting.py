"""Who looks at a page: the person whose session the browser has, and what the directory says of them."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request

from gatepost.domain.amounts import takes_sign_in
from gatepost.domain.errors import NotEntitled
from gatepost.domain.items import Item
from gatepost.domain.people import ErpTool, Person
from gatepost_console import sessions
from gatepost_console.pages.cookies import session_secret
from gatepost_console.pages.forms import token_of
from gatepost_console.sessions import Session
from gatepost_console.viewing import Viewer
from gatepost_console.wiring import House, TheHouse

LONGEST_NEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor(Viewer):
    """A signed-in person. ``form_token`` goes into every form of the page."""

    person: Person
    session: Session
    form_token: str

    @property
    def role(self) -> str:
        """What they are here, in two words."""
        if self.person.is_accounting_approver:
            return "Accounting approver"
        if self.person.operator:
            return "Operator"
        return "Sender" if not self.sees_the_lists else "Reader"

    @property
    def sees_the_lists(self) -> bool:
        """Whether the company's lists are theirs to see; if not, what is their own is."""
        return self.person.erp_tool != "none" or self.person.operator

    @property
    def reads_the_erp(self) -> bool:
        """Whether they have the page on which an ERP is read, without being operators."""
        return self.person.is_accounting_approver or self.person.erp_tool is ErpTool.ADMIN

    def is_signed_in_for(self, item: Item) -> bool:
        """Whether their session is enough to decide on it: one by a mail's code may not be."""
        needs_more = takes_sign_in(item.total, self.company.settings)
        return not (self.session.is_by_mail_link and needs_more)

    def must_be_signed_in_for(self, item: Item) -> None:
        """Pass, or refuse to decide on it with nothing but a mail's code to show for oneself.

        Raises:
            NotEntitled: the company, or the amount, asks for more.

        """
        if not self.is_signed_in_for(item):
            raise NotEntitled.because(
                "the code of a mail signed you in here, which is not enough to decide on this",
                field="by",
                who_can_fix="you: sign out, and sign in again",
            )


class NotSignedIn(Exception):
    """The page needs somebody; ``next`` is where they wanted to go."""

    def __init__(self, next_page: str = "") -> None:
        super().__init__("nobody is signed in")
        self.next_page = next_page

    @property
    def location(self) -> str:
        """The page to sign in at."""
        return f"/sign-in?next={quote(self.next_page, safe='')}" if self.next_page else "/sign-in"


def visitor_of(request: Request, house: TheHouse) -> Visitor | None:
    """Whoever is signed in; None for a session that is over and people who left the directory."""
    secret = session_secret(request)
    visitor = visitor_with(secret, house) if secret else None
    request.state.visitor = visitor  # for the error page, should one follow
    return visitor


def visitor_with(secret: str, house: House) -> Visitor | None:
    """Whoever is signed in with that secret."""
    found = sessions.find(house.ledger, house.settings, secret)
    company = house.ledger.directory().companies.get(found.company) if found else None
    person = company.person(found.email) if company and found else None
    if not (found and company and person):
        return None
    return Visitor(company=company, person=person, session=found, form_token=token_of(secret))


def _signed_in(request: Request, house: TheHouse) -> Visitor:
    if visitor := visitor_of(request, house):
        return visitor
    query = f"?{request.url.query}" if request.url.query else ""
    path = request.url.path
    if request.method != "GET":  # back to the item; the other forms' pages are a click away
        raise NotSignedIn(path.rpartition("/")[0] if path.startswith("/items/") else "")
    raise NotSignedIn(f"{path}{query}")


SignedIn = Annotated[Visitor, Depends(_signed_in)]
Anybody = Annotated[Visitor | None, Depends(visitor_of)]


def local(next_page: str) -> str:
    r"""Where to go on after signing in: a page of this console, or its first one.

    A browser reads ``//host``, ``/\host`` and an address with a tab in it as another host's.
    """
    is_safe = (
        len(next_page) <= LONGEST_NEXT
        and next_page.startswith("/")
        and next_page.isascii()
        and next_page.isprintable()
        and not next_page.startswith(("//", "/sign-in", "/sign-out", "/demo"))
        and "\\" not in next_page
    )
    try:
        parts = urlsplit(next_page)
    except ValueError:
        return "/"
    return next_page if is_safe and not parts.scheme and not parts.netloc else "/"
