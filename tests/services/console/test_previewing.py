"""A preview: the record with what must be entered in it, and all that stands against writing it."""

from typing import Any

import pytest

from gatepost.domain.errors import StaleDecision
from gatepost.ledger import tables
from gatepost.ledger.admission import examine_again
from gatepost.ledger.previewing import must_be_as_shown, preview
from tests.services.desk import Desk, desk, empty_ledger

__all__ = ["desk", "empty_ledger"]

QUICKBOOKS = "quickbooks_desktop"


def shown(desk: Desk, kind: str = "commitment", **entries: str) -> dict[str, Any]:
    with desk.ledger.work() as work:
        return preview(work.item(desk.item(kind).id), entries, work)


def errors(seen: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each.field, each.rule) for each in seen["errors"]]


def test_what_must_be_entered_and_is_known_stands_in_the_record(desk: Desk) -> None:
    # Given an ERP that must be told a number
    desk.set_up(profile=QUICKBOOKS)
    desk.sends()
    # When it is looked at without a word, then the number is in it, and entering it changes nothing
    seen = shown(desk)
    assert seen["errors"] == []
    assert seen["preview_hash"] == shown(desk, erp_number="SC-1001")["preview_hash"]
    assert seen["preview_hash"] != shown(desk, erp_number="SC-7")["preview_hash"]
    # And an acceptance of what was shown is taken
    with desk.ledger.work() as work:
        must_be_as_shown(work.item(desk.item().id), {}, seen["preview_hash"], work)
    assert desk.asks("accept", revision=1, preview_hash=seen["preview_hash"]).outcome == "done"
    assert desk.item().entries == {"erp_number": "SC-1001"}
    assert desk.item().preview_hash == seen["preview_hash"]


def test_a_company_without_prefill_is_shown_what_lacks(desk: Desk) -> None:
    desk.set_up(profile=QUICKBOOKS, prefill=[])
    desk.sends()
    assert errors(shown(desk)) == [("entries.erp_number", "missing")]
    assert errors(shown(desk, erp_number="SC-1")) == []


def test_the_errors_of_a_preview_are_those_of_the_entries_and_of_the_rules(desk: Desk) -> None:
    # Given a commitment whose vendor is linked no more
    desk.set_up(profile=QUICKBOOKS)
    desk.sends()
    before = shown(desk)["preview_hash"]
    desk.set_up(profile=QUICKBOOKS, less='origin = "V-100"')
    # When it is looked at with entries that are wrong, then all of it is said
    seen = shown(desk, erp_number="x" * 12, colour="red")
    assert set(errors(seen)) == {
        ("entries.erp_number", "max_length"),
        ("entries.colour", "unknown_entry"),
        ("content.vendor", "vendor_linked"),
    }
    # And what was looked at before is not what would be written now
    with desk.ledger.work() as work, pytest.raises(StaleDecision):
        must_be_as_shown(work.item(desk.item().id), {}, before, work)


def test_what_an_earlier_release_took_is_a_problem_and_no_fault(desk: Desk) -> None:
    # Given an item whose stored content is of a shape that is taken no more
    desk.sends()
    outdated = {"vendor": "v-7", "total": 12400, "lines": [{"id": "l-1"}]}
    with desk.ledger.work() as work:
        stored = tables.revisions.c.item_id == desk.item().id
        work.connection.execute(tables.revisions.update().where(stored).values(content=outdated))
    # When it is examined again, then every place is named, and nothing is raised
    with desk.ledger.work() as work:
        problems = examine_again(work.item(desk.item().id), outdated, work)
    assert {(each.field, each.rule) for each in problems} == {
        ("content.contract_type", "missing"),
        ("content.currency", "missing"),
        ("content.total", "string_type"),
        ("content.lines[0].external_id", "missing"),
        ("content.lines[0].amount", "missing"),
    }
