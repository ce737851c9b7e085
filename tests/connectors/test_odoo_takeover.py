"""What a record in Odoo becomes that was there before its item, and what is in the way of a new one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.connectors import errors
from gatepost.connectors.http import HttpClient
from gatepost.connectors.odoo import OdooConnector
from gatepost.connectors.odoo.books import Books, Naming
from gatepost.connectors.odoo.calling import Json2, JsonRpc, Odoo
from gatepost.connectors.odoo.finding import Finding
from gatepost.connectors.odoo.models import BILL_LINE, ORDER_LINE
from gatepost.connectors.odoo.names import Name
from gatepost.connectors.odoo.verdicts import judged
from gatepost.connectors.odoo.writing import Writing
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from tests.connectors.odoo_erp import StubErp

BOTH: Final = (Kind.PROJECT, Kind.COMMITMENT)
QUANTITY: Final = {ORDER_LINE: "product_qty", BILL_LINE: "quantity"}


@pytest.fixture
def connector(odoo: StubErp) -> Iterator[OdooConnector]:
    connector = odoo.connector()
    yield connector
    connector.close()


class TooEarly(Finding):
    """It looks for external ids once before they are there."""

    _has_looked = False

    def ids_named(self, name: Name) -> dict[Name, int]:
        if not self._has_looked:
            self._has_looked = True
            return {}
        return super().ids_named(name)


@pytest.mark.parametrize("kind", BOTH)
def test_an_item_s_own_record_is_no_duplicate_of_it(
    odoo: StubErp, connector: OdooConnector, kind: Kind
) -> None:
    # Given an item whose first call was written after its external id was looked for
    item = odoo.item(kind)
    origin = connector.create(item)

    # When its number is looked for, then its own record is none in the way: it is to be looked for again
    with pytest.raises(errors.OutcomeUnknown, match=f"record {origin.id}"):
        _too_early(odoo).write(item)
    found = connector.resolve(item)
    assert found is not None
    assert (found.origin.id, found.is_current) == (origin.id, True)
    assert odoo.count(item) == 1


def test_of_two_items_with_one_number_one_is_written(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given items of the same number and vendor, and bills of one number on different orders
    orders = [odoo.item(Kind.COMMITMENT, number="SC-77") for _ in range(4)]
    above = [connector.create(odoo.item(Kind.COMMITMENT)) for _ in range(4)]
    bills = [odoo.item(Kind.INVOICE, number="B-77", parent_origin=origin) for origin in above]

    # When they are accepted at the same moment, then one of each has it and the others are told so
    for items in (orders, bills):
        with ThreadPoolExecutor(4) as pool:
            written = [pool.submit(connector.create, item) for item in items]
        refused = [each.exception() for each in written if each.exception()]
        assert [type(error) for error in refused] == [errors.DuplicateFound] * 3
        assert sum(odoo.count(item) for item in items) == 1


def test_a_line_that_is_gone_stays_what_it_was_of_nothing(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given an order of steel and bolts, a change of it, and a bill that bills both
    steel = {"external_id": "l-1", "description": "Erect steel", "amount": "12000.00"}
    bolts = {"external_id": "l-2", "description": "Bolts", "amount": "75.00"}
    item = odoo.item(Kind.COMMITMENT, content={"lines": [steel, bolts]})
    order = connector.create(item)
    lines = [{**steel, "external_id": "c-1"}, {**bolts, "external_id": "c-2"}]
    change = odoo.item(Kind.CHANGE_ORDER, parent_origin=order, content={"lines": lines})
    changed = connector.create(change)
    billed = [{"commitment_line": name, "amount": "75.00"} for name in ("l-1", "l-2")]
    bill = odoo.item(Kind.INVOICE, parent_origin=order, content={"lines": billed})
    made = connector.create(bill)

    # And a bookkeeper who has bought, charged and taxed what is about to go otherwise
    charged = {"analytic_distribution": {"8": 60.0, "9": 40.0}}
    for model, origin, more in (
        (ORDER_LINE, order, {"product_id": 2}),
        (ORDER_LINE, changed, {}),
        (BILL_LINE, made, {"tax_ids": [3, 4]}),
    ):
        odoo.call(model, "write", ids=[_second(origin)], vals={**charged, **more})

    # When all of them come again without their second line, then it is what it was, of nothing
    for model, each, origin in (
        (ORDER_LINE, item, order),
        (ORDER_LINE, change, changed),
        (BILL_LINE, bill, made),
    ):
        before = _as_it_is(odoo, model, _second(origin))
        content = {**each.content, "lines": each.content["lines"][:1]}
        written = connector.update(replace(each, revision=2, origin=origin, content=content))
        assert len(written.lines) == 1
        assert _as_it_is(odoo, model, _second(origin)) == {**before, QUANTITY[model]: 0.0}


def test_a_record_that_was_linked_becomes_what_the_preview_shows(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given a confirmed order and a bill that a bookkeeper has made, with a line of 100.00 each
    new = odoo.stub.books.new
    order = new("purchase.order", {"partner_id": 7, "origin": "PO-7", "state": "purchase"})
    (unit,) = (name for name in odoo.stub.books.schema[ORDER_LINE] if "uom" in name)
    at_100 = {"order_id": order, "product_id": 2, unit: 1, "product_qty": 1, "price_unit": 100.0}
    elsewhere = connector.create(odoo.item(Kind.PROJECT)).id
    charged = {"analytic_distribution": {elsewhere: 100}}
    steel = new(ORDER_LINE, {**at_100, **charged, "name": "Steel"})
    rail = new(ORDER_LINE, {**at_100, "name": "Rail"})
    new(ORDER_LINE, {"order_id": order, "name": "A heading", "product_qty": 0, "price_unit": 0})
    by_hand = {"partner_id": 7, "ref": "B-7", "move_type": "in_invoice"}
    bill = new("account.move", by_hand)
    new(BILL_LINE, {"move_id": bill, "name": "Steel", "quantity": 1, "price_unit": 100.0})

    # When items are linked to them, the order's with one of its lines, and written
    lines = [{"external_id": "l-1", "amount": "75.00"}, {"external_id": "l-2", "amount": "5.00"}]
    linked = Origin(str(order), lines=(("l-2", str(rail)),))
    ordered = odoo.item(Kind.COMMITMENT, origin=linked, content={"lines": lines})
    written = connector.update(ordered)
    content = {"lines": [{"commitment_line": "l-1", "amount": "75.00"}]}
    billed = odoo.item(
        Kind.INVOICE, parent_origin=written, origin=Origin(str(bill)), content=content
    )
    bill_written = connector.update(billed)

    # Then they come to what the items say, and what was there is there, of nothing
    assert dict(written.lines)["l-2"] == str(rail)
    assert _total(odoo, ORDER_LINE, order) == 80.0
    assert _total(odoo, BILL_LINE, bill) == 75.0
    was = _as_it_is(odoo, ORDER_LINE, steel)
    assert (was["name"], was["price_unit"], was["product_qty"]) == ("Steel", 100.0, 0.0)

    # And the order is the item's project's, and nothing is left to write
    read, found = connector.look_up(RecordKind.COMMITMENT, str(order)), connector.resolve(ordered)
    assert ordered.parent_origin is not None
    assert read is not None
    assert found is not None
    assert (read.parent, found.is_current) == (ordered.parent_origin.id, True)

    # And what is added to records of ours later stays when they are changed again
    new(ORDER_LINE, {**at_100, "name": "Freight", "price_unit": 3.0})
    new(BILL_LINE, {"move_id": bill, "name": "Freight", "quantity": 1, "price_unit": 3.0})
    connector.update(replace(ordered, revision=2, origin=written))
    connector.update(replace(billed, revision=2, origin=bill_written))
    assert _total(odoo, ORDER_LINE, order) == 83.0
    assert _total(odoo, BILL_LINE, bill) == 78.0


def _second(origin: Origin) -> int:
    return int(origin.lines[1][1])


def _as_it_is(odoo: StubErp, model: str, id: int) -> dict[str, Any]:
    (found,) = odoo.asked(model, [["id", "=", id]], *odoo.stub.books.schema[model])
    return found


def _total(odoo: StubErp, model: str, above: int) -> float:
    quantity, back = QUANTITY[model], "order_id" if model == ORDER_LINE else "move_id"
    found = odoo.asked(model, [[back, "=", above]], quantity, "price_unit")
    return float(sum(line[quantity] * line["price_unit"] for line in found))


def _too_early(odoo: StubErp) -> Writing:
    place = odoo.place
    headers = {"Authorization": f"Bearer {place.key}", "X-Odoo-Database": place.database}
    http = HttpClient(odoo.line.url, timeout=60.0, headers=headers, judge=judged)
    asked = Odoo(Json2(http), JsonRpc(http, place.database, place.user, place.key), "auto")
    books = Books(asked, Naming(place.product))
    return Writing(asked, books, TooEarly(asked, books))
