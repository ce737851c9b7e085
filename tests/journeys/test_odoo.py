"""A commitment, its change order and its invoice, from the event into Odoo: a stub, or a lent one."""

import uuid
from collections.abc import Iterator
from typing import Final

import pytest

from gatepost.ledger import directory_file
from tests.connectors.odoo_erp import NOT_LENT, OdooErp, StubErp, lent
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
RUN: Final = uuid.uuid4().hex[:8]  # what is lent keeps what earlier runs have written


@pytest.fixture(autouse=True)
def nothing_is_left(gate: Gate) -> Iterator[None]:
    yield
    gate.is_quiet()


@pytest.fixture(scope="module", params=["stub", pytest.param("lent", marks=pytest.mark.odoo)])
def odoo(request: pytest.FixtureRequest, gate: Gate) -> Iterator[OdooErp]:
    """Its books; the company's directory names them."""
    lent_one = lent() if request.param == "lent" else None
    if request.param == "lent" and lent_one is None:
        pytest.skip(NOT_LENT)
    erp = OdooErp(lent_one).made_ready() if lent_one else StubErp(19)
    place = erp.place
    options = f'url = "{erp.line.url}", database = "{place.database}", api_key = "{place.key}"'
    more = f'product = "{place.product}", retainage_product = "{place.retainage}", settle = 0.5'
    which = f'user = "{place.user}", company = "{place.company}", plan = "{place.plan}"'
    connection = f'connector = "odoo"\noptions = {{ {options}, {more}, {which} }}'
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
    gate: Gate, odoo: OdooErp
) -> None:
    # Given a project that was accepted, and a commitment whose first answer is lost
    job = sends(gate, project("pm-12", number=f"J-{RUN}"))
    assert gate.accepts(job, by=ANN, entries={"job_code": f"J-{RUN}"}) == "done"
    its_job = gate.becomes(job, "synced")["origin_id"]
    with odoo.line.losing_answers():
        order = sends(gate, commitment(f"odoo-2-{RUN}", title="Béton, tower B"))
        gate.accepts(order, by=ANN)
        gate.eventually(lambda: "it is not known" in gate.row(order)["waits_for"], "nobody knows")
    gate.time_passes(order)
    its_order = gate.becomes(order, "synced")["origin_id"]

    # When its change order is accepted, against another who is faster, and an invoice comes
    if isinstance(odoo, StubErp):
        odoo.stub.books.losing = 1
    change = sends(gate, change_order(f"odoo-3-{RUN}", parent=f"odoo-2-{RUN}"))
    assert gate.accepts(change, by=ANN) == "done"
    if isinstance(odoo, StubErp):
        books = odoo.stub.books
        gate.eventually(lambda: not books.losing, "it has lost")
        gate.time_passes(change)
    gate.becomes(change, "synced")
    bill = sends(gate, invoice(f"odoo-4-{RUN}", parent=f"odoo-2-{RUN}"))
    its_bill = gate.becomes(bill, "synced")["origin_id"]

    # Then there is one purchase order with the lines of both, charged to the job, and its bill
    fields = ("price_unit", "analytic_distribution")
    lines = odoo.asked("purchase.order.line", [["order_id", "=", int(its_order)]], *fields)
    assert [line["price_unit"] for line in lines] == [12400.0, 7600.0, 900.0]
    assert {str(line["analytic_distribution"]) for line in lines} == {f"{{'{its_job}': 100.0}}"}
    of_it = [["move_id", "=", int(its_bill)], ["display_type", "=", "product"]]
    billed = odoo.asked("account.move.line", of_it, "price_unit")
    assert [line["price_unit"] for line in billed] == [1000.0, -100.0]
    assert len(odoo.asked("purchase.order", [["origin", "=", f"SC-odoo-2-{RUN}"]])) == 1
