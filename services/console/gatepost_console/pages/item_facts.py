"""The facts of an item's page: everything somebody decides by, read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Any, Final

import sqlalchemy as sa

from gatepost.connectors.discovery import profile_of
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.amounts import takes_two
from gatepost.domain.erp_records import RECORD_REVISION
from gatepost.domain.items import Item
from gatepost.domain.kinds import PARENT_KIND
from gatepost.domain.lifecycle import State, Step
from gatepost.domain.permissions import Permission, permissions
from gatepost.ledger import item_rows, listing, paging, reading
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import ItemFilter
from gatepost.ledger.revisions import contents_of
from gatepost.ledger.tables import items
from gatepost_console.pages.list_query import ListQuery
from gatepost_console.pages.visiting import Visitor

MOST_CHILDREN: Final = 50
_EXPORTABLE: Final = (State.SENT, State.EXPORTING, State.FAILED, State.SYNCED)
_NOT_SHOWN: Final = frozenset({"lines", "total", "currency", "address"})


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of an item as a table; ``adds_up_to`` is the sum of their amounts."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]
    adds_up_to: str


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Steps that may not be taken, for one reason."""

    steps: str
    why: str
    who_can_fix: str


@dataclass(frozen=True, slots=True)
class Grace:
    """An acceptance can still be taken back: for so many seconds, or until the ERP is called."""

    seconds: int
    by: str


_COLUMNS: Final = (
    ("commitment_line", "Line"),
    ("cost_code", "Cost code"),
    ("cost_type", "Type"),
    ("description", "Description"),
    ("quantity", "Quantity"),
    ("unit", "Unit"),
    ("unit_cost", "Unit cost"),
    ("retainage", "Retainage"),
    ("amount", "Amount"),
)
_WORDS: Final = {
    Step.ACCEPT: "Accept",
    Step.REJECT: "Reject",
    Step.RETRY: "Retry",
    Step.TAKE_BACK: "Take back",
    Step.RETRIEVE: "Retrieve",
    Step.UNLINK: "Unlink",
    Step.ARCHIVE: "Archive",
    Step.UNARCHIVE: "Unarchive",
}


def erp_of(item: Item, ledger: Ledger) -> str:
    """What the item's ERP is called; "the ERP" where its connector is not installed here."""
    entry = ledger.directory().connection_of(item.company)
    try:
        return profile_of(entry.connector, entry.profile).title if entry else "the ERP"
    except (ConfigurationError, LookupError):
        return "the ERP"


def has_preview(item: Item) -> bool:
    """Whether a record is, or is about to be, written of it by Gatepost."""
    return item.state in _EXPORTABLE and item.revision != RECORD_REVISION


def lines_of(content: Mapping[str, Any], parent: Item | None, ledger: Ledger) -> Lines | None:
    """The lines of an item; None where its kind has none. An invoice's are told by what they bill."""
    rows = [each for each in content.get("lines") or () if isinstance(each, Mapping)]
    if parent and any(row.get("commitment_line") for row in rows):
        billed = _descriptions(parent, ledger)
        rows = [
            {"description": billed.get(str(row.get("commitment_line")), ""), **row} for row in rows
        ]
    if not rows:
        return None
    columns = [(key, words) for key, words in _COLUMNS if any(row.get(key) for row in rows)]
    return Lines(columns, rows, _sum(rows))


def _descriptions(commitment: Item, ledger: Ledger) -> dict[str, str]:
    """What each line of a commitment is about, by the id its source gives it."""
    with ledger.work() as work:
        content = contents_of([commitment], work).get(commitment.id, {})
    lines = (each for each in content.get("lines") or () if isinstance(each, Mapping))
    return {str(each.get("external_id")): str(each.get("description") or "") for each in lines}


def content_facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an item says besides its lines, in its source's order."""
    address = content.get("address") or {}
    found = [
        (_label(name), _said(name, value))
        for name, value in content.items()
        if name not in _NOT_SHOWN and isinstance(value, str | int | list) and value
    ]
    if isinstance(address, Mapping):
        parts = [*(address.get("lines") or ()), *(address.get(name) for name in _ADDRESS)]
        if any(parts):
            found.append(("Address", ", ".join(str(part) for part in parts if part)))
    return found


