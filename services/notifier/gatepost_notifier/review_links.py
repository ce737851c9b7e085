"""Review links: where the mails to approvers lead, to look at an item and decide on it there.

What is written here is a mark; the link itself is filled in when the mail goes over the wire.
"""

from dataclasses import dataclass, replace

from gatepost.domain.amounts import takes_sign_in
from gatepost.domain.items import Item
from gatepost.domain.people import Company, EmailDecisions
from gatepost.ledger import decision_links
from gatepost.ledger.mail_secrets import MailSecrets
from gatepost.ledger.work import Work
from gatepost_notifier.item_facts import ItemFacts, facts_of
from gatepost_notifier.settings import notifier_settings, public_url, secret_key


@dataclass(frozen=True, slots=True)
class HowToDecide:
    """How the reader of a mail decides: without a code they have to be signed in."""

    by_link: bool
    code: str = ""


class ReviewLinks:
    """The links of one mail to one person, and the code that goes with them.

    Args:
        mail_id: the mail's row.
        email: its reader.
        company: whose settings say what a mail lets decide with.
        work: the transaction that writes the mail.

    """

    def __init__(self, mail_id: str, email: str, company: Company, work: Work) -> None:
        self._email = email
        self._company = company
        self._work = work
        self._any_by_code = False
        key = secret_key()
        wanted = company.settings.email_decisions is not EmailDecisions.OFF
        self._secrets = MailSecrets(key, mail_id, email) if key and wanted else None

    def facts_of(self, item: Item, currency: str | None) -> ItemFacts:
        """The facts of an item; its page is the one that the link of this mail shows."""
        facts = facts_of(item, self._company, self._email, currency)
        if self._secrets is None:
            return facts
        days = notifier_settings().decision_link_days
        known = (self._company.key, item.id, item.revision)
        decision_links.put(self._secrets, *known, days, self._work)
        self._any_by_code |= not takes_sign_in(item.total, self._company.settings)
        mark = self._secrets.link_mark(item.id, item.revision)
        return replace(facts, page=f"{public_url()}/r/{mark}")

    @property
    def how(self) -> HowToDecide:
        """What the mail says about deciding, once its items are named."""
        if self._secrets is None:
            return HowToDecide(by_link=False)
        code = self._secrets.code_mark if self._any_by_code else ""
        return HowToDecide(by_link=True, code=code)
