"""What a bookkeeper of Harbor Builders wrote into the ERP by hand, before there was a gate."""

from typing import Any, Final

from gatepost_sandbox.books import Books
from gatepost_sandbox.kinds import Kind

_PROJECT: Final = {"number": "24-007", "title": "Old Mill refit", "name": "Old Mill refit"}
_ORDERS: Final[tuple[dict[str, Any], ...]] = (
    {
        "number": "SC-0907",
        "title": "Mill roof, slates and flashings",
        "total": "48210.00",
        "lines": [{"description": "Slates, delivered and laid", "amount": "48210.00"}],
    },
    {
        "number": "SC-0911",
        "title": "Scaffold, north gable",
        "total": "7350.00",
        "lines": [{"description": "Scaffold, six weeks", "amount": "7350.00"}],
    },
)


def write_by_hand(books: Books) -> None:
    """A job and two orders under it, which nobody has sent: a Refresh finds them."""
    job = books.enter(Kind.PROJECT, dict(_PROJECT))
    for order in _ORDERS:
        books.enter(Kind.COMMITMENT, {**order, "parent": job["id"]})
