"""Accept or reject a commitment for export to ERP; failed exports, and what becomes of them."""

from gatepost.domain.lifecycle import State, Step
from tests.journeys.company import (
    ANN,
    BO,
    CARLA,
    OMAR,
    change_order,
    commitment,
    corrected,
    invoice,
)
from tests.journeys.covering import covers
from tests.journeys.gate import Gate


def test_an_accepted_commitment_is_in_the_erp_line_by_line(gate: Gate) -> None:
    # Given a commitment with two lines
    sent = gate.sends(commitment("c-1"))

    # When it is accepted
    gate.accepts(sent, by=ANN)

    # Then each of its lines has the ERP's id
    gate.becomes(sent, "synced")
    (record,) = gate.records(sent)
    ids = {line["external_id"]: line["id"] for line in record["lines"]}
    told = {
        line["external_id"]: line["id"] for line in gate.hears(sent, "synced")["origin"]["lines"]
    }
    assert told == ids
    assert set(ids) == {"l-1", "l-2"}


def test_a_commitment_is_rejected_only_with_an_explanation(gate: Gate) -> None:
    # Given a commitment that waits
    sent = gate.sends(commitment("c-2"))

    # When it is rejected without and then with a comment
    without = gate.rejects(sent, by=ANN)
    assert gate.state(sent) == "sent"
    explained = gate.rejects(sent, by=ANN, comment="the cost code of line 2 is wrong")

    # Then only the second counts, and its creator reads the comment
    assert (without, explained) == ("incomplete", "done")
    mail = gate.mail(CARLA, about="the cost code of line 2 is wrong")
    assert mail.subject == "Acme Builders: ERP Commitment Rejection Notification"
    assert "https://pm.example/acme/commitments/c-2" in mail.text


@covers(State.EXPORTING, Step.EXPORT_FAILED)
@covers(State.FAILED, Step.REJECT)
def test_a_failed_export_is_rejected_corrected_and_sent_again(gate: Gate) -> None:
    # Given an accepted commitment that the ERP refuses
    gate.erp_behaves(
        "refuse", kinds=["commitment"], code="period_closed", message="November is closed"
    )
    event = commitment("c-3")
    sent = gate.sends(event)
    gate.accepts(sent, by=ANN)
    row = gate.becomes(sent, "failed")
    assert row["cause"]["message"] == "November is closed"
    told = gate.hears(sent, "failed")
    assert (told["badge"], told["cause"]["class"], told["attempts"]) == ("red", "PeriodClosed", 1)
    gate.mail(ANN, about="November is closed")
    gate.mail(OMAR, about="November is closed")

    # When an approver rejects it, and its source corrects and resends it
    gate.erp_behaves("ok")
    assert gate.rejects(sent, by=ANN, comment="please date it December") == "done"
    gate.is_quiet()
    alerts = len(gate.mails(BO, about="SC-c-3"))
    gate.sends(corrected(event, total="20000.00"))

    # Then nobody is alerted a second time, and once accepted it is in the ERP once
    gate.is_quiet()
    assert len(gate.mails(BO, about="SC-c-3")) == alerts
    assert gate.accepts(sent, by=BO) == "done"
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


@covers(State.FAILED, Step.RETRY)
def test_a_failed_export_is_retried_by_an_operator_once_the_erp_is_mended(gate: Gate) -> None:
    # Given an export that failed for good
    gate.erp_behaves("refuse", kinds=["commitment"])
    sent = gate.sends(commitment("c-4"))
    gate.accepts(sent, by=ANN)
    gate.becomes(sent, "failed")

    # When the ERP is mended and an operator retries
    gate.erp_behaves("ok")
    assert gate.retries(sent, by=OMAR) == "done"

    # Then it is in the ERP, once
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


def test_an_answer_that_never_came_is_looked_up_and_not_repeated(gate: Gate) -> None:
    # Given an ERP that writes the record but whose answer never comes
    gate.erp_behaves("timeout_after", for_next=1, delay=8, kinds=["commitment"])
    sent = gate.sends(commitment("c-5"))

    # When it is accepted
    gate.accepts(sent, by=ANN)

    # Then the record is found by its mark and adopted
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


def test_garbage_with_200_is_never_taken_for_a_record(gate: Gate) -> None:
    # Given an ERP that answers a write with a page of HTML, nothing written
    gate.erp_behaves("garbage", for_next=1, kinds=["commitment"])
    sent = gate.sends(commitment("c-6"))

    # When it is accepted
    gate.accepts(sent, by=ANN)

    # Then it is looked up, found missing, and written once
    gate.becomes(sent, "synced")
    assert len(gate.records(sent)) == 1


def test_an_erp_that_is_down_is_waited_for(gate: Gate) -> None:
    # Given an ERP that is down
    gate.erp_behaves("down")
    items = [gate.sends(commitment(f"c-7{number}")) for number in range(3)]
    for sent in items:
        gate.accepts(sent, by=ANN)
    gate.eventually(lambda: gate.row(items[0])["waits_for"], "the item says what it waits for")

    # When it comes back
    assert {gate.state(sent) for sent in items} == {"exporting"}
    gate.erp_behaves("ok")

    # Then all are written, none has failed
    for sent in items:
        gate.becomes(sent, "synced")
        assert len(gate.records(sent)) == 1
        assert gate.told(sent, "failed") == []


def test_children_accepted_before_their_parent_wait_for_it(gate: Gate) -> None:
    # Given a commitment with a change order and an invoice, none of them in the ERP
    parent = gate.sends(commitment("c-8"))
    change = gate.sends(change_order("co-8", "c-8"))
    bill = gate.sends(invoice("i-8", "c-8"))

    # When the change order is accepted first (the invoice is accepted by the company's setting)
    gate.accepts(change, by=ANN)
    gate.eventually(lambda: gate.row(bill)["waits_for"], "the invoice waits")
    assert "SC-c-8" in gate.row(change)["waits_for"]
    gate.accepts(parent, by=ANN)

    # Then all three are written, the parent first
    for item in (parent, change, bill):
        gate.becomes(item, "synced")
    (record,) = gate.records(change)
    assert record["parent"] == gate.row(parent)["origin_id"]
    assert len(gate.records(bill)) == 1
