"""Accept a project for QuickBooks Desktop, with its Customer; and what hangs under it."""

import threading
from collections.abc import Iterator

import pytest

from gatepost.domain.erp_records import RecordKind
from gatepost.ledger import gates
from gatepost.messages.requests import Purpose, RecordAction
from tests.journeys.company import (
    ANN,
    change_order,
    commitment,
    corrected,
    invoice,
    project,
    sub_job,
)
from tests.journeys.gate import Gate
from tests.journeys.quickbooks_company import QuickBooksCompany, of_calder, with_number
from tests.journeys.stacks import OnServers


@pytest.fixture(scope="module")
def quickbooks(gate: Gate) -> Iterator[QuickBooksCompany]:
    company = QuickBooksCompany(gate)
    yield company
    company.closes()


@pytest.fixture(autouse=True)
def closed_again(gate: Gate, quickbooks: QuickBooksCompany) -> Iterator[None]:
    """Nothing is left waiting for QuickBooks: the next journey wants to see the ledger empty."""
    yield
    quickbooks.opens()
    gate.is_quiet()
    quickbooks.closes()


def test_a_project_is_accepted_with_its_customer_and_becomes_a_job_when_quickbooks_calls(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given a project that was accepted for the Customer it is for, while QuickBooks is closed
    sent = gate.sends(of_calder(project("pm-12", title="Harbor Bridge")))
    assert gate.accepts(sent, by=ANN) == "incomplete", "the Customer has to be chosen"
    assert gate.accepts(sent, by=ANN, entries={"customer": quickbooks.customer}) == "done"

    # Then it waits, and says for what; nothing has failed
    waiting = "waiting for QuickBooks Desktop, which has not called yet"
    gate.eventually(lambda: gate.row(sent)["waits_for"] == waiting, "it says what it waits for")
    assert quickbooks.waits() == f"1 {waiting}"
    assert (gate.state(sent), gate.row(sent)["attempts"]) == ("exporting", 0)

    # When QuickBooks calls
    quickbooks.opens()

    # Then the job is in the company file under its customer, once, and the outside knows its id
    row = gate.becomes(sent, "synced")
    (job,) = quickbooks.books.marked(sent)
    assert job["FullName"] == "City of Port Calder:Harbor Bridge, phase 2"
    assert gate.hears(sent, "synced")["origin"]["id"] == row["origin_id"] == job["ListID"]
    assert quickbooks.waits() == ""


def test_a_commitment_its_change_order_and_its_invoice_become_an_order_and_a_bill(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given a sub job, a commitment and its change order that wait while QuickBooks is silent
    tower = gate.sends(of_calder(sub_job("pm-12-a", project="pm-12")))
    order = gate.sends(of_calder(with_number(commitment("c-1", title="Béton, tower B"), "SC-1")))
    change = gate.sends(of_calder(with_number(change_order("co-1", parent="c-1"), "CO-1")))
    assert gate.accepts(tower, by=ANN) == "done"
    assert gate.accepts(order, by=ANN, entries={"erp_number": "SC-1"}) == "done"
    assert gate.accepts(change, by=ANN, entries={"description": "Bolts"}) == "done"
    gate.eventually(lambda: "last seen" in gate.row(order)["waits_for"], "it was seen once")

    # When QuickBooks is back, and an invoice comes in the meantime, accepted by itself
    quickbooks.opens()
    gate.becomes(order, "synced")
    bill = gate.sends(of_calder(with_number(invoice("i-1", parent="c-1"), "INV-1")))

    # Then the order has its own lines and those of the change order, each known by its id
    for item in (tower, change, bill):
        gate.becomes(item, "synced")
    there = quickbooks.order(order)
    assert (there["RefNumber"], there["VendorRef"]) == ("SC-1", "Aker Steel AS")
    assert [line["Amount"] for line in there["lines"]] == ["12400.00", "7600.00", "900.00"]
    assert there["lines"][0]["CustomerRef"] == "City of Port Calder:Harbor Bridge, phase 2"
    lines = {line["id"] for line in gate.hears(order, "synced")["origin"]["lines"]}
    lines |= {line["id"] for line in gate.hears(change, "synced")["origin"]["lines"]}
    assert lines == {line["TxnLineID"] for line in there["lines"]}

    # And the bill is linked to the order, less what is retained
    (billed,) = quickbooks.books.marked(bill)
    assert billed["LinkedTxn"]["TxnID"] == there["TxnID"]
    assert [line["Amount"] for line in billed["lines"]] == ["-100.00", "1000.00"]
    assert "City of Port Calder:Harbor Bridge, phase 2:East tower" in quickbooks.jobs()
    assert all(request.isascii() for request in quickbooks.books.requests)


def test_an_invoice_that_is_sent_again_has_a_way_out(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given an invoice whose bill is in QuickBooks, and a change of it
    quickbooks.opens()
    order = gate.sends(of_calder(with_number(commitment("c-5"), "SC-5")))
    gate.accepts(order, by=ANN, entries={"erp_number": "SC-5"})
    gate.becomes(order, "synced")
    sent = of_calder(with_number(invoice("i-5", parent="c-5"), "INV-5"))
    bill = gate.sends(sent)
    origin = gate.becomes(bill, "synced")["origin_id"]
    lines = [{**sent["data"]["content"]["lines"][0], "amount": "950.00"}]
    changed = corrected(sent, lines=lines, total="950.00")
    gate.sends(changed)

    # Then nobody can accept what QuickBooks would not take
    assert gate.accepts(bill, by=ANN) == "not_sendable"
    assert gate.state(bill) == "sent"

    # When a bookkeeper has changed the bill, and somebody links it, then it is done
    quickbooks.records.reads(Purpose.REFRESH)
    record = quickbooks.records.listed(origin)
    assert record is not None
    assert quickbooks.records.decides(record, RecordAction.LINK, by=ANN, item_id=bill) == "done"
    assert gate.becomes(bill, "synced")["synced_revision"] == gate.row(bill)["revision"]
    assert (
        quickbooks.records.decides(record, RecordAction.LINK, by=ANN, item_id=bill) == "unchanged"
    )

    # And what is sent again as the bill is adopts it
    original = corrected(changed, **sent["data"]["content"])
    gate.sends(original)
    gate.eventually(lambda: gate.row(bill)["synced_revision"] == gate.row(bill)["revision"], "done")
    assert gate.becomes(bill, "synced")["origin_id"] == origin
    assert len(quickbooks.books.marked(bill)) == 1


def test_an_answer_that_is_lost_leaves_one_record(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given an order that QuickBooks writes, and whose answer never arrives
    quickbooks.web_connector.loses_answers = 1
    quickbooks.opens()
    order = gate.sends(of_calder(with_number(commitment("c-2"), "SC-2")))
    gate.accepts(order, by=ANN, entries={"erp_number": "SC-2"})

    # When the wait is over
    gate.eventually(lambda: "it is not known" in gate.row(order)["waits_for"], "nobody knows")
    gate.time_passes(order)

    # Then it is looked for, found and adopted
    gate.becomes(order, "synced")
    assert len(quickbooks.books.marked(order)) == 1


def test_another_company_file_pauses_the_connection_and_nothing_fails(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given a project that waits, and somebody who has opened other books
    sent = gate.sends(of_calder(corrected(project("pm-13"), name="Quay wall")))
    gate.accepts(sent, by=ANN, entries={"customer": quickbooks.customer})
    quickbooks.web_connector.trouble = ("0x8004040A", "another company file is open")

    # When QuickBooks calls, then the connection is paused, and says why
    quickbooks.opens()
    gate.eventually(lambda: quickbooks.connection()["paused"], "it is paused")
    assert "another company file is open" in quickbooks.connection()["paused_because"]
    assert (gate.state(sent), gate.row(sent)["attempts"]) == ("exporting", 0)

    # And it goes on when the right one is open and somebody has resumed it
    quickbooks.web_connector.trouble = None
    gate.runs("connection", "resume", "calder/books")
    gate.time_passes(sent)
    gate.becomes(sent, "synced")
    assert len(quickbooks.books.marked(sent)) == 1


def test_what_keeps_quickbooks_out_stands_where_people_look(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given a project that waits, and a QuickBooks with a dialog open
    sent = gate.sends(of_calder(corrected(project("pm-14"), name="Slipway")))
    gate.accepts(sent, by=ANN, entries={"customer": quickbooks.customer})
    gate.eventually(lambda: "last seen" in gate.row(sent)["waits_for"], "it waits")
    quickbooks.web_connector.trouble = ("0x80040414", "A modal dialog box is showing")

    # When QuickBooks calls, then the item, the list and the check say so; nothing is paused
    quickbooks.opens()
    dialog = "UTC: it has a dialog open"
    gate.eventually(lambda: dialog in gate.row(sent)["waits_for"], "it says why")
    assert dialog in quickbooks.waits()
    assert dialog in gates.ask(quickbooks.connection())
    assert not quickbooks.connection()["paused"]

    # And a pause that somebody made meanwhile keeps its own reason
    gate.runs("connection", "pause", "calder/books", "--because", "year end")
    assert gates.ask(quickbooks.connection()).endswith("UTC; it is paused: year end")
    gate.runs("connection", "resume", "calder/books")

    # And it is over once the books are open
    quickbooks.web_connector.trouble = None
    gate.time_passes(sent)
    gate.becomes(sent, "synced")
    assert quickbooks.connection()["paused_because"] == ""


def test_what_quickbooks_has_is_read_imported_and_compared(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given a job that a bookkeeper has entered, and an order of ours that somebody has changed
    job = quickbooks.books.tables.enter("Customer", Name="Ferry ramp")
    quickbooks.books.tables.put(quickbooks.books.tables.record(job), "Sublevel", "1")
    ours = gate.sends(of_calder(with_number(commitment("c-4", title="Piles"), "SC-4")))
    gate.accepts(ours, by=ANN, entries={"erp_number": "SC-4"})
    quickbooks.opens()
    gate.becomes(ours, "synced")
    quickbooks.books.edit(quickbooks.order(ours)["TxnID"], Memo="Piles, longer")

    # When the lists are read, then customers and vendors can be chosen from
    records = quickbooks.records
    assert records.reads(Purpose.REFRESH)["error"] == ""
    assert records.offers(RecordKind.CUSTOMER) == {quickbooks.customer: "City of Port Calder"}
    assert set(records.offers(RecordKind.VENDOR).values()) == {"Aker Steel AS"}

    # When the job is imported, then what its source sends of it later goes into that very job
    imports = RecordAction.IMPORT
    assert records.decides(records.ready(job), imports, by=ANN, external_id="pm-30") == "done"
    ramp = gate.sends(of_calder(corrected(project("pm-30"), name="Ferry ramp, north")))
    assert gate.accepts(ramp, by=ANN, entries={"customer": job}) == "incomplete", "not offered"
    assert gate.accepts(ramp, by=ANN, entries={"customer": quickbooks.customer}) == "done"
    assert gate.becomes(ramp, "synced")["origin_id"] == job
    assert "Ferry ramp, north" in [each["Name"] for each in quickbooks.books.customers()]
    assert quickbooks.books.marked(ramp) == [], "no other was written"

    # And a sync says what differs
    records.reads(Purpose.SYNC)
    drift = records.drift(ours)
    assert drift is not None
    (differs,) = drift["fields"]
    assert (differs["field"], differs["theirs"]) == ("Memo", "Piles, longer")


@pytest.mark.servers
def test_an_exporter_that_is_killed_while_quickbooks_is_writing_leaves_one_record(
    gate: Gate, quickbooks: QuickBooksCompany
) -> None:
    # Given an order that QuickBooks holds in its hands
    if not isinstance(gate.stack, OnServers):
        pytest.skip("there the exporter is in this very process: see test_quickbooks_killed.py")
    asked, goes_on = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        assert goes_on.wait(60)

    quickbooks.web_connector.hold = hold
    quickbooks.opens()
    order = gate.sends(of_calder(with_number(commitment("c-3"), "SC-3")))
    gate.accepts(order, by=ANN, entries={"erp_number": "SC-3"})
    assert asked.wait(60)

    # When the exporter is killed, and QuickBooks writes all the same
    gate.stack.kills("exporter")
    quickbooks.web_connector.hold = None
    goes_on.set()
    gate.eventually(lambda: quickbooks.books.marked(order), "it is written")

    # Then the next exporter looks first, and adopts it
    gate.time_passes(order)
    gate.becomes(order, "synced")
    assert len(quickbooks.books.marked(order)) == 1
