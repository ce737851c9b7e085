"""What the ERP looks at before it writes."""

import sqlite3
from typing import Final

from gatepost_sandbox.kinds import Kind
from gatepost_sandbox.records import Record
from gatepost_sandbox.refusals import (
    CustomerNotFound,
    DuplicateNumber,
    ParentNotFound,
    Refused,
    VendorNotFound,
)

_PARENT: Final = "SELECT kind FROM records WHERE id = ?"
_PARTY: Final = "SELECT 1 FROM parties WHERE id = ? AND role = ?"
# A record with the same mark is the same thing written twice, and must not be refused for it:
# the number would hide the double write.
_SAME_NUMBER: Final = """SELECT id FROM records
    WHERE +kind = ? AND number = ? AND id <> ? AND (mark IS NULL OR mark IS NOT ?)"""


def check(books: sqlite3.Connection, kind: Kind, record: Record) -> None:
    """Refuse what real books would not hold."""
    _check_parent(books, kind, record)
    _check_party(books, "vendor", record, VendorNotFound)
    _check_party(books, "customer", record, CustomerNotFound)
    _check_number(books, kind, record)


def _check_parent(books: sqlite3.Connection, kind: Kind, record: Record) -> None:
    parent = record["parent"]
    if parent is None:
        return
    found = books.execute(_PARENT, (str(parent),)).fetchone()
    if found is None or Kind(found[0]) not in kind.parents:
        wanted = " or ".join(kind.parents).replace("_", " ")
        raise ParentNotFound(f"there is no {wanted} {parent}")


def _check_party(
    books: sqlite3.Connection, role: str, record: Record, refusal: type[Refused]
) -> None:
    party = record.get(role)
    if party is not None and books.execute(_PARTY, (str(party), role)).fetchone() is None:
        raise refusal(f"there is no {role} {party}")


def _check_number(books: sqlite3.Connection, kind: Kind, record: Record) -> None:
    named = (kind, record["number"], record["id"], record["mark"])
    if (other := books.execute(_SAME_NUMBER, named).fetchone()) is not None:
        raise DuplicateNumber(f"{kind} number {record['number']} is already used by {other[0]}")
