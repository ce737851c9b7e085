"""An item as a JSON document: the same in the API, on the command line, and in the events."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from gatepost.domain.changes import Change
from gatepost.domain.items import Item
from gatepost.domain.lists import list_of
from gatepost.domain.people import Company, Person
from gatepost.domain.permissions import Permission, for_nobody, permissions
from gatepost.ledger.reading import CauseGroup, ItemPage

_MONEY: Final = frozenset(
    {"total", "currency", "content", "changed_since_rejection", "changed_since_sync"} | {"drift"}
)
_OF_AN_ATTEMPT: Final = (
    "number",
    "revision",
    "connection",
    "started_at",
    "finished_at",
    "outcome",
    "erp_code",
    "message",
)
_OF_HISTORY: Final = ("at", "what", "revision", "by", "channel", "comment", "detail")
_OF_A_MAIL: Final = (
    "id",
    "template",
    "revision",
    "recipient",
    "recipient_name",
    "status",
    "reason",
    "subject",
    "created_at",
    "sent_at",
)


def summary(item: Item, *, with_money: bool = True) -> dict[str, Any]:
    """What a list shows of an item."""
    document = {
        "item_id": item.id,
        "company": item.company,
        "kind": item.kind,
        "external_id": item.external_id,
        "revision": item.revision,
        "state": item.state,
        "badge": item.badge.colour,
        "moving": item.badge.moving,
        "editable": item.badge.editable,
        "list": list_of(item.state, linked=item.is_linked),
        "number": item.number,
        "title": item.title,
        "project": item.project,
        "parent": item.parent,
        "parent_id": item.parent_id,
        "total": item.total,
        "currency": item.currency,
        "created_by": {"email": item.created_by, "name": item.created_by_name},
        "sent_by": {"email": item.sent_by, "name": item.sent_by_name},
        "url": item.url,
        "waits_for": item.waits_for,
        "tries": item.attempts,
        "cause": cause(item),
        "drifted": item.drift is not None,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
    }
    return document if with_money else _without_money(document)


def standing(item: Item) -> dict[str, Any]:
    """Where it stands: what a decision that is refused may have missed."""
    names = ("item_id", "revision", "state", "badge", "editable")
    decided = {"decided_by": item.decided_by or None}
    return {**_only(names, summary(item, with_money=False)), **decided}


def full(page: ItemPage, *, with_money: bool = True) -> dict[str, Any]:
    """Everything that is known of an item."""
    item = page.item
    document = {
        **summary(item),
        "status": item.status,
        "source": item.source,
        "decision": _decision(item),
        "first_approval": asdict(item.first_approval) if item.first_approval else None,
        "entries": item.entries,
        "origin": origin(item),
        "synced_revision": item.synced_revision,
        "drift": item.drift,
        "rejection": _rejection(item),
        "content": page.content,
        "changed_since_rejection": _changes(page.changed_since_rejection),
        "changed_since_sync": _changes(page.changed_since_sync),
        "history": [_only(_OF_HISTORY, row) for row in page.history],
        "attempts": [_only(_OF_AN_ATTEMPT, row) for row in page.attempts],
        "mails": [mail(row, with_money=with_money) for row in page.mails],
    }
    return document if with_money else _without_money(document)


def mail(row: Mapping[str, Any], *, with_money: bool = True) -> dict[str, Any]:
    """A mail as lists show it; its subject may name an amount."""
    names = _OF_A_MAIL if with_money else tuple(name for name in _OF_A_MAIL if name != "subject")
    return _only(names, row)


def may(item: Item, person: Person | None, company: Company) -> dict[str, Any]:
    """Each step with its answer; where nobody is named, nobody may do anything."""
    found = permissions(item, person, company) if person else for_nobody(item)
    return {each.step.value: _answer(each) for each in found}


def cause(item: Item) -> dict[str, Any] | None:
    """Why its export failed, in the words of the event ``item.failed``."""
    if item.cause is None:
        return None
    document = asdict(item.cause)
    document["class"] = document.pop("cls")
    return document


def origin(item: Item) -> dict[str, Any] | None:
    """Its record in the ERP, in the words of the event ``item.synced``."""
    found = item.origin
    if found is None:
        return None
    lines = [{"external_id": name, "id": line_id} for name, line_id in found.lines]
    return {"id": found.id, "code": found.code, "data": found.data, "lines": lines}


def cause_group(group: CauseGroup) -> dict[str, Any]:
    """Failures alike."""
    document = asdict(group.cause)
    document["class"] = document.pop("cls")
    return {
        **document,
        "count": group.count,
        "first_at": group.first_at,
        "last_at": group.last_at,
    }


def _answer(permission: Permission) -> dict[str, Any]:
    if permission.allowed:
        return {"allowed": True}
    return {
        "allowed": False,
        "why_not": permission.why_not,
        "who_can_fix": permission.who_can_fix,
    }


def _decision(item: Item) -> dict[str, Any] | None:
    if item.decision is None:
        return None
    return {
        "decision": item.decision,
        "by": item.decided_by,
        "by_name": item.decided_by_name,
        "at": item.decided_at,
        "revision": item.decided_revision,
        "comment": item.comment,
        "reason_code": item.reason_code,
    }


def _rejection(item: Item) -> dict[str, Any] | None:
    """The reject that a resend answers, until the ERP has the item."""
    return asdict(item.rejection) if item.rejection else None


def _changes(found: Sequence[Change] | None) -> list[dict[str, Any]] | None:
    return None if found is None else [asdict(change) for change in found]


def _only(names: tuple[str, ...], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _without_money(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _MONEY}
