"""Correcting: a failed export is tried again, perhaps with other entries than were accepted.

What two have accepted is corrected by two: the first corrects it, and it stays failed; the second
retries it as it is then. Meanwhile nobody exports it with entries that only one has seen.
"""

from dataclasses import replace
from datetime import datetime

from gatepost.domain.amounts import Approval, takes_two
from gatepost.domain.errors import NotAllowed
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, Person


def retry(
    item: Item, by: Person, entries: dict[str, str], shown: str, company: Company, at: datetime
) -> bool:
    """Export it again, or note its correction by the first of two. False when nothing is new.

    Args:
        item: what failed.
        by: who asks.
        entries: all of them, where any is corrected; else none.
        shown: the hash of the record that was looked at, if any was.
        company: its company.
        at: when.

    Raises:
        NotEntitled: neither an approver for the kind nor an operator; to correct it takes all that it
            takes to accept it.
        NotAllowed: it has not failed, or the first of two corrected it otherwise.

    """
    if not may_retry(item, by, company, corrects=bool(entries)):
        return False
    if entries or item.first_approval:
        if takes_two(item.total, company.settings):
            first = item.first_approver(company)
            if first is None or first == by:
                return _correct(item, by, entries, shown, at)
            _must_agree(first, item, entries, shown)
            shown = shown or item.preview_hash
        item.entries = entries or item.entries
    item.retry(by, {}, at)
    item.preview_hash = shown
    return True


def may_retry(item: Item, by: Person, company: Company, *, corrects: bool) -> bool:
    """Whether there is something to try again, and they may; it may be under way already.

    Raises:
        NotEntitled, NotAllowed: as :func:`retry`.

    """
    if corrects or (item.state is State.FAILED and item.first_approval):
        item.must_be_acceptable_to(by, company)
    return replace(item).retry(by, {}, item.updated_at)


def _correct(item: Item, by: Person, entries: dict[str, str], shown: str, at: datetime) -> bool:
    is_known = item.first_approval is not None and item.first_approval.by == by.email
    if is_known and (not entries or entries == item.entries):
        return False
    item.entries, item.preview_hash = entries or item.entries, shown
    item.first_approval, item.updated_at = Approval.of(by, at), at
    item.waits_for = f"a second approver: {by.name} has corrected it"
    return True


def _must_agree(first: Person, item: Item, entries: dict[str, str], shown: str) -> None:
    saw_another = shown and item.preview_hash and shown != item.preview_hash
    if saw_another or (entries and entries != item.entries):
        raise NotAllowed.because(
            f"{first.name} has corrected it with other entries; two approvers accept the same",
            field="entries",
            who_can_fix="the approver: retry it as it is, or reject it",
        )
