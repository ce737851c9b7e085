"""How things are named on the command line: items by their id, or as ``company/kind/external_id``."""

from typing import TYPE_CHECKING
from uuid import UUID

from gatepost.cli.talking import Exit, fail

if TYPE_CHECKING:
    from gatepost.ledger.ledger import Ledger


def item_id_of(name: str) -> str:
    """The id of an item that is named either way; it is not said that there is such an item."""
    from gatepost.domain.kinds import ItemRef, Kind

    company, _, rest = name.partition("/")
    kind, _, external_id = rest.partition("/")
    if company and kind in set(Kind) and external_id and "/" not in external_id:
        return ItemRef(company, Kind(kind), external_id).item_id
    return uuid_of(name, f"{name} names no item: write its id, or company/kind/external_id")


def uuid_of(text: str, otherwise: str) -> str:
    """An id as the ledger writes it; the command ends with ``otherwise`` where it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        fail(otherwise, Exit.NOT_ALLOWED)


def must_be_known(ledger: "Ledger", company: str | None) -> None:
    """Pass, or refuse a company the directory does not have: an empty list would hide the typo.

    Raises:
        NotFound: there is none of that key.

    """
    if company is not None:
        ledger.directory().company(company)