_ADDRESS: Final = ("city", "state", "postal_code", "country")


def may(item: Item, visitor: Visitor) -> dict[str, Permission]:
    """Each step by its name, with its answer for whoever looks."""
    found = permissions(item, visitor.person, visitor.company)
    return {permission.step.value: permission for permission in found}


def why_not(found: Mapping[str, Permission], state: State) -> list[WhyNot]:
    """What may not be done, by reason; an unarchiving is nobody's question but of the archived."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for step, words in _WORDS.items():
        answer = found[step.value]
        if not answer.allowed and (step is not Step.UNARCHIVE or state is State.ARCHIVED):
            grouped.setdefault((answer.why_not, answer.who_can_fix), []).append(words)
    return [WhyNot(", ".join(steps), why, who) for (why, who), steps in grouped.items()]


def grace_of(item: Item, found: Mapping[str, Permission], visitor: Visitor) -> Grace | None:
    """How long the acceptance can be taken back; None where it cannot."""
    if not found[Step.TAKE_BACK.value].allowed or item.decided_at is None:
        return None
    return Grace(seconds_left(item, visitor), item.decided_by_name or item.decided_by)


def seconds_left(item: Item, visitor: Visitor) -> int:
    """How long the exporter still leaves an accepted item alone."""
    if item.decided_at is None:
        return 0
    # What was decided by this very request is younger than the session was looked up.
    passed = max(0.0, (visitor.session.now - item.decided_at).total_seconds())
    return max(0, ceil(visitor.company.settings.grace_seconds - passed))


def approvals_needed(item: Item, visitor: Visitor) -> str:
    """A sentence where it takes two approvers; empty where one is enough."""
    if item.state is not State.SENT or not takes_two(item.total, visitor.company.settings):
        return ""
    first = item.first_approver(visitor.company)
    if first is None:
        return "It takes two approvers: yours is the first acceptance, and exports nothing yet."
    return f"It takes two approvers: {first.name} has accepted it, with the entries below."


def family_of(item: Item, ledger: Ledger) -> tuple[Item | None, list[Item]]:
    """What it hangs under, and what hangs under it, the newest first."""
    parents = reading.items_of(ledger, [item.parent_id] if item.parent_id else [])
    if item.kind not in PARENT_KIND.values():
        return parents.get(item.parent_id or ""), []
    columns = (items.c[name] for name in item_rows.COLUMNS)
    project = item.project or item.external_id
    statement = (
        sa.select(*columns)
        .where(
            items.c.company == item.company,
            items.c.project == project,  # a child belongs to its parent's project
            items.c.parent_id == item.id,
        )
        .order_by(items.c.created_at.desc(), items.c.id.desc())
        .limit(MOST_CHILDREN)
    )
    with ledger.database.reading() as connection:
        children = [item_rows.from_row(row) for row in connection.execute(statement)]
    return parents.get(item.parent_id or ""), children


def next_after(item: Item, query: ListQuery, visitor: Visitor, ledger: Ledger) -> Item | None:
    """The item after this one on the list that led here, else the first there is; None: no other."""
    wanted: ItemFilter = query.item_filter(visitor.company.key, visitor.person.time_zone)
    beyond = paging.cursor_after(item.created_at, item.id, query.sort)
    for cursor, limit in ((beyond, 1), (None, 2)):
        found = listing.page(ledger, wanted, cursor=cursor, limit=limit, order=query.sort)
        for each in found.items:
            if each.id != item.id:
                return each
    return None


def _said(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).replace("_", " ") if name == "contract_type" else str(value)


def _label(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _sum(rows: Sequence[Mapping[str, Any]]) -> str:
    try:
        return str(sum((Decimal(str(row.get("amount") or 0)) for row in rows), Decimal()))
    except InvalidOperation:
        return ""
