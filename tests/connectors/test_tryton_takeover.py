"""What a record in Tryton becomes that was there before its item, and what is in the way of a new one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.http import HttpClient
from gatepost.connectors.tryton import TrytonConnector
from gatepost.connectors.tryton.books import Books
from gatepost.connectors.tryton.rest import Rest, decimal
from gatepost.connectors.tryton.writing import Accounts, Writing
from gatepost.domain.kinds import Kind
from tests.connectors.tryton.installing import DATABASE, KEY
from tests.connectors.tryton_erp import TrytonErp

BOTH: Final = (Kind.PROJECT, Kind.COMMITMENT)  # one has its stamp itself, one on its lines
_FREIGHT: Final = {"type": "line", "quantity": 1.0, "unit_price": decimal("5.00")}


@pytest.fixture
def connector(tryton: TrytonErp) -> Iterator[TrytonConnector]:
    connector = tryton.connector()
    yield connector
    connector.close()


@pytest.mark.erp
@pytest.mark.parametrize("kind", BOTH)
def test_an_item_s_own_record_is_no_duplicate_of_it(
    tryton: TrytonErp, connector: TrytonConnector, kind: Kind
) -> None:
    # Given an item whose first call was written after its record was looked for
    item = tryton.item(kind)
    origin = connector.create(item)

    # When its number is looked for, then its own record is none in the way: it is to be looked for again
    with pytest.raises(errors.OutcomeUnknown, match=f"record {origin.id}"):
        _writing(tryton).create(item)
    found = connector.resolve(item)
    assert found is not None
    assert (found.origin.id, found.is_current) == (origin.id, True)
    assert tryton.count(item) == 1


@pytest.mark.erp
def test_of_two_items_with_one_number_one_is_written(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    # Given items of the same number and vendor, and bills of one number on different orders
    orders = [tryton.item(Kind.COMMITMENT, number="SC-77") for _ in range(4)]
    above = [connector.create(tryton.item(Kind.COMMITMENT)) for _ in range(4)]
    bills = [tryton.item(Kind.INVOICE, number="B-77", parent_origin=origin) for origin in above]

    # When they are accepted at the same moment, then one of each has it and the others are told so
    for items in (orders, bills):
        with ThreadPoolExecutor(4) as pool:
            written = [pool.submit(connector.create, item) for item in items]
        refused = [each.exception() for each in written if each.exception()]
        assert [type(error) for error in refused] == [errors.DuplicateFound] * 3
        assert sum(tryton.count(item) for item in items) == 1


@pytest.mark.erp
def test_a_record_that_was_linked_becomes_what_the_preview_shows(
    tryton: TrytonErp, connector: TrytonConnector
) -> None:
    # Given a purchase and a bill that a bookkeeper has made, of 100.00 each
    ordered, billed = _of("external_id", "100.00"), _of("commitment_line", "100.00")
    by_hand, other = (
        connector.create(tryton.item(Kind.COMMITMENT, content=ordered)) for _ in range(2)
    )
    bill_by_hand = connector.create(tryton.item(Kind.INVOICE, parent_origin=other, content=billed))
    tryton.tryton.changed("UPDATE purchase_line SET note = NULL WHERE purchase = ?", by_hand.id)
    no_stamp = "UPDATE account_invoice_line SET note = NULL WHERE invoice = ?"
    tryton.tryton.changed(no_stamp, bill_by_hand.id)

    # When items of 75.00 are linked to them and written
    commitment = tryton.item(Kind.COMMITMENT, origin=by_hand, content=_of("external_id", "75.00"))
    lines = _of("commitment_line", "75.00")
    bill = tryton.item(Kind.INVOICE, parent_origin=other, origin=bill_by_hand, content=lines)
    in_a_bill = {"account": tryton.account("5.2.1"), "invoice_type": "in", "description": "Freight"}
    for item, model, more in (
        (commitment, "purchase.purchase", {}),
        (bill, "account.invoice", in_a_bill),
    ):
        assert item.origin is not None
        written = connector.update(item)
        id = written.id

        # Then that is what they come to, on the item's line
        assert (id, [name for name, _ in written.lines]) == (item.origin.id, ["l-1"])
        assert _total(tryton, model, id) == "75.00"

        # And what is added to a record of ours later stays when it is changed again
        tryton.adds_line(model, id, {**_FREIGHT, **more})
        content = {"lines": [{**item.content["lines"][0], "amount": "80.00"}]}
        connector.update(replace(item, revision=2, origin=written, content=content))
        assert _total(tryton, model, id) == "85.00"


def _of(named: str, amount: str) -> dict[str, Any]:
    """A content with one line of that amount."""
    return {"billing_date": "2026-11-20", "lines": [{named: "l-1", "amount": amount}]}


def _total(tryton: TrytonErp, model: str, id: str) -> str:
    return str(tryton.read(model, id, "untaxed_amount")["untaxed_amount"]["decimal"])


def _writing(tryton: TrytonErp) -> Writing:
    """What a connector does after it has looked for a mark."""
    key = {"Authorization": f"Bearer {KEY}"}
    rest = Rest(HttpClient(tryton.line.url, timeout=60.0, headers=key), DATABASE)
    return Writing(rest, Books(rest, "", ""), Accounts())
