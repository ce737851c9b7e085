"""Before a decision its sender takes an item back; within the grace window its approver does."""

from gatepost.domain.lifecycle import State, Step
from gatepost.messages.requests import Action
from tests.journeys.company import ANN, BO, RITA, UMA, commitment, corrected, retrieved
from tests.journeys.covering import covers
from tests.journeys.gate import Gate
from tests.journeys.other_companies import enter
from tests.journeys.refusing import refusal


@covers(State.SENT, Step.RETRIEVE)
@covers(State.RETRIEVED, Step.SEND)
def test_what_is_taken_back_and_sent_again_alerts_the_approvers_again(gate: Gate) -> None:
    # Given a commitment of which both approvers were alerted
    event = commitment("b-1")
    sent = gate.sends(event)
    gate.mail(ANN, about="SC-b-1")
    gate.mail(BO, about="SC-b-1")

    # When its sender takes it back at its source
    gate.stack.publish(retrieved(event, by=UMA))

    # Then it may be edited there, and nobody can accept it
    told = gate.hears(sent, "retrieved")
    assert (told["by"], told["badge"], told["editable"]) == (UMA, "yellow", True)
    assert gate.row(sent)["place"] == "retrieved"
    assert gate.accepts(sent, by=ANN) == "not_allowed"

    # When it is sent again, then both are alerted again: nobody has rejected it
    gate.sends(corrected(event, retainage_percent="5"))
    gate.is_quiet()
    assert [len(gate.mails(person, about="SC-b-1")) for person in (ANN, BO)] == [2, 2]
    assert gate.mail_rows(sent, "held_back") == []

    # And once accepted it is in the ERP as it was sent last, once
    assert gate.accepts(sent, by=ANN) == "done"
    gate.becomes(sent, "synced")
    assert [each["retainage_percent"] for each in gate.records(sent)] == ["5"]


def test_what_is_sent_again_as_it_was_is_back_on_the_list(gate: Gate) -> None:
    # Given a commitment that its sender took back
    event = commitment("b-2")
    sent = gate.sends(event)
    assert gate.decides(sent, Action.RETRIEVE, by=UMA) == "done"

    # When the same revision is sent once more, in an event of its own
    gate.stack.publish({**event, "id": f"{event['id']}-2"})
    gate.becomes(sent, "sent")

    # Then it is accepted like any other
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


def test_only_a_sender_takes_back_and_only_before_a_decision(gate: Gate) -> None:
    # Given a commitment, and an ERP that is down
    event = commitment("b-3")
    sent = gate.sends(event)

    # When somebody who sends nothing takes it back, then that is refused
    assert gate.decides(sent, Action.RETRIEVE, by=RITA) == "not_entitled"

    # When it is accepted first, then its sender comes too late, and is told so
    gate.erp_behaves("down")
    gate.accepts(sent, by=ANN)
    late = retrieved(event, by=UMA)
    gate.stack.publish(late)
    told = refusal(gate, lambda told: told["refused_event"] == late["id"])
    assert [error["message"] for error in told["errors"]] == [
        "an exporting item cannot be retrieved"
    ]

    # And so does the approver, once the ERP was called
    gate.hears(sent, "exporting")
    assert gate.decides(sent, Action.TAKE_BACK, by=ANN) == "not_allowed"
    gate.erp_behaves("ok")
    gate.becomes(sent, "synced")


@covers(State.EXPORTING, Step.TAKE_BACK)
def test_within_the_grace_window_an_acceptance_is_taken_back(gate: Gate) -> None:
    # Given a company that leaves its approvers an hour, and a commitment that one accepted
    enter(gate, "grace", settings="grace_seconds = 3600")
    sent = gate.sends(commitment("b-4", company="grace"))
    gate.mail(BO, about="SC-b-4")
    assert gate.accepts(sent, by=ANN) == "done"
    assert gate.state(sent) == "exporting"

    # When it is taken back, by an approver alone
    assert gate.decides(sent, Action.TAKE_BACK, by=RITA) == "not_entitled"
    assert gate.decides(sent, Action.TAKE_BACK, by=ANN) == "done"

    # Then it waits for a decision again, and stays out of the ERP when the hour is over
    assert gate.row(sent)["place"] == "ready_to_export"
    gate.eventually(lambda: len(gate.told(sent, "received")) == 2, "the source is told")
    assert gate.told(sent, "received")[-1]["state"] == "sent"
    gate.time_passes(sent)
    gate.is_quiet()
    assert gate.state(sent) == "sent"
    assert gate.records(sent) == []
    assert len(gate.mails(BO, about="SC-b-4")) == 1, "nobody is alerted again"

    # When it is accepted anew and the hour is over, then it is in the ERP, and cannot be taken back
    assert gate.accepts(sent, by=BO) == "done"
    gate.time_passes(sent)
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1
    assert gate.decides(sent, Action.TAKE_BACK, by=BO) == "not_allowed"
