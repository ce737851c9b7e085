"""Which items are suggested for a record of the ERP."""

from typing import Any, Final

import pytest

from gatepost.domain.erp_records import RecordKind, RecordState, StagedRecord
from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.matching import MOST, Matching
from tests.domain.making import AT, item

MARK: Final = "0e0c2d5e-1f0f-5a6f-9a52-0d8f5a3f7a11"


def record(code: str = "", name: str = "", **changes: Any) -> StagedRecord:
    values: dict[str, Any] = {
        "id": "r-1",
        "company": "acme",
        "connection": "books",
        "kind": RecordKind.COMMITMENT,
        "origin_id": "PO-1",
        "origin": Origin("PO-1", code),
        "name": name,
        "parent": None,
        "mark": None,
        "data": {},
        "state": RecordState.READY_TO_IMPORT,
        "item_id": None,
        "generation": 1,
        "gone": False,
        "first_seen_at": AT,
        "last_seen_at": AT,
    }
    return StagedRecord(**{**values, **changes})


def known(item_id: str, number: str, title: str, kind: Kind = Kind.COMMITMENT) -> Item:
    return item(kind, id=item_id, number=number, title=title)


ITEMS: Final = [
    known(MARK, "SC-1001", "Steel erection, tower B"),
    known("i-2", "SC-1002", "Steel erection, tower C"),
    known("i-3", "SC-1003", "Painting"),
    known("i-4", "SC-1001", "Steel erection, tower B", Kind.CHANGE_ORDER),
]


@pytest.mark.parametrize(
    ("of", "suggested"),
    [
        (record("SC-1003", "Something else"), [("i-3", "number")]),
        (record("sc-1003"), [("i-3", "number")]),  # in any case
        (record("", "steel erection tower b"), [(MARK, "name"), ("i-2", "name")]),
        (record("SC-1003", mark=MARK), [(MARK, "mark"), ("i-3", "number")]),  # the mark first
        (record("PO-7", "Groundworks"), []),
        (record("", "Painting of nothing like it, a very long name"), []),  # a word is too little
        (record("SC-1001", kind=RecordKind.INVOICE), []),  # no item of its kind
    ],
)
def test_a_mark_a_number_and_a_like_name_are_suggested_in_this_order(
    of: StagedRecord, suggested: list[tuple[str, str]]
) -> None:
    found = Matching(ITEMS).suggestions(of)
    assert [(each.item_id, each.why) for each in found] == suggested


def test_only_a_few_are_suggested() -> None:
    many = [known(f"i-{number}", "SC-1", "Steel") for number in range(10)]
    assert len(Matching(many).suggestions(record("SC-1", "Steel"))) == MOST
