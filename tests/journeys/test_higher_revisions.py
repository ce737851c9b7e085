"""A higher revision: before anyone decided, and of what is in the ERP already (Ready To Update)."""

from gatepost.domain.lifecycle import State, Step
from tests.journeys.company import ANN, BO, UMA, corrected, sub_job
from tests.journeys.covering import covers, posts
from tests.journeys.gate import Gate


@covers(State.SENT, Step.SEND)
@posts("alert")
def test_what_is_sent_again_before_a_decision_is_exported_as_it_is_now(gate: Gate) -> None:
    # Given a sub job of which the approvers were alerted
    event = sub_job("r-1", code="10-NORTH")
    sent = gate.sends(event)
    gate.mail(ANN, about="10-NORTH")

    # When it is changed and sent again before anyone decided
    gate.sends(corrected(event, name="North tower, two floors"))

    # Then it is alerted of as it is now, and that is what is accepted and written, once
    gate.eventually(lambda: len(gate.mails(ANN, about="10-NORTH")) == 2, "alerted again")
    assert gate.accepts(sent, by=ANN, revision=2) == "done"
    assert gate.becomes(sent, "synced")["synced_revision"] == 2
    assert [each["name"] for each in gate.records(sent)] == ["North tower, two floors"]


@covers(State.SYNCED, Step.SEND)
@posts("alert")
def test_an_accepted_update_changes_the_record_in_the_erp(gate: Gate) -> None:
    # Given a sub job that is in the ERP
    event = sub_job("r-2", code="10-SOUTH")
    sent = gate.sends(event)
    gate.accepts(sent, by=ANN)
    origin = gate.becomes(sent, "synced")["origin_id"]

    # When its source sends a higher revision
    gate.sends(corrected(event, name="South tower"))

    # Then it is ready to update, says its alert, and the ERP has it as it was
    assert gate.row(sent)["place"] == "ready_to_update"
    subject = "[Ready To Update] Sub job 10-SOUTH \N{EN DASH} South tower"
    assert gate.readers(subject, about="accepting it updates the record there") == {ANN, BO}
    assert gate.records(sent)[0]["name"] == "East tower"

    # When it is accepted, then that very record is changed
    assert gate.accepts(sent, by=BO) == "done"
    assert gate.becomes(sent, "synced")["synced_revision"] == 2
    assert [(each["id"], each["name"]) for each in gate.records(sent)] == [(origin, "South tower")]
    assert gate.hears(sent, "synced")["origin"]["id"] == origin


def test_a_rejected_update_leaves_the_erp_as_it_is(gate: Gate) -> None:
    # Given an update of a sub job that is in the ERP
    event = sub_job("r-3", code="10-WEST")
    sent = gate.sends(event)
    gate.accepts(sent, by=ANN)
    origin = gate.becomes(sent, "synced")["origin_id"]
    update = corrected(event, name="West tower, wrong")
    gate.sends(update)

    # When it is rejected
    assert gate.rejects(sent, by=ANN, comment="that is another tower") == "done"

    # Then its sender reads why and may edit it, and the ERP has the record as it was
    gate.mail(UMA, about="that is another tower")
    assert gate.hears(sent, "rejected")["editable"] is True
    gate.is_quiet()
    assert [(each["id"], each["name"]) for each in gate.records(sent)] == [(origin, "East tower")]
    assert gate.row(sent)["synced_revision"] == 1
    alerts = len(gate.mails(BO, about="10-WEST"))

    # When it is corrected, then it is ready to update again, alerts nobody, and is written once accepted
    gate.sends(corrected(update, name="West tower"))
    gate.is_quiet()
    assert gate.row(sent)["place"] == "ready_to_update"
    assert len(gate.mails(BO, about="10-WEST")) == alerts
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")
    assert [(each["id"], each["name"]) for each in gate.records(sent)] == [(origin, "West tower")]


def test_an_update_that_the_erp_refuses_leaves_the_record_and_is_retried(gate: Gate) -> None:
    # Given an accepted update that the ERP refuses
    event = sub_job("r-4", code="10-EAST")
    sent = gate.sends(event)
    gate.accepts(sent, by=ANN)
    origin = gate.becomes(sent, "synced")["origin_id"]
    gate.sends(corrected(event, name="East tower, phase 2"))
    gate.erp_behaves("refuse", kinds=["sub_job"])
    gate.accepts(sent, by=ANN)

    # When it has failed, then it is on that list, and the ERP has the record as it was
    assert gate.becomes(sent, "failed")["place"] == "failed_to_export"
    assert [each["name"] for each in gate.records(sent)] == ["East tower"]

    # When it is retried on a mended ERP, then that very record is changed
    gate.erp_behaves("ok")
    assert gate.retries(sent, by=ANN) == "done"
    gate.becomes(sent, "synced")
    assert [(each["id"], each["name"]) for each in gate.records(sent)] == [
        (origin, "East tower, phase 2")
    ]
