"""Selecting: all that a filter matches, to decide on it at once: as many as were seen, or none."""

from typing import Final

from gatepost.domain.errors import Conflict, TooMany
from gatepost.domain.items import Item
from gatepost.ledger import listing
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import LARGEST_PAGE, ItemFilter

MOST: Final = 2000  # items one filter may match


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
