"""Accept or reject a project for export to ERP."""

from gatepost.domain.lifecycle import State, Step
from tests.journeys.company import ANN, CARLA, RITA, UMA, item_id, project
from tests.journeys.covering import covers
from tests.journeys.gate import Gate


@covers(State.SENT, Step.ACCEPT)
@covers(State.EXPORTING, Step.EXPORTED)
def test_an_accepted_project_is_exported_once_and_synced(gate: Gate) -> None:
    # Given a project that was sent, and its approvers were prompted by mail
    sent = gate.sends(project("p-1"))
    assert gate.state(sent) == "sent"
    gate.mail(ANN, about="J-p-1")

    # When an accounting approver accepts it
    assert gate.accepts(sent, by=ANN) == "done"

    # Then it is in the ERP, once, and the outside knows its origin
    row = gate.becomes(sent, "synced")
    records = gate.records(sent)
    assert [record["id"] for record in records] == [row["origin_id"]]
    told = gate.hears(sent, "synced")
    assert told["origin"]["id"] == row["origin_id"]
    assert (told["badge"], told["editable"]) == ("green", False)
    assert [
        gate.told(sent, fact)[0]["state"] for fact in ("received", "accepted", "exporting")
    ] == [
        "sent",
        "exporting",
        "exporting",
    ]


@covers(State.SENT, Step.REJECT)
def test_a_rejected_project_goes_back_to_its_creator(gate: Gate) -> None:
    # Given a project that waits for a decision
    sent = gate.sends(project("p-2"))

    # When it is rejected, without a comment: for projects it is optional
    assert gate.rejects(sent, by=ANN) == "done"

    # Then its creator, its sender and the project's approvers are told, and it may be edited again
    gate.becomes(sent, "rejected")
    told_by_mail = gate.readers("ERP Project Rejection Notification", about="p-2")
    assert told_by_mail >= {CARLA, UMA, ANN}
    told = gate.hears(sent, "rejected")
    assert (told["badge"], told["editable"]) == ("yellow", True)
    assert gate.records(sent) == []


def test_somebody_without_the_privilege_decides_nothing(gate: Gate) -> None:
    # Given a project that waits for a decision
    sent = gate.sends(project("p-3"))

    # When somebody who may only look accepts it, and a stranger rejects it
    refused = [gate.accepts(sent, by=RITA), gate.rejects(sent, by="eve@evil.example")]

    # Then both are refused, and the item waits on
    assert refused == ["not_entitled", "not_entitled"]
    assert gate.state(sent) == "sent"


def test_a_contrary_decision_is_told_who_decided_first(gate: Gate) -> None:
    # Given a project that was accepted
    sent = gate.sends(project("p-4"))
    gate.accepts(sent, by=ANN)

    # When another approver rejects it, and the first one accepts it once more
    contrary, repeated = gate.rejects(sent, by="bo@acme.example"), gate.accepts(sent, by=ANN)

    # Then the first decision stands
    assert (contrary, repeated) == ("already_decided", "unchanged")
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


def test_the_same_event_twice_is_one_item(gate: Gate) -> None:
    # Given an event that is delivered three times
    event = project("p-5")
    for _ in range(3):
        gate.stack.publish(event)
    gate.hears(item_id(event), "received")

    # When all of it is worked off
    gate.is_quiet()

    # Then the item was received once, and each approver has one alert
    assert len(gate.told(item_id(event), "received")) == 1
    assert len(gate.mails(ANN, about="J-p-5")) == 1
