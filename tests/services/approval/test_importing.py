"""Importing: what is done with a record of the ERP, and what is refused, to whom, and why."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from gatepost.domain.changes import Change
from gatepost.domain.erp_records import RecordKind, RecordState
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost.domain.lifecycle import State
from gatepost.ledger import erp_records, reading, tables
from gatepost.ledger.asking import Outcome
from gatepost.messages.requests import DecideRecord, RecordAction
from tests.domain.test_matching import record
from tests.services.desk import ANN, OMAR, RITA, UMA, Desk, item_id

Staged = Callable[..., str]


@pytest.fixture
def staged(desk: Desk) -> Staged:
    """Stages a record as a refresh does; gives its id."""

    def stage(origin_id: str = "PO-7", **changes: Any) -> str:
        kind = changes.get("kind", RecordKind.COMMITMENT)
        known = erp_records.record_id("acme", "books", kind, origin_id)
        origin = Origin(origin_id, "SC-7", "3")
        made = record(id=known, origin_id=origin_id, **{"origin": origin, **changes})
        with desk.ledger.work() as work:
            work.add(tables.erp_records, **erp_records.to_row(made))
        return known

    return stage


def asks(desk: Desk, record_id: str, action: RecordAction, by: str = ANN, **more: Any) -> Outcome:
    request = DecideRecord(
        record_id=record_id, action=action, by=by, channel="page", answered=True, **more
    )
    with desk.ledger.work() as work:
        message_id = work.send(request)
    desk.settle()
    (row,) = desk.rows(tables.answers, tables.answers.c.message_id == message_id)
    problems = tuple(FieldProblem(**each) for each in row["problems"])
    return Outcome(message_id, request.item_id, row["outcome"], problems)


def test_a_failed_export_that_the_erp_has_after_all_is_linked(desk: Desk, staged: Staged) -> None:
    # Given a commitment whose export failed with an unknown outcome, and the record it left
    desk.sends()
    desk.asks("accept", revision=1)
    desk.fails()
    known = staged(mark=item_id())

    # When an approver links the two
    assert asks(desk, known, RecordAction.LINK, item_id=item_id()).outcome == "done"

    # Then it is synced as that record, its failure is forgotten, and everybody is told
    item = desk.item("commitment")
    assert (item.state, item.origin, item.cause) == (
        State.SYNCED,
        Origin("PO-7", "SC-7", "3"),
        None,
    )
    assert desk.facts()[-1] == "synced"
    assert desk.told[-1]["data"]["origin"] == {
        "id": "PO-7",
        "code": "SC-7",
        "data": "3",
        "lines": [],
    }
    assert desk.history()[-1] == ("linked", ANN)
    found = erp_records.record_of(desk.ledger, known)
    assert (found.state, found.item_id) == (RecordState.LINKED, item.id)


def test_what_waited_for_its_parent_goes_on_once_that_is_linked(desk: Desk, staged: Staged) -> None:
    # Given an accepted change order that waits for its commitment
    desk.sends()
    desk.sends("change_order")
    desk.asks("accept", kind="change_order", revision=1)
    assert desk.item("change_order").waits_for
    assert desk.waiting("Export") == []

    # When the commitment is linked to the record the ERP has of it
    asks(desk, staged(), RecordAction.LINK, item_id=item_id())

    # Then the change order is on its way
    assert desk.item("change_order").waits_for == ""
    assert [row["item_id"] for row in desk.waiting("Export")] == [item_id("change_order")]


def test_an_import_is_told_with_the_record_and_the_id_the_source_gives(
    desk: Desk, staged: Staged
) -> None:
    known = staged(name="Piles", data={"total": "500.00", "currency": "USD"})
    assert asks(desk, known, RecordAction.IMPORT, external_id="pm-77").outcome == "done"
    (told,) = [event for event in desk.told if "erp_record" in event["type"]]
    assert told["subject"] == "acme/commitment/pm-77"
    data = told["data"]
    assert data["item_id"] == item_id(external_id="pm-77")
    assert (data["revision"], data["state"], data["editable"], data["by"]) == (
        0,
        "synced",
        False,
        ANN,
    )
    assert data["record"]["data"] == {"total": "500.00", "currency": "USD"}
    item = desk.item("commitment", "pm-77")
    assert (item.total, item.currency, item.number) == ("500.00", "USD", "SC-7")


def test_an_invoice_may_be_sent_against_a_commitment_that_was_imported(
    desk: Desk, staged: Staged
) -> None:
    # Given a commitment whose lines are the ERP's own
    lines = [{"id": "PO-7-1", "amount": 1.0}, {"id": "PO-7-2"}]
    known = staged(data={"lines": lines, "currency": None})
    asks(desk, known, RecordAction.IMPORT, external_id="commitment-1")

    # When an invoice against it is sent, then there is nothing to hold it against
    assert desk.sends("invoice").state is State.SENT


def test_an_import_without_an_id_is_named_after_the_record(desk: Desk, staged: Staged) -> None:
    asks(desk, staged(), RecordAction.IMPORT)
    assert desk.item("commitment", "erp:PO-7").state is State.SYNCED


@pytest.mark.parametrize(
    ("action", "by", "changes", "more", "outcome", "why"),
    [
        (RecordAction.IMPORT, UMA, {}, {}, "not_entitled", "lacks the level Standard"),
        (RecordAction.IMPORT, "x@y.example", {}, {}, "not_entitled", "is not in the directory"),
        (RecordAction.ARCHIVE, RITA, {}, {}, "not_entitled", "lacks the level Standard"),
        (RecordAction.ARCHIVE, OMAR, {}, {}, "not_entitled", "lacks the level Standard"),
        (RecordAction.IMPORT, ANN, {"gone": True}, {}, "not_allowed", "no longer has"),
        (RecordAction.IMPORT, ANN, {"parent": "PRJ-9"}, {}, "not_allowed", "belongs to in the ERP"),
        (RecordAction.IMPORT, ANN, {"kind": RecordKind.INVOICE}, {}, "not_allowed", "belongs to"),
        (RecordAction.IMPORT, ANN, {}, {"external_id": "commitment-1"}, "conflict", "already"),
        (RecordAction.LINK, ANN, {}, {"item_id": item_id("invoice")}, "not_found", "no item"),
        (RecordAction.LINK, ANN, {"kind": RecordKind.PROJECT}, {"item_id": item_id()}, "not_allowed",
         "commitment SC-1001 is a commitment, the record is a project"),
    ],
)  # fmt: skip
def test_every_refusal_says_why_and_who_can_fix_it_and_changes_nothing(
    desk: Desk, staged: Staged, action: RecordAction, by: str, changes: dict[str, Any],
    more: dict[str, str], outcome: str, why: str,
) -> None:  # fmt: skip
    # Given a commitment, and a record of the ERP
    desk.sends()
    known = staged(**changes)
    before = erp_records.record_of(desk.ledger, known)

    # When somebody asks for what cannot be
    found = asks(desk, known, action, by, **more)

    # Then it is refused with a sentence, and nothing has changed
    assert found.outcome == outcome
    assert why in found.problems[0].message
    assert found.problems[0].who_can_fix
    assert erp_records.record_of(desk.ledger, known) == before
    assert desk.item("commitment").state is State.SENT


def test_one_record_is_one_item_s(desk: Desk, staged: Staged) -> None:
    # Given a record that was staged before an item was exported as that very record
    known = staged("PO-1")
    desk.sends()
    desk.asks("accept", revision=1)
    desk.exports()

    # When another item is to be linked to it, or it is to be imported
    desk.sends(external_id="commitment-2", number="SC-2")
    other = item_id(external_id="commitment-2")
    for more in ({"action": RecordAction.LINK, "item_id": other}, {"action": RecordAction.IMPORT}):
        found = asks(desk, known, **more)
        assert found.outcome == "not_allowed"
        assert "is the record of SC-1001" in found.problems[0].message


def test_putting_an_item_away_needs_the_level_and_no_privilege(desk: Desk) -> None:
    desk.sends()
    assert desk.asks("archive").outcome == "not_allowed", "it waits for a decision"
    desk.asks("reject", revision=1, comment="wrong cost code")
    assert desk.asks("archive", by=UMA).outcome == "not_entitled"
    assert desk.asks("archive").outcome == "done"
    assert desk.asks("archive").outcome == "unchanged"
    assert (desk.facts()[-1], desk.told[-1]["data"]["badge"]) == ("archived", "grey")

    assert desk.asks("unarchive").outcome == "done"
    assert desk.item("commitment").state is State.REJECTED
    told = desk.told[-1]["data"]
    assert (desk.facts()[-1], told["editable"], told["comment"]) == (
        "rejected",
        True,
        "wrong cost code",
    )


def test_only_what_is_linked_is_asked_for_in_the_erp(desk: Desk) -> None:
    desk.sends()
    assert desk.asks("unlink").outcome == "not_allowed"
    assert desk.waiting("LookUp") == []


def test_what_the_first_revision_would_overwrite_of_an_imported_record_is_shown(
    desk: Desk, staged: Staged
) -> None:
    # Given a commitment that was imported from the ERP
    of_the_erp = {
        "title": "Steel, old",
        "vendor": "V-100",
        "total": "12400",
        "lines": [{"external_id": "l-1", "amount": "500.00"}, {"amount": "11900.00"}],
        "memo": "of the ERP's own",
    }
    known = staged(data=of_the_erp)
    assert asks(desk, known, RecordAction.IMPORT, external_id="commitment-1").outcome == "done"
    page = reading.item_page(desk.ledger, item_id())
    assert page.changed_since_sync is None, "nothing would be written"

    # When its source sends what it made of it, then what that would overwrite is told
    desk.sends()
    page = reading.item_page(desk.ledger, item_id())
    assert page.changed_since_sync == [
        Change("title", "Steel, old", "Steel erection, tower B"),
        Change("lines[l-1].amount", "500.00", "12400.00"),
        Change("lines[2]", {"amount": "11900.00"}, None),
    ]

    # And it still is when its entries could not be accepted, but not where nothing can be written
    desk.set_up(profile="quickbooks_desktop", prefill=[])
    assert reading.item_page(desk.ledger, item_id()).changed_since_sync
    with desk.ledger.database.transaction() as connection:
        connection.execute(sa.delete(tables.connections))
        connection.execute(
            sa.update(tables.directory_state).values(version=tables.directory_state.c.version + 1)
        )
    assert reading.item_page(desk.ledger, item_id()).changed_since_sync is None


def test_a_record_with_the_mark_of_an_item_that_has_another_is_no_import(
    desk: Desk, staged: Staged
) -> None:
    # Given an item that was exported, and a second record of the ERP that bears its mark
    desk.sends()
    desk.asks("accept", revision=1)
    desk.exports()
    copy = staged("PO-8", mark=item_id())
    anything = staged("PO-9", mark="what others write there")

    # When they are to be imported, then the copy is refused, and it is said what it is
    found = asks(desk, copy, RecordAction.IMPORT)
    assert found.outcome == "not_allowed"
    assert "has the mark of commitment SC-1001" in found.problems[0].message
    assert asks(desk, anything, RecordAction.IMPORT).outcome == "done"
