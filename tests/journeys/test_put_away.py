"""What was rejected is put away and brought back."""

from gatepost.domain.lifecycle import State, Step
from gatepost.messages.requests import Action
from tests.journeys.company import ANN, BO, RITA, commitment, corrected
from tests.journeys.covering import covers
from tests.journeys.gate import Gate
from tests.journeys.refusing import refusal


@covers(State.REJECTED, Step.ARCHIVE)
@covers(State.ARCHIVED, Step.UNARCHIVE)
def test_what_was_rejected_is_archived_and_brought_back(gate: Gate) -> None:
    # Given a commitment that an approver rejected
    event = commitment("a-1")
    sent = gate.sends(event)
    gate.rejects(sent, by=ANN, comment="another vendor has it")

    # When it is archived, by somebody who keeps the lists
    assert gate.decides(sent, Action.ARCHIVE, by=RITA) == "not_entitled"
    assert gate.decides(sent, Action.ARCHIVE, by=BO) == "done"
    assert gate.decides(sent, Action.ARCHIVE, by=ANN) == "unchanged"

    # Then it is on that list, and its source can neither edit it nor send it
    assert gate.row(sent)["place"] == "archived"
    told = gate.hears(sent, "archived")
    assert (told["badge"], told["editable"]) == ("grey", False)
    again = corrected(event, retainage_percent="5")
    gate.stack.publish(again)
    [error] = refusal(gate, lambda told: told["refused_event"] == again["id"])["errors"]
    assert error["message"] == "an archived item cannot be sent"

    # When it is brought back, then it is as it was: rejected, for its creator to correct
    assert gate.decides(sent, Action.UNARCHIVE, by=BO) == "done"
    gate.eventually(lambda: len(gate.told(sent, "rejected")) == 2, "the source is told")
    told = gate.told(sent, "rejected")[-1]
    assert (told["comment"], told["editable"]) == ("another vendor has it", True)

    # And sent again it is exported like any other, without a further alert
    gate.is_quiet()
    alerts = len(gate.mails(BO, about="SC-a-1"))
    gate.sends(corrected(again))
    gate.is_quiet()
    assert len(gate.mails(BO, about="SC-a-1")) == alerts
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


def test_only_what_was_rejected_or_let_go_of_is_archived(gate: Gate) -> None:
    # Given a commitment that waits, and one that is in the ERP
    waiting, synced = gate.sends(commitment("a-2")), gate.sends(commitment("a-3"))
    gate.accepts(synced, by=ANN)
    gate.becomes(synced, "synced")

    # When they are archived, then that is refused, and both stay where they are
    assert gate.decides(waiting, Action.ARCHIVE, by=ANN) == "not_allowed"
    assert gate.decides(synced, Action.ARCHIVE, by=ANN) == "not_allowed"
    assert (gate.state(waiting), gate.state(synced)) == ("sent", "synced")
