"""Failing: the mail that says what could not be exported, grouped by cause.

One wrong account fails a hundred items alike: whoever mends it wants to read of it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gatepost.domain.items import Cause, Item
from gatepost.domain.people import Company
from gatepost.ledger.work import Work
from gatepost_notifier.item_facts import ItemFacts, currency_of, erp_of, facts_of
from gatepost_notifier.reasons import why_failures
from gatepost_notifier.rendering import Rendered, render
from gatepost_notifier.settings import public_url
from gatepost_notifier.wording import one_line, paragraph, times

MOST_LISTED: Final = 24  # items named in one mail, which says how many more there are
MOST_CAUSES: Final = 6  # causes with their items; the rest is counted


@dataclass(frozen=True, slots=True)
class Failed:
    """One item that failed, and how often it was tried."""

    item: ItemFacts
    tried: str


@dataclass(frozen=True, slots=True)
class CauseFacts:
    """What a template may say of a cause: what the ERP said, who can fix it, what it stopped."""

    cause: str
    erp_code: str
    who_can_fix: str
    failed: list[Failed]
    count: int

    @property
    def more(self) -> int:
        """Items of this cause that are not named."""
        return self.count - len(self.failed)


def failures(email: str, items: Sequence[Item], company: Company, work: Work) -> Rendered:
    """Write the mail about failed exports for one person, the largest cause first."""
    alike: dict[str, list[Item]] = {}
    for item in items:
        alike.setdefault(_cause(item).key, []).append(item)
    largest = sorted(alike.values(), key=len, reverse=True)[:MOST_CAUSES]
    share = max(1, MOST_LISTED // len(largest))
    work.load((item.parent_id for each in largest for item in each[:share]), lock=False)
    return render(
        "failed_export",
        groups=[_group(each, share, email, company, work) for each in largest],
        count=len(items),
        causes=len(alike),
        company=one_line(company.name),
        erp=erp_of(company, work),
        lists=public_url(),
        why=why_failures(email, items, company),
    )


def _group(
    items: Sequence[Item], share: int, email: str, company: Company, work: Work
) -> CauseFacts:
    cause = _cause(items[-1])
    named = [
        Failed(facts_of(item, company, email, currency_of(item, work)), times(item.attempts))
        for item in items[:share]
    ]
    return CauseFacts(
        cause=paragraph(cause.message, 2000 if len(items) == 1 else 300),
        erp_code=one_line(cause.erp_code, 80),
        who_can_fix=paragraph(cause.who_can_fix, 500 if len(items) == 1 else 200),
        failed=named,
        count=len(items),
    )


def _cause(item: Item) -> Cause:
    return item.cause or Cause("", "", "the ERP gave no reason", "an operator")
