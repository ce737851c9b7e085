"""The daily summary as its reader gets it: what waits, and what changed in what was rejected before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gatepost.domain.changes import Change
from gatepost.domain.decisions import Rejection
from gatepost.domain.people import Company
from gatepost.ledger.work import Work
from gatepost_notifier.awaiting import Awaiting
from gatepost_notifier.item_facts import ItemFacts, currency_of
from gatepost_notifier.reasons import why_summary
from gatepost_notifier.rendering import Rendered, render
from gatepost_notifier.review_links import ReviewLinks
from gatepost_notifier.settings import public_url
from gatepost_notifier.wording import difference, one_line

MOST_CHANGES: Final = 4  # told of one item; its page has them all
MOST_TOLD: Final = 24  # changes told in one mail


@dataclass(frozen=True, slots=True)
class Entry:
    """An item that waits. ``resent`` says that it is back after a reject, ``changes`` with what."""

    item: ItemFacts
    resent: str = ""
    changes: tuple[str, ...] = ()
    more: str = ""  # changes that are not told


def digest(
    email: str,
    awaiting: Awaiting,
    company: Company,
    changed: dict[str, list[Change]],
    work: Work,
    mail_id: str,
) -> Rendered:
    """Write the summary for one person."""
    links = ReviewLinks(mail_id, email, company, work)
    entries: list[Entry] = []
    left = MOST_TOLD
    for item in (work.find(item_id, lock=False) for item_id in awaiting.named):
        if item is None:
            continue
        facts = links.facts_of(item, currency_of(item, work))
        entry = _entry(facts, item.rejection, changed.get(item.id, []), min(left, MOST_CHANGES))
        left -= len(entry.changes)
        entries.append(entry)
    return render(
        "summary",
        entries=entries,
        how=links.how,
        count=awaiting.count,
        company=one_line(company.name),
        lists=public_url(),
        why=why_summary(company),
    )


def _entry(
    facts: ItemFacts, rejection: Rejection | None, changes: Sequence[Change], most: int
) -> Entry:
    if rejection is None:
        return Entry(facts)
    resent = f"resent after it was rejected by {one_line(rejection.by_name or rejection.by, 80)}"
    if not changes:
        return Entry(facts, f"{resent}; nothing was changed")
    told = tuple(difference(change) for change in changes[:most])
    left = len(changes) - len(told)
    return Entry(facts, resent, told, _more(left, told=bool(told)) if left else "")


def _more(left: int, *, told: bool) -> str:
    noun = "change" if left == 1 else "changes"
    return f"and {left} more {noun}" if told else f"{left} {noun}"
