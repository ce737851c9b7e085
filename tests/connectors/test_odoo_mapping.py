"""Odoo, without asking it: the mapper, external ids, and what is told from its sentences."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.odoo.mapping import mapped
from gatepost.connectors.odoo.names import Name, read_name
from gatepost.connectors.odoo.verdicts import import_refusal, refusal
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from tests.connectors.odoo.stub import DEBUG
from tests.services.exporter.test_mapping import exported

GOLDEN: Final = Path(__file__).parent / "golden" / "odoo"
PARENT: Final = Origin("12", "24-013", lines=(("l-1", "31"), ("l-2", "32")))
ENTRIES: Final[dict[Kind, dict[str, str]]] = {
    Kind.PROJECT: {"job_code": "24-013"},
    Kind.SUB_JOB: {},
    Kind.COMMITMENT: {"erp_number": "SC-15"},
    Kind.CHANGE_ORDER: {},
    Kind.INVOICE: {"accounting_date": "2026-11-30"},
}
MARK: Final = "0f8c1a52-9d1e-5d0e-8f43-2d6a1c7b9e10"


@pytest.mark.parametrize("kind", list(Kind))
def test_an_item_becomes_the_record_in_its_golden_file(kind: Kind) -> None:
    item = replace(exported(kind), entries=ENTRIES[kind])
    if kind is not Kind.PROJECT:
        item = replace(item, parent_origin=PARENT)
    expected = json.loads((GOLDEN / f"{kind}.json").read_text(encoding="utf-8"))
    assert mapped(item) == expected


@pytest.mark.parametrize(
    ("line", "quantity", "price"),
    [
        # Quantity and price make the amount: both are kept.
        ({"quantity": "10", "unit_cost": "1240.00", "amount": "12400.00"}, "10", "1240.00"),
        # They do not: the amount is what counts.
        ({"quantity": "3", "unit_cost": "0.30", "amount": "1.00"}, "1", "1.00"),
        # More decimals than Odoo keeps, of the price and of the quantity.
        ({"quantity": "2", "unit_cost": "0.505", "amount": "1.01"}, "1", "1.01"),
        ({"quantity": "0.125", "unit_cost": "8.00", "amount": "1.00"}, "1", "1.00"),
        # They make it by rounding up, and Odoo may round otherwise.
        ({"quantity": "2.5", "unit_cost": "0.01", "amount": "0.03"}, "1", "0.03"),
        # A lump sum, and a credit.
        ({"amount": "7600.00"}, "1", "7600.00"),
        ({"amount": "-50.00"}, "1", "-50.00"),
    ],
)
def test_a_line_s_amount_is_never_another_one(
    line: dict[str, str], quantity: str, price: str
) -> None:
    content = {"lines": [{"external_id": "l-1", **line}]}
    (found,) = mapped(exported(Kind.COMMITMENT, content=content))["lines"]
    assert (found["quantity"], found["price_unit"]) == (quantity, price)


def test_an_invoice_below_zero_is_a_refund_of_as_much() -> None:
    lines = [{"commitment_line": "l-1", "amount": "-80.00"}]
    record = mapped(exported(Kind.INVOICE, content={"lines": lines, "retainage": "-8.00"}))
    assert record["move_type"] == "in_refund"
    assert [line["price_unit"] for line in record["lines"]] == ["80.00", "-8.00"]


@pytest.mark.parametrize("line", ["", "l-1", "line 7.b", "a_b_", "Zeile §4", "+retainage"])
def test_a_name_says_which_line_it_is_whatever_the_line_is_called(line: str) -> None:
    name = Name(Kind.CHANGE_ORDER, MARK, line)
    assert read_name(str(name)) == name
    assert set(str(name)).isdisjoint(" .%")


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        # The loser of a race, whatever is said of the rows after it.
        (["could not serialize access due to concurrent update"], errors.Busy),
        (["current transaction is aborted", "could not serialize access"], errors.Busy),
        (["duplicate key value violates ir_model_data_module_name_uniq_index"], errors.Busy),
        # What is said of the rows after it does not hide why.
        (["null value in column", "current transaction is aborted"], errors.ValidationFailed),
        # A right is missing, a reference, a value; the books are closed.
        (["You are not allowed to create 'Journal Entry' records."], errors.ConfigurationError),
        (["No matching record found for database id '9'"], errors.ReferenceNotFound),
        (["You cannot add entries prior to and inclusive of the Lock Date"], errors.PeriodClosed),
        (["Missing required value for the field 'Name'"], errors.ValidationFailed),
        # An exception whose name stands in the sentence: no mistake of the item's.
        (["Unknown error during import: <class 'KeyError'>: 'x'"], errors.Permanent),
        (
            ["Unknown error during import: <class 'odoo.exceptions.AccessError'>: No."],
            errors.ConfigurationError,
        ),
        # Nothing at all is said.
        ([], errors.ValidationFailed),
    ],
)
def test_why_a_load_gave_no_ids(messages: list[str], error: type[errors.ConnectorError]) -> None:
    said = [{"type": "error", "message": each} for each in messages]
    warning = {"type": "warning", "message": "could not serialize access"}  # not why
    assert type(import_refusal([warning, *said])) is error


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("odoo.exceptions.AccessError", errors.ConfigurationError),
        ("odoo.exceptions.AccessDenied", errors.ConfigurationError),
        ("odoo.exceptions.MissingError", errors.ReferenceNotFound),
        ("odoo.exceptions.ValidationError", errors.ValidationFailed),
        ("odoo.exceptions.RedirectWarning", errors.ValidationFailed),
        ("psycopg2.errors.SerializationFailure", errors.Busy),
        # The server gave up before it began.
        ("psycopg2.OperationalError", errors.Unavailable),
        # A mistake in the call: trying again would give the same.
        ("builtins.ValueError", errors.Permanent),
    ],
)
def test_what_an_exception_of_odoo_s_means(name: str, error: type[errors.ConnectorError]) -> None:
    found = refusal({"name": name, "message": "So it is.\nFile x", "debug": DEBUG})
    assert type(found) is error
    assert found.message == "So it is."
