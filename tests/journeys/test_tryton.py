"""A commitment, its change order and its invoice, from the event into a real Tryton's books."""

from collections.abc import Iterator

import pytest

from gatepost.messages.requests import Purpose, RecordAction
from tests.connectors.tryton_erp import TrytonErp
from tests.journeys.company import ANN, change_order, commitment, invoice, project
from tests.journeys.gate import Gate
from tests.journeys.stacks import OnServers
from tests.journeys.tryton_company import TrytonCompany

pytestmark = pytest.mark.erp


@pytest.fixture(autouse=True)
def nothing_is_left(gate: Gate) -> Iterator[None]:
    yield
    gate.is_quiet()


@pytest.fixture(scope="module")
def names(gate: Gate) -> str:
    """What numbers of this stack's begin with: both write into the same books."""
    return "s" if isinstance(gate.stack, OnServers) else "e"


@pytest.fixture(scope="module")
def books(gate: Gate, tryton: TrytonErp, names: str) -> TrytonCompany:
    return TrytonCompany(gate, tryton, f"fjord-{names}")


def test_a_commitment_its_change_order_and_its_invoice_are_in_tryton_s_books(
    gate: Gate, books: TrytonCompany, names: str
) -> None:
    # Given a project that was accepted, and so is a job in Tryton
    job = books.sends(project("pm-12", number=f"J-{names}"))
    assert gate.accepts(job, by=ANN, entries={"job_code": f"J-{names}"}) == "done"
    its_job = gate.becomes(job, "synced")["origin_id"]
    account = books.read("analytic_account.account", its_job, "code", "name", "state")
    assert (account["code"], account["name"]) == (f"J-{names}", "Harbor Bridge, phase 2")

    # When a commitment and its change order are accepted, and an invoice comes, accepted by itself
    order = books.sends(commitment(f"{names}-1", title="Béton, tower B"))
    change = books.sends(change_order(f"{names}-2", parent=f"{names}-1"))
    assert gate.accepts(order, by=ANN) == "done"
    assert gate.accepts(change, by=ANN) == "done"
    its_order = gate.becomes(order, "synced")["origin_id"]
    bill = books.sends(invoice(f"{names}-3", parent=f"{names}-1"))
    its_change = gate.becomes(change, "synced")["origin_id"]
    its_bill = gate.becomes(bill, "synced")["origin_id"]

    # Then Tryton has a purchase of the vendor's, line by line as the outside was told
    fields = ("party.name", "description", "untaxed_amount", "currency.code", "state", "lines")
    purchase = books.read("purchase.purchase", its_order, *fields)
    assert (purchase["party"]["name"], purchase["description"]) == (
        "Aker Steel AS",
        "Béton, tower B",
    )
    assert (purchase["untaxed_amount"]["decimal"], purchase["state"]) == ("20000.00", "draft")
    told = gate.hears(order, "synced")["origin"]
    assert told["id"] == its_order
    assert [int(line["id"]) for line in told["lines"]] == purchase["lines"]

    # And one that has it as its origin, for the change
    changed = books.read("purchase.purchase", its_change, "origin", "untaxed_amount")
    assert changed["origin"] == f"purchase.purchase,{its_order}"
    assert changed["untaxed_amount"]["decimal"] == "900.00"

    # And a supplier invoice on its line, less what is retained, which a bookkeeper can post
    books.posts(its_bill)
    billed = books.read("account.invoice", its_bill, "untaxed_amount", "state", "lines.origin")
    assert (billed["untaxed_amount"]["decimal"], billed["state"]) == ("900.00", "posted")
    assert billed["lines"][0]["origin"] == f"purchase.line,{purchase['lines'][0]}"
    charged = books.read("analytic_account.account", its_job, "debit")
    assert charged["debit"]["decimal"] == "1000.00"


def test_an_answer_of_tryton_s_that_is_lost_leaves_one_purchase(
    gate: Gate, books: TrytonCompany, names: str
) -> None:
    # Given a purchase that Tryton writes, and whose answer never arrives
    with books.losing_answers():
        order = books.sends(commitment(f"{names}-4"))
        gate.accepts(order, by=ANN)
        gate.eventually(lambda: books.purchases(order), "it is written")
        gate.eventually(lambda: "it is not known" in gate.row(order)["waits_for"], "nobody knows")

    # When the wait is over, then it is looked for, found and adopted
    gate.time_passes(order)
    gate.becomes(order, "synced")
    assert len(books.purchases(order)) == 1


def test_what_tryton_has_is_read_imported_and_compared(
    gate: Gate, books: TrytonCompany, names: str
) -> None:
    # Given items that are in Tryton as they were written, and a job that its bookkeeper has made
    job = books.sends(project(f"{names}-6"))
    order = books.sends(commitment(f"{names}-7"))
    bill = books.sends(invoice(f"{names}-8", parent=f"{names}-7"))
    for item in (job, order):
        assert gate.accepts(item, by=ANN) == "done"
    ids = {item: gate.becomes(item, "synced")["origin_id"] for item in (job, order, bill)}
    own = books.enters_job("Ferry ramp")

    # When the lists are read, then the vendor is there, and the job can be imported
    assert books.records.reads(Purpose.REFRESH)["error"] == ""
    vendor = books.records.listed(books.vendor)
    assert vendor is not None
    assert (vendor.kind, vendor.name) == ("vendor", "Aker Steel AS")
    ready, named = books.records.ready(own), f"{names}-9"
    imports = RecordAction.IMPORT
    assert books.records.decides(ready, imports, by=ANN, external_id=named) == "done"

    # And what its source sends of it then is an update of the same record
    ferry = books.sends(project(named, number="J-9"))
    assert gate.accepts(ferry, by=ANN, entries={"job_code": f"J-9-{names}"}) == "done"
    gate.eventually(lambda: gate.told(ferry, "synced", 1), "it is written")
    assert gate.becomes(ferry, "synced")["origin_id"] == own
    fields = ("code", "name")
    written = books.read("analytic_account.account", own, *fields)
    assert [written[field] for field in fields] == [f"J-9-{names}", "Harbor Bridge, phase 2"]

    # And a sync says what differs: nothing, until the bookkeeper has changed something
    assert books.records.reads(Purpose.SYNC)["error"] == ""
    assert [books.records.drift(item) for item in ids] == [None] * len(ids)
    books.renames(ids[job], "Harbor Bridge, south")
    books.records.reads(Purpose.SYNC)
    drift = books.records.drift(job)
    assert drift is not None
    (differs,) = drift["fields"]
    assert (differs["field"], differs["theirs"]) == ("name", "Harbor Bridge, south")


@pytest.mark.servers
def test_an_exporter_that_is_killed_while_tryton_is_writing_leaves_one_purchase(
    gate: Gate, books: TrytonCompany, names: str
) -> None:
    if not isinstance(gate.stack, OnServers):
        pytest.skip("there the exporter is in this very process")
    # Given a purchase that Tryton is asked to write, and takes its time over
    with books.slow():
        order = books.sends(commitment(f"{names}-5"))
        gate.accepts(order, by=ANN)
        assert books.is_asked()

        # When the exporter is killed with -9, and Tryton writes all the same
        gate.stack.kills("exporter")
    gate.eventually(lambda: books.purchases(order), "it is written")

    # Then the next exporter looks first, and adopts it
    gate.time_passes(order)
    gate.becomes(order, "synced")
    assert len(books.purchases(order)) == 1
