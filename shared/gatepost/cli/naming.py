"""How items are named on the command line: by their id, or as ``company/kind/external_id``."""

from uuid import UUID

from gatepost.cli.talking import Exit, fail


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
