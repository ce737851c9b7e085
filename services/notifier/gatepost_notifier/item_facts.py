"""An item as the mails tell of it."""

from dataclasses import dataclass

from gatepost.connectors.discovery import profile_of
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.amounts import may_accept
from gatepost.domain.items import Item
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import sees_money
from gatepost.domain.wording import money
from gatepost.ledger.work import Work
from gatepost_notifier.settings import public_url
from gatepost_notifier.wording import moment, one_line, web_link


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What a template may say about an item; every text is on one line and of bearable length."""

    kind: str  # commitment
    name: str  # commitment SC-1001
    title: str
    amount: str  # with its currency; empty where there is none
    project: str
    sent_by: str
    changed_at: str  # the reader's time, with its zone; of what awaits a decision: when it was sent
    is_update: bool
    page: str  # at Gatepost
    source: str  # at its source; empty where the source gave no web address
    beyond: str = ""  # that its amount is above the reader's limit; empty where it is not

    @property
    def heading(self) -> str:
        """The name at the beginning of a sentence."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def summary(self) -> str:
        """All else on one line, for lists of many."""
        update = "an update" if self.is_update else ""
        sent = f"sent by {self.sent_by}"
        parts = (self.amount, self.beyond, self.project, update, sent, self.changed_at)
        return ", ".join(part for part in parts if part)


def facts_of(item: Item, company: Company, reader: str, currency: str | None) -> ItemFacts:
    """The facts of an item for the reader with that address: in their time, amounts if they see any."""
    person = company.person(reader)
    with_money = person is None or sees_money(person, item)
    project = company.projects.get(item.project or "")
    return ItemFacts(
        kind=item.kind.words,
        name=one_line(item.label, 80),
        title=one_line(item.title, 120),
        amount=money(item.total, currency) if with_money else "",
        project=one_line(project.name if project else item.project or "", 80),
        sent_by=one_line(item.sent_by_name or item.sent_by, 80),
        changed_at=moment(item.updated_at, zone_of(reader, company)),
        is_update=item.is_linked,
        page=f"{public_url()}/items/{item.id}",
        source=web_link(item.url),
        beyond=_beyond(item, person),
    )


def _beyond(item: Item, person: Person | None) -> str:
    """What somebody whose mail names an item that they may reject, and not accept, is to know."""
    if person is None or person.amount_limit is None:
        return ""
    if not person.may_decide(item.kind) or may_accept(person, item.kind, item.total):
        return ""
    return f"above your limit of {person.amount_limit:,}: you may only reject it"


def zone_of(email: str, company: Company) -> str:
    """The time zone of a reader; UTC for people the directory does not list."""
    person = company.person(email)
    return person.time_zone if person else "UTC"


def currency_of(item: Item, work: Work) -> str | None:
    """The item's currency; changes and invoices have their commitment's."""
    if item.currency or not item.total:
        return item.currency
    parent = work.find(item.parent_id, lock=False)
    return parent.currency if parent else None


def erp_of(company: Company, work: Work) -> str:
    """How people call the company's ERP."""
    entry = work.directory.connection_of(company.key)
    try:
        return profile_of(entry.connector, entry.profile).title if entry else "the ERP"
    except (ConfigurationError, LookupError):  # its connector is not installed in this process
        return "the ERP"
