"""A commitment, its change order and its invoice, from the event into the books of an Odoo (a stub)."""

from collections.abc import Iterator
from typing import Final

import pytest

from gatepost.ledger import directory_file
from tests.connectors.odoo_erp import StubErp
from tests.journeys.company import (
    ANN,
    DIRECTORY,
    SANDBOX,
    Event,
    change_order,
    commitment,
    invoice,
    project,
)
from tests.journeys.gate import Gate

COMPANY: Final = "fjord-odoo"  # the stack is shared: its own company stays with the sandbox


@pytest.fixture(autouse=True)
def nothing_is_left(gate: Gate) -> Iterator[None]:
    yield
    gate.is_quiet()


@pytest.fixture(scope="module")
def odoo(gate: Gate) -> Iterator[StubErp]:
    """Its books; the company's directory names them."""
    erp = StubErp(19)
    place = erp.place
    options = f'url = "{erp.line.url}", database = "{place.database}", api_key = "{place.key}"'
    more = f'product = "{place.product}", retainage_product = "{place.retainage}", settle = 0.5'
    connection = f'connector = "odoo"\noptions = {{ {options}, {more} }}'
    text = DIRECTORY.replace(SANDBOX, connection).replace('key = "acme"', f'key = "{COMPANY}"')
    text = text.replace('"V-100"', f'"{erp.vendor()}"')
    directory_file.apply(gate.stack.ledger.database, directory_file.parse(text))
    yield erp
    erp.close()


def sends(gate: Gate, event: Event) -> str:
    """The company's project software sends an event like that; gives the item's id."""
    subject = event["subject"].replace("acme/", f"{COMPANY}/")
    return gate.sends({**event, "data": {**event["data"], "company": COMPANY}, "subject": subject})


def test_a_commitment_its_change_order_and_its_invoice_are_in_odoo_s_books(
    gate: Gate, odoo: StubErp
) -> None:
    # Given a project that was accepted, and a commitment whose first answer is lost
    job = sends(gate, project("pm-12", number="J-12"))
    assert gate.accepts(job, by=ANN, entries={"job_code": "J-12"}) == "done"
    its_job = gate.becomes(job, "synced")["origin_id"]
    with odoo.line.losing_answers():
        order = sends(gate, commitment("odoo-2", title="Béton, tower B"))
        gate.accepts(order, by=ANN)
        gate.eventually(lambda: "it is not known" in gate.row(order)["waits_for"], "nobody knows")
    gate.time_passes(order)
    its_order = gate.becomes(order, "synced")["origin_id"]

    # When its change order is accepted, against another who is faster, and an invoice comes
    odoo.stub.books.losing = 1
    change = sends(gate, change_order("odoo-3", parent="odoo-2"))
    assert gate.accepts(change, by=ANN) == "done"
    gate.eventually(lambda: not odoo.stub.books.losing, "it has lost")
    gate.time_passes(change)
    gate.becomes(change, "synced")
    bill = sends(gate, invoice("odoo-4", parent="odoo-2"))
    its_bill = gate.becomes(bill, "synced")["origin_id"]

    # Then there is one purchase order with the lines of both, charged to the job, and its bill
    fields = ("price_unit", "analytic_distribution")
    lines = odoo.asked("purchase.order.line", [["order_id", "=", int(its_order)]], *fields)
    assert [line["price_unit"] for line in lines] == [12400.0, 7600.0, 900.0]
    assert {str(line["analytic_distribution"]) for line in lines} == {f"{{'{its_job}': 100.0}}"}
    billed = odoo.asked("account.move.line", [["move_id", "=", int(its_bill)]], "price_unit")
    assert [line["price_unit"] for line in billed] == [1000.0, -100.0]
    assert len(odoo.asked("purchase.order", [])) == 1
