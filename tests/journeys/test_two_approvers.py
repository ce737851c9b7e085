"""Above the company's amount it takes two approvers."""

from tests.journeys.company import ANN, BO, change_order, commitment, corrected
from tests.journeys.gate import Gate
from tests.journeys.other_companies import enter


def test_above_an_amount_it_takes_two_approvers(gate: Gate) -> None:
    # Given a company where more than 10 000 takes two, and a commitment of 20 000
    enter(gate, "twice", settings='second_approval_above = "10000.00"')
    sent = gate.sends(commitment("t-1", company="twice"))

    # When one approver accepts it, and accepts it once more
    assert gate.accepts(sent, by=ANN) == "done"
    assert gate.accepts(sent, by=ANN) == "unchanged"

    # Then it waits for the other one, and says so
    row = gate.row(sent)
    assert (row["state"], row["place"]) == ("sent", "ready_to_export")
    assert row["waits_for"] == "a second approver: Ann Ode has accepted it"

    # When the other one accepts it, too, then it is in the ERP, once
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")
    gate.hears(sent, "accepted")
    assert [each["by"] for each in gate.told(sent, "accepted")] == [BO]
    assert len(gate.records(sent)) == 1

    # And a change order of 900 takes one
    small = gate.sends(change_order("t-2", "t-1", company="twice"))
    assert gate.accepts(small, by=ANN) == "done"
    gate.becomes(small, "synced")


def test_a_higher_revision_asks_both_approvers_anew(gate: Gate) -> None:
    # Given a commitment that the first of two approvers accepted
    enter(gate, "twice", settings='second_approval_above = "10000.00"')
    event = commitment("t-3", company="twice")
    sent = gate.sends(event)
    assert gate.accepts(sent, by=ANN) == "done"

    # When a higher revision comes, and the other approver accepts that one
    gate.sends(corrected(event, retainage_percent="5"))
    assert gate.accepts(sent, by=BO) == "done"

    # Then Ann has not seen it yet: it waits for her
    assert gate.state(sent) == "sent"
    assert gate.row(sent)["waits_for"] == "a second approver: Bo Lind has accepted it"
    assert gate.accepts(sent, by=ANN) == "done"
    gate.becomes(sent, "synced")
    assert [each["retainage_percent"] for each in gate.records(sent)] == ["5"]


def test_either_of_two_approvers_rejects_alone(gate: Gate) -> None:
    # Given a commitment that the first of two approvers accepted
    enter(gate, "twice", settings='second_approval_above = "10000.00"')
    sent = gate.sends(commitment("t-4", company="twice"))
    assert gate.accepts(sent, by=ANN) == "done"

    # When the other one rejects it
    assert gate.rejects(sent, by=BO, comment="too dear") == "done"

    # Then it is rejected, waits for nobody, and never was accepted
    row = gate.row(sent)
    assert (row["state"], row["waits_for"]) == ("rejected", "")
    assert gate.hears(sent, "rejected")["by"] == BO
    assert gate.told(sent, "accepted") == []
    assert gate.records(sent) == []
