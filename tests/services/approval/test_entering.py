"""What an ERP asks for when an item is accepted, whichever way the acceptance comes."""

import pytest
import sqlalchemy as sa

from gatepost.domain.erp_records import RecordKind
from gatepost.domain.lifecycle import State
from gatepost.ledger.asking import Outcome
from gatepost.messages.requests import Action, Decide
from gatepost.runtime.parcels import ParcelHandler
from gatepost_approval import service
from tests.ledger.records import customers, reads_to_the_end
from tests.services.desk import ANN, BO, OMAR, Desk, item_id

QUICKBOOKS = "quickbooks_desktop"


def fields(outcome: Outcome) -> list[tuple[str, str]]:
    return [(problem.field, problem.rule) for problem in outcome.problems]


def test_what_the_erp_does_not_ask_for_is_refused_and_nothing_changes(desk: Desk) -> None:
    desk.sends()
    outcome = desk.asks("accept", revision=1, entries={"erp_numbr": "1", "accounting_date": "soon"})
    assert outcome.outcome == "incomplete"
    assert fields(outcome) == [
        ("entries.erp_numbr", "unknown_entry"),
        ("entries.accounting_date", "date"),
    ]
    assert (desk.item().state, desk.item().entries) == (State.SENT, {})
    assert desk.waiting("Export") == []


def test_what_is_needed_and_known_already_is_not_asked_for(desk: Desk) -> None:
    desk.set_up(profile=QUICKBOOKS)
    desk.sends()
    assert desk.asks("accept", revision=1).outcome == "done"
    assert desk.item().entries == {"erp_number": "SC-1001"}


def test_what_is_needed_and_not_known_is_asked_for(desk: Desk) -> None:
    desk.set_up(profile=QUICKBOOKS)
    desk.sends("project")
    outcome = desk.asks("accept", kind="project", revision=1)
    assert fields(outcome) == [("entries.customer", "missing")]
    assert (
        desk.asks("accept", kind="project", revision=1, entries={"customer": "C-1"}).outcome
        == "done"
    )
    assert desk.item("project").entries == {"customer": "C-1"}


def test_a_company_that_wants_no_prefill_enters_it_itself(desk: Desk) -> None:
    desk.set_up(profile=QUICKBOOKS, prefill=[])
    desk.sends()
    assert fields(desk.asks("accept", revision=1)) == [("entries.erp_number", "missing")]


def test_an_entry_is_checked_when_it_is_mended(desk: Desk) -> None:
    desk.set_up(profile=QUICKBOOKS)
    desk.sends()
    desk.asks("accept", revision=1)
    desk.fails()
    long = {"erp_number": "SC-1001-TOWER"}
    assert fields(desk.asks("retry", ANN, entries=long)) == [("entries.erp_number", "max_length")]
    assert desk.item().state is State.FAILED
    assert desk.asks("retry", ANN, entries={"erp_number": "SC-1001-T"}).outcome == "done"
    assert desk.item().entries == {"erp_number": "SC-1001-T"}


def test_the_setting_accepts_nothing_that_lacks_an_entry(desk: Desk) -> None:
    # Given a company that lets commitments pass, and an ERP that needs a number it does not begin with
    desk.set_up(profile=QUICKBOOKS, prefill=[], auto_accept=["commitment"])

    # When one is sent
    desk.sends()

    # Then the approvers are asked, and the history says why
    assert desk.item().state is State.SENT
    assert desk.history()[-1] == ("not accepted by the setting", "auto-accept")
    assert {status for _, status, _ in desk.mails()} == {"waiting"}


def test_an_operator_who_retries_is_not_asked_for_entries(desk: Desk) -> None:
    desk.set_up(profile=QUICKBOOKS)
    desk.sends()
    desk.asks("accept", revision=1)
    desk.fails()
    assert desk.asks("retry", OMAR).outcome == "done"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({}, {"erp_number": "SC-1001"}),  # what it begins with, though it is not required
        ({"erp_number": "PO-77"}, {"erp_number": "PO-77"}),
        ({"erp_number": " "}, {}),  # given blank: left out
        ({"erp_number": " PO-77 "}, {"erp_number": "PO-77"}),
    ],
)
def test_what_an_entry_begins_with_is_written_unless_it_is_changed(
    desk: Desk, given: dict[str, str], written: dict[str, str]
) -> None:
    desk.sends()
    assert desk.asks("accept", revision=1, entries=given).outcome == "done"
    assert desk.item().entries == written


