"""Drift: what counts as a difference between what was written and what the ERP has."""

from typing import Any, Final

import pytest

from gatepost.domain.drift import MOST, differences

LINE: Final = {"external_id": "l-1", "amount": "10.00"}

# what Gatepost wrote, what the ERP has, the fields that differ
CASES: Final[list[tuple[dict[str, Any], dict[str, Any], list[str]]]] = [
    ({"title": "Steel"}, {"title": "Steel"}, []),
    ({"title": "Steel"}, {"title": "Piles"}, ["title"]),
    ({"title": "Steel"}, {"title": " Steel "}, []),  # a space is no difference
    ({"title": "Steel"}, {"title": None}, ["title"]),  # it was cleared
    ({"title": "Steel"}, {}, []),  # the connector does not read it back
    ({"title": ""}, {"title": "Piles"}, []),  # left empty: it is the ERP's own
    ({"number": None}, {"number": "PRJ-1"}, []),  # the ERP gave it
    ({}, {"memo": "by hand"}, []),  # Gatepost never wrote one
    ({"total": "10.00"}, {"total": "10"}, []),  # zeros
    ({"total": "10.00"}, {"total": 10}, []),  # a number is as good as its text
    ({"total": "10.00"}, {"total": "10.01"}, ["total"]),
    ({"code": "NaN"}, {"code": "NaN"}, []),  # no number, though it reads like one
    ({"address": {"city": "Oslo"}}, {"address": {"city": "Bergen"}}, ["address.city"]),
    ({"cost_codes": ["a", "b"]}, {"cost_codes": ["a"]}, ["cost_codes"]),
    ({"lines": [LINE]}, {"lines": [{**LINE, "id": "PO-1-1"}]}, []),
    ({"lines": [LINE]}, {"lines": [{**LINE, "amount": "11"}]}, ["lines[l-1].amount"]),
    ({"lines": [LINE]}, {"lines": []}, ["lines"]),  # all of them are gone
    ({"lines": [LINE]}, {"lines": [LINE, {"amount": "1"}]}, ["lines[2]"]),  # one was added
    ({"lines": [LINE, {**LINE, "external_id": "l-2"}]}, {"lines": [LINE]}, ["lines[l-2]"]),
    ({"lines": [LINE, LINE]}, {"lines": [LINE, LINE]}, []),  # the same id twice
]


@pytest.mark.parametrize(("written", "found", "fields"), CASES)
def test_only_what_both_know_and_gatepost_wrote_can_differ(
    written: dict[str, Any], found: dict[str, Any], fields: list[str]
) -> None:
    assert [each.field for each in differences(written, found)] == fields


def test_a_difference_says_what_either_has() -> None:
    (found,) = differences({"total": "10.00"}, {"total": "12.00"})
    assert (found.ours, found.theirs) == ("10.00", "12.00")


def test_a_record_that_differs_everywhere_is_not_written_out_in_full() -> None:
    ours = {str(number): "a" for number in range(MOST + 20)}
    assert len(differences(ours, dict.fromkeys(ours, "b"))) == MOST
