"""Alerting: the mail that asks an approver for decisions, on one item or on all that wait."""

from collections.abc import Sequence
from typing import Final

from gatepost.domain.items import Item
from gatepost.domain.people import Company
from gatepost.ledger.work import Work
from gatepost_notifier.item_facts import currency_of
from gatepost_notifier.reasons import why_alert
from gatepost_notifier.rendering import Rendered, render
from gatepost_notifier.review_links import ReviewLinks
from gatepost_notifier.settings import public_url
from gatepost_notifier.wording import one_line

MOST_LISTED: Final = 30  # items named in one mail, which says how many more there are


def alert(
    mail_id: str, email: str, items: Sequence[Item], company: Company, work: Work
) -> Rendered:
    """Write the alert for one person. Items are named oldest first."""
    named = items[:MOST_LISTED]
    links = ReviewLinks(mail_id, email, company, work)
    work.load((item.parent_id for item in named if not item.currency), lock=False)
    return render(
        "alert",
        items=[links.facts_of(item, currency_of(item, work)) for item in named],
        how=links.how,  # after the items: they say whether a code will do
        count=len(items),
        company=one_line(company.name),
        lists=public_url(),
        why=why_alert(company),
    )