def test_a_source_and_the_setting_write_what_an_entry_begins_with_too(desk: Desk) -> None:
    # Given a source with its own approval screen, which names no entries
    desk.sends()
    names = {"company": "acme", "kind": "commitment", "external_id": "commitment-1"}
    desk.event({**names, "revision": 1, "decision": "accept", "by": ANN}, verb="decided")
    assert desk.item().entries == {"erp_number": "SC-1001"}

    # And a company that lets invoices pass: what theirs begins with stands in the content
    desk.set_up(auto_accept=["invoice"])
    desk.exports()
    desk.sends("invoice")
    assert desk.item("invoice").entries == {"accounting_date": "2026-11-10"}


def test_what_was_left_out_stays_out_when_it_is_tried_again(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1, entries={"erp_number": ""})
    desk.fails()
    desk.asks("retry", ANN, entries={"accounting_date": "2026-11-30"})
    assert desk.item().entries == {"accounting_date": "2026-11-30"}


def test_a_new_revision_begins_anew_and_keeps_what_was_entered_by_hand(desk: Desk) -> None:
    # Given an acceptance that failed and was rejected
    desk.sends()
    desk.asks("accept", revision=1, entries={"accounting_date": "2026-11-30"})
    desk.fails()
    desk.asks("reject", revision=1, comment="the number is taken")

    # When it comes again under another number
    desk.sends(revision=2, number="SC-1001-B")
    desk.asks("accept", revision=2)

    # Then it is that number which is written
    assert desk.item().entries == {"erp_number": "SC-1001-B", "accounting_date": "2026-11-30"}


def test_an_acceptance_taken_back_and_given_again_is_the_same(desk: Desk) -> None:
    desk.set_up(grace_seconds=600)
    desk.sends()
    desk.asks("accept", revision=1, entries={"erp_number": "PO-77"})
    assert desk.asks("take_back").outcome == "done"
    desk.asks("accept", revision=1)
    assert desk.item().entries == {"erp_number": "PO-77"}


def test_a_customer_the_erp_did_not_have_is_refused_whichever_way_it_comes(desk: Desk) -> None:
    # Given an ERP whose customers were read, one of them gone since
    desk.set_up(profile=QUICKBOOKS)
    customers(desk.ledger, "C-10", "C-11")
    customers(desk.ledger, "C-12", gone=True)
    reads_to_the_end(desk.ledger, RecordKind.CUSTOMER)
    desk.sends("project")

    # When another one is chosen, by a person or by a source
    for chosen in ("C-99", "C-12", "City of Port Calder"):
        outcome = desk.asks("accept", kind="project", revision=1, entries={"customer": chosen})
        assert fields(outcome) == [("entries.customer", "not_offered")]
        assert f"QuickBooks Desktop had no customer {chosen}" in outcome.problems[0].message
        assert "gatepost connection refresh" in outcome.problems[0].who_can_fix
    decided = {"company": "acme", "kind": "project", "external_id": "project-1", "revision": 1}
    decided |= {"decision": "accept", "by": ANN}
    desk.event({**decided, "entries": {"customer": "C-99"}}, verb="decided")
    assert "had no customer C-99" in desk.reasons()[0]
    assert desk.item("project").state is State.SENT

    # Then one that is there passes, and its id is what is kept
    assert desk.asks("accept", BO, "project", revision=1, entries={"customer": "C-10"}).outcome == (
        "done"
    )
    assert desk.item("project").entries == {"customer": "C-10"}


def test_many_choices_are_looked_up_at_once(desk: Desk) -> None:
    # Given projects, and a decision for each with a customer of its own
    desk.set_up(profile=QUICKBOOKS)
    names = [f"C-{each}" for each in range(20)]
    customers(desk.ledger, *names[1:])
    reads_to_the_end(desk.ledger, RecordKind.CUSTOMER)
    ids = []
    for each in names:
        desk.sends("project", external_id=each)
        decision = Decide(
            item_id=item_id("project", each),
            action=Action.ACCEPT,
            by=ANN,
            channel="api",
            entries={"customer": each},
        )
        with desk.ledger.work() as work:
            ids.append(work.send(decision))

    # When they are handled as one parcel
    asked: list[str] = []
    engine = desk.ledger.database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    ParcelHandler(desk.ledger, service, attempts=3)(ids)

    # Then the records were asked for once, and only the unknown one is refused
    assert len([each for each in asked if "from erp_records" in each]) == 1
    states = [desk.item("project", each).state for each in names]
    assert states == [State.SENT, *[State.EXPORTING] * 19]
