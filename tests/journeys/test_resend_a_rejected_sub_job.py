"""Resend a rejected sub job for accounting acceptance."""

from gatepost.domain.lifecycle import State, Step
from gatepost.messages.requests import Action
from tests.journeys.company import ANN, BO, UMA, corrected, sub_job
from tests.journeys.covering import covers
from tests.journeys.gate import Gate


@covers(State.REJECTED, Step.SEND)
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


def test_a_second_reject_and_resend_alerts_nobody_either(gate: Gate) -> None:
    # Given a sub job that was rejected, corrected, and accepted for an ERP that refuses it
    first = sub_job("s-3", code="02-SOUTH")
    sent = gate.sends(first)
    gate.mail(BO, about="02-SOUTH")
    gate.rejects(sent, by=ANN, comment="wrong name")
    second = corrected(first, name="South tower")
    gate.sends(second)
    gate.erp_behaves("refuse", kinds=["sub_job"])
    gate.accepts(sent, by=ANN)
    gate.becomes(sent, "failed")
    gate.erp_behaves("ok")
    gate.is_quiet()
    alerts = [mail for mail in gate.mails(about="02-SOUTH") if "awaits your" in mail.text]
    assert {mail.to for mail in alerts} == {(ANN,), (BO,)}

    # When another approver rejects that, and it is taken back and sent again besides
    assert gate.rejects(sent, by=BO, comment="still the wrong name") == "done"
    third = corrected(second, name="South tower, lower part")
    gate.sends(third)
    gate.is_quiet()
    assert gate.decides(sent, Action.RETRIEVE, by=UMA) == "done"
    gate.sends(corrected(third, name="South tower, base"))
    gate.is_quiet()

    # Then nobody was alerted a second time, and the latest reject is the reason
    found = [mail for mail in gate.mails(about="02-SOUTH") if "awaits your" in mail.text]
    assert len(found) == len(alerts)
    held = sorted(gate.mail_rows(sent, "held_back"), key=lambda row: row["revision"])
    assert [(row["revision"], row["reason"].partition(",")[0]) for row in held] == [
        *[(2, "held back: resend after reject by Ann Ode")] * 2,
        *[(3, "held back: resend after reject by Bo Lind")] * 2,
        *[(4, "held back: resend after reject by Bo Lind")] * 2,
    ]

    # And it is synced as it was sent last
    assert gate.accepts(sent, by=ANN) == "done"
    gate.becomes(sent, "synced")
    assert [each["name"] for each in gate.records(sent)] == ["South tower, base"]


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
