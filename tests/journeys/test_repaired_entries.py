"""A failed export is retried with an entry that was corrected."""

from gatepost.domain.lifecycle import State, Step
from gatepost.messages.requests import Action
from tests.journeys.company import ANN, OMAR, commitment
from tests.journeys.covering import covers
from tests.journeys.gate import Gate


@covers(State.FAILED, Step.RETRY)
def test_a_failed_export_is_retried_with_a_repaired_entry(gate: Gate) -> None:
    # Given a commitment that was accepted for a month that is closed
    gate.erp_behaves("refuse", kinds=["commitment"], message="October is closed")
    sent = gate.sends(commitment("e-1"))
    entered = {"accounting_date": "2026-10-31", "erp_number": "PO-1"}
    assert gate.accepts(sent, by=ANN, entries=entered) == "done"
    assert gate.becomes(sent, "failed")["cause"]["message"] == "October is closed"
    gate.erp_behaves("ok")

    # When an operator corrects the entry, or an approver enters what is no date
    entry = {"accounting_date": "2026-11-02"}
    nonsense = {"accounting_date": "some day"}
    refused = [
        gate.decides(sent, Action.RETRY, by=OMAR, entries=entry),
        gate.decides(sent, Action.RETRY, by=ANN, entries=nonsense),
    ]

    # Then that is refused, and it stays on its list
    assert refused == ["not_entitled", "incomplete"]
    assert gate.row(sent)["place"] == "failed_to_export"

    # When an approver corrects it
    assert gate.decides(sent, Action.RETRY, by=ANN, entries=entry) == "done"

    # Then it is in the ERP, once, with this entry as it is now and the other as it was
    gate.becomes(sent, "synced")
    [record] = gate.records(sent)
    assert (record["accounting_date"], record["erp_number"]) == ("2026-11-02", "PO-1")
