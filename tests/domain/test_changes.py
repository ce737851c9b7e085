"""What changed between two revisions: a table of documents before and after."""

from copy import deepcopy
from typing import Any, get_args, get_origin

import pytest

from gatepost.domain import content
from gatepost.domain.changes import AMOUNTS, Change, changes, in_words

LINE_1 = {"external_id": "l-1", "cost_code": "05-120", "amount": "12000.00"}
LINE_2 = {"external_id": "l-2", "cost_code": "05-130", "amount": "400.00"}
BEFORE = {
    "number": "SC-1",
    "content": {"vendor": "v-7", "total": "12400.00", "lines": [LINE_1, LINE_2]},
}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, []),
        ({"a": "x"}, {"a": "x"}, []),
        ({"a": "x"}, {"a": "y"}, [("a", "x", "y")]),
        ({}, {"a": "y"}, [("a", None, "y")]),  # it was not there
        ({"a": "x"}, {}, [("a", "x", None)]),  # it is gone
        ({"a": ""}, {}, []),  # empty and not there are the same
        ({"a": None}, {"a": []}, []),
        ({"a": 0}, {}, [("a", 0, None)]),  # nought and no are values
        ({"a": False}, {"a": True}, [("a", False, True)]),
        ({"a": 1}, {"a": "1"}, [("a", 1, "1")]),  # another type is another value
        # amounts are compared as amounts, codes as text
        ({"amount": "400"}, {"amount": "400.00"}, []),
        ({"amount": "400"}, {"amount": "401"}, [("amount", "400", "401")]),
        ({"amount": "NaN"}, {"amount": "x"}, [("amount", "NaN", "x")]),
        ({"number": "0012"}, {"number": "12"}, [("number", "0012", "12")]),
        ({"cost_code": "5.10"}, {"cost_code": "5.1"}, [("cost_code", "5.10", "5.1")]),
        # documents within
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, [("a.b.c", 1, 2)]),
        ({"a": {"b": 1}}, {"a": "b"}, [("a", {"b": 1}, "b")]),
        # lists of what has no name: by place
        ({"a": ["x", "y"]}, {"a": ["x", "z"]}, [("a[1]", "y", "z")]),
        ({"a": ["x"]}, {"a": ["x", "z"]}, [("a[1]", None, "z")]),
        # lines: by name, wherever they stand
        ({"lines": [LINE_1, LINE_2]}, {"lines": [LINE_2, LINE_1]}, []),
        ({"lines": [LINE_1, LINE_2]}, {"lines": [LINE_2]}, [("lines[l-1]", LINE_1, None)]),
        ({"lines": [LINE_2]}, {"lines": [LINE_1, LINE_2]}, [("lines[l-1]", None, LINE_1)]),
        (
            {"lines": [{"commitment_line": "l-1", "amount": "1"}]},
            {"lines": [{"commitment_line": "l-1", "amount": "2"}]},
            [("lines[l-1].amount", "1", "2")],
        ),
        # two lines of one name have none: by place
        ({"lines": [LINE_1, LINE_1]}, {"lines": [LINE_1, LINE_2]},
         [("lines[1].external_id", "l-1", "l-2"), ("lines[1].cost_code", "05-120", "05-130"),
          ("lines[1].amount", "12000.00", "400.00")]),
    ],
)  # fmt: skip
def test_what_differs_is_named_with_what_it_was_and_is(
    before: dict[str, Any], after: dict[str, Any], found: list[tuple[str, Any, Any]]
) -> None:
    assert changes(before, after) == [Change(*each) for each in found]


def test_a_corrected_commitment_tells_each_field() -> None:
    after = deepcopy(BEFORE)
    after["content"]["lines"][0]["cost_code"] = "05-125"  # type: ignore[index]
    after["content"]["vendor"] = "v-9"  # type: ignore[index]
    after["number"] = "SC-2"
    assert changes(BEFORE, after) == [
        Change("number", "SC-1", "SC-2"),
        Change("content.vendor", "v-7", "v-9"),
        Change("content.lines[l-1].cost_code", "05-120", "05-125"),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("title", "A", "B"), "title: was A, now B"),
        (Change("content.vendor", None, "v-9"), "vendor: added, v-9"),
        (Change("content.retainage_percent", "10", None), "retainage percent: gone, was 10"),
        (Change("content.lines[l-1].unit_cost", "1", "2"), "line l-1, unit cost: was 1, now 2"),
        (Change("content.lines[l-1]", LINE_1, None), "line l-1: gone, was 05-120, 12000.00"),
        (Change("content.cost_codes", None, ["01", "02"]), "cost codes: added, 01, 02"),
        (Change("title", "A" * 41, "B" * 40), f"title: was {'A' * 39}…, now {'B' * 40}"),
        (Change("x" * 61, 0, False), f"{'x' * 59}…: was 0, now False"),
    ],
)
def test_a_change_in_words_is_short(change: Change, words: str) -> None:
    assert in_words(change) == words


def test_neither_document_is_changed() -> None:
    before, after = deepcopy(BEFORE), {**deepcopy(BEFORE), "number": "SC-2"}
    changes(before, after)
    assert before == BEFORE
    assert after == {**BEFORE, "number": "SC-2"}


def test_every_amount_of_the_contents_is_compared_as_one() -> None:
    kinds = [*content.CONTENT.values(), content.CostLine, content.InvoiceLine]
    amounts = {
        name
        for kind in kinds
        for name, hint in kind.__annotations__.items()
        if content.DecimalString in _parts(hint)
    }
    assert amounts == AMOUNTS


def _parts(hint: Any) -> set[Any]:  # noqa: ANN401 - a type hint
    """All that a type hint is made of."""
    if get_origin(hint) is None:
        return {hint}
    return {hint, *(part for each in get_args(hint) for part in _parts(each))}
