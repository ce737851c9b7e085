"""Invoices that the company lets pass by themselves ("direct export")."""

from tests.journeys.company import ANN, commitment, invoice
from tests.journeys.gate import Gate


def test_an_auto_accepted_invoice_alerts_nobody_and_is_synced(gate: Gate) -> None:
    # Given a commitment that is in the ERP
    parent = gate.sends(commitment("c-9"))
    gate.accepts(parent, by=ANN)
    gate.becomes(parent, "synced")

    # When an invoice against it is sent
    bill = gate.sends(invoice("i-9", "c-9"))

    # Then it is synced by the company's setting, and no approver was alerted
    gate.becomes(bill, "synced")
    assert gate.hears(bill, "accepted")["by"] == "auto-accept"
    gate.is_quiet()
    assert gate.mails(ANN, about="INV-i-9") == []
    assert len(gate.records(bill)) == 1
