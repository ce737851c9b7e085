"""A record of an ERP as a JSON document: the same in the API and on the command line."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gatepost.domain.erp_records import StagedRecord, Suggestion
from gatepost.domain.errors import Refusal
from gatepost.domain.linking import must_keep_lists
from gatepost.domain.people import Person
from gatepost.messages.requests import RecordAction


def document(
    record: StagedRecord, suggestions: Sequence[Suggestion] = (), *, with_money: bool = True
) -> dict[str, Any]:
    """What is shown of a record. ``data`` holds amounts, so it goes with the right to see them."""
    found = {
        "id": record.id,
        "company": record.company,
        "connection": record.connection,
        "kind": record.kind,
        "state": record.state,
        "origin": {"id": record.origin_id, "code": record.origin.code, "data": record.origin.data},
        "number": record.origin.code,
        "name": record.name,
        "parent": record.parent,
        "mark": record.mark,
        "item_id": record.item_id,
        "gone": record.gone,
        "first_seen_at": record.first_seen_at,
        "last_seen_at": record.last_seen_at,
        "suggestions": [asdict(each) for each in suggestions],
    }
    return {**found, "data": record.data} if with_money else found


def may(record: StagedRecord, person: Person) -> dict[str, Any]:
    """What a person may do with a record now and, where not, why and who can change that."""
    return {action.value: _answer(action, record, person) for action in RecordAction}


def _answer(action: RecordAction, record: StagedRecord, person: Person) -> dict[str, Any]:
    try:
        if action in (RecordAction.IMPORT, RecordAction.LINK):
            record.must_be_free(person)
        else:
            must_keep_lists(person)
            record.must_be_movable(archived=action is RecordAction.UNARCHIVE)
    except Refusal as refusal:
        first = refusal.problems[0]
        return {"allowed": False, "why_not": first.message, "who_can_fix": first.who_can_fix}
    return {"allowed": True}
