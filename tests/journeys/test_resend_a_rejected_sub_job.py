"""Resend a rejected sub job for accounting acceptance."""

from tests.journeys.company import ANN, BO, UMA, corrected, sub_job
from tests.journeys.gate import Gate


def test_a_resend_after_a_reject_does_not_alert_the_approvers_again(gate: Gate) -> None:
    # Given a sub job that an approver rejected
    event = sub_job("s-1", code="02-WEST")
    sent = gate.sends(event)
    gate.mail(ANN, about="02-WEST")
    gate.mail(BO, about="02-WEST")
    gate.rejects(sent, by=ANN, comment="wrong cost code")
    gate.mail(UMA, about="wrong cost code")
    gate.is_quiet()
    before = {person: len(gate.mails(person, about="02-WEST")) for person in (ANN, BO)}

    # When its sender corrects it and sends it again
    gate.sends(corrected(event, name="West tower"))
    gate.is_quiet()

    # Then it is back on the list, nobody got a further alert, and the reason is written down
    assert gate.state(sent) == "sent"
    assert {person: len(gate.mails(person, about="02-WEST")) for person in (ANN, BO)} == before
    held = gate.mail_rows(sent, "held_back")
    assert {row["recipient"] for row in held} == {ANN, BO}
    assert all("resend after reject by Ann Ode" in row["reason"] for row in held)

    # And once accepted, it is exported
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")
    assert gate.records(sent)[0]["name"] == "West tower"


def test_a_code_of_38_characters_is_refused_with_every_reason(gate: Gate) -> None:
    # Given a sub job whose code is too long, and which is not approved either
    event = sub_job("s-2", code="02-100-EAST-TOWER-CURTAIN-WALL-PHASE-2"[:38], status="draft")

    # When it is sent
    sent = gate.sends(event)

    # Then it is refused, all reasons at once, and may be edited
    told = gate.hears(sent, "refused")
    assert {error["rule"] for error in told["errors"]} == {"max_length", "status"}
    assert told["editable"] is True
    assert all(error["who_can_fix"] for error in told["errors"])
