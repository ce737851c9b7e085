"""Selecting: all that a filter matches, to decide on it at once: as many as were seen, or none."""

from dataclasses import replace
from typing import Final

from gatepost.domain.errors import Conflict, TooMany
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import listing
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import LARGEST_PAGE, ItemFilter

MOST: Final = 2000  # items one filter may match


def undecided(wanted: ItemFilter) -> ItemFilter:
    """The same without what somebody accepted already: it stays on its list until the ERP has it."""
    if wanted.state is None and wanted.list in (WorkList.READY_TO_EXPORT, WorkList.READY_TO_UPDATE):
        return replace(wanted, state=State.SENT)
    return wanted


def matching(ledger: Ledger, wanted: ItemFilter) -> list[Item]:
    """All items that match.

    Raises:
        TooMany: they are more than can be decided on at once.

    """
    page = listing.page(ledger, wanted, limit=LARGEST_PAGE)
    found = page.items
    while page.next_cursor and len(found) <= MOST:
        page = listing.page(ledger, wanted, cursor=page.next_cursor, limit=LARGEST_PAGE)
        found += page.items
    if len(found) > MOST:
        raise TooMany.because(
            f"the filter matches more than {MOST} items",
            field="expected",
            who_can_fix="the approver: narrow the filter",
        )
    return found


def must_be_as_many(found: list[Item], expected: int) -> None:
    """Pass, or refuse to decide about what nobody has seen.

    Raises:
        Conflict: the filter matches another number of items than it did.

    """
    if len(found) != expected:
        raise Conflict.because(
            f"the filter matches {len(found)} items by now, not {expected}",
            field="expected",
            who_can_fix="the approver: look at the list again and decide anew",
        )
