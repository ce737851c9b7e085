"""What an ERP asks for when an item is accepted, whichever way the acceptance comes."""

from gatepost.domain.lifecycle import State
from gatepost.ledger.asking import Outcome
from tests.services.desk import ANN, OMAR, Desk

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
