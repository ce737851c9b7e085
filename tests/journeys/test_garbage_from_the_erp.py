"""An ERP that answers garbage is never believed, and nothing is written twice for it."""

from tests.journeys.company import (
    ANN,
    commitment,
)
from tests.journeys.gate import Gate


def test_an_erp_that_took_it_and_answers_garbage_with_200_has_it_once(gate: Gate) -> None:
    # Given an ERP that writes the record, and answers with a page of HTML
    item = gate.sends(commitment("garbage-1"))
    gate.erp_behaves("garbage_after", for_next=1, kinds=["commitment"])

    # When the item is accepted
    assert gate.accepts(item, by=ANN) == "done"

    # Then its record is found by its mark: told once, and written once
    gate.becomes(item, "synced")
    [record] = gate.records(item)
    assert gate.hears(item, "synced")["origin"]["id"] == record["id"]
    gate.is_quiet()
    assert len(gate.told(item, "synced")) == 1
    assert gate.told(item, "failed") == []


def test_nothing_is_taken_for_a_record_while_the_erp_answers_only_garbage(gate: Gate) -> None:
    # Given an ERP that answers everything with 200 and a page of HTML
    item = gate.sends(commitment("garbage-2"))
    gate.erp_behaves("garbage", kinds=["commitment"])

    # When the item is accepted, and a while was tried
    assert gate.accepts(item, by=ANN) == "done"
    gate.eventually(lambda: gate.row(item)["attempts"] >= 1, "it was tried")

    # Then it is not said to be in the ERP, nor given up
    assert gate.told(item, "synced") == []
    assert gate.state(item) in ("exporting", "failed")

    # And once the ERP is itself again, it is there, once
    gate.erp_behaves("ok")
    gate.becomes(item, "synced")
    assert len(gate.records(item)) == 1
