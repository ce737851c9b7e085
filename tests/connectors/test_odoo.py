"""What is Odoo's own: its refusals, its external ids on what is there, and who loses a race."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gatepost.connectors import errors
from gatepost.connectors.odoo import OdooConfig, OdooConnector
from gatepost.connectors.port import ExportItem
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from tests.connectors.odoo.stub import DEBUG
from tests.connectors.odoo_erp import StubErp
from tests.services.exporter.test_mapping import exported


@pytest.fixture
def connector(odoo: StubErp) -> Iterator[OdooConnector]:
    connector = odoo.connector()
    yield connector
    connector.close()


def ordered(odoo: StubErp, connector: OdooConnector) -> tuple[ExportItem, Origin]:
    """A commitment that is in the books."""
    item = odoo.item(Kind.COMMITMENT)
    return item, connector.create(item)


def test_who_loses_a_race_has_written_nothing_and_may_try_again(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given an Odoo in which another transaction is faster, and says so with a 200
    item = odoo.item(Kind.PROJECT)
    odoo.stub.books.losing = 1
    with pytest.raises(errors.Busy, match="could not serialize"):
        connector.create(item)
    assert odoo.count(item) == 0

    # Then the next try is one record
    origin = connector.create(item)
    assert connector.create(item).id == origin.id
    assert odoo.count(item) == 1


def test_of_an_error_nothing_is_kept_but_its_first_line(
    odoo: StubErp, connector: OdooConnector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    odoo.stub.books.forbidden.add("account.analytic.account")
    try:
        with pytest.raises(errors.ConfigurationError) as refused:
            connector.look_up(RecordKind.PROJECT, "1")
    finally:
        odoo.stub.books.forbidden.clear()
    assert "You are not allowed to access" in refused.value.message
    said = f"{refused.value!r} {vars(refused.value)} {refused.getrepr()} {caplog.text}"
    assert DEBUG not in refused.value.message
    assert "This is for" not in refused.value.message
    assert DEBUG not in said


def test_a_change_order_is_lines_of_its_purchase_order_and_a_bill_bills_them(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given a commitment in the books, and a change of it
    item, order = ordered(odoo, connector)
    lines = [{"external_id": "c 1", "amount": "300.00", "description": "Bolts"}]
    change = odoo.item(Kind.CHANGE_ORDER, parent_origin=order, content={"lines": lines})
    changed = connector.create(change)

    # Then its line stands in the order, which is the commitment's still
    assert changed.id == f"{order.id}:{change.mark}"
    rows = odoo.asked("purchase.order.line", [["order_id", "=", int(order.id)]], "name")
    assert [row["name"] for row in rows][2:] == [f"{change.number}: Bolts"]
    read = connector.look_up(RecordKind.COMMITMENT, order.id)
    assert read is not None
    assert [line["external_id"] for line in read.data["lines"]] == ["l-1", "l-2"]

    # And a bill bills both, charged to the job, less what is retained
    billed = [{"commitment_line": name, "amount": "100.00"} for name in ("l-1", "c 1")]
    content = {"billing_date": "2026-11-20", "lines": billed, "retainage": "20.00"}
    bill = connector.create(odoo.item(Kind.INVOICE, parent_origin=order, content=content))
    listed = connector.look_up(RecordKind.INVOICE, bill.id)
    assert listed is not None
    assert listed.name == bill.code  # a draft has no number of Odoo's yet
    fields = ("purchase_line_id", "price_unit", "analytic_distribution", "product_id")
    found = odoo.asked("account.move.line", [["move_id", "=", int(bill.id)]], *fields)
    job = {item.parent_origin.id: 100} if item.parent_origin else {}
    assert [line["analytic_distribution"] for line in found] == [job, job, False]
    assert [line["price_unit"] for line in found] == [100.0, 100.0, -20.0]
    assert [line["product_id"][0] for line in found] == [1, 1, 2]
    assert str(found[1]["purchase_line_id"][0]) == dict(changed.lines)["c 1"]


def test_a_line_that_is_gone_stands_there_with_nothing_and_others_lines_stay(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given a purchase order to which somebody has added a line
    item, order = ordered(odoo, connector)
    freight = {"name": "Freight", "order_id": int(order.id), "product_qty": 1, "price_unit": 75}
    odoo.stub.books.new("purchase.order.line", freight)

    # When the item comes again with one line changed, one gone and one new
    first, second = item.content["lines"]
    lines = [{**first, "amount": "13000.00"}, {**second, "external_id": "l-3"}]
    content = {**item.content, "lines": lines}
    next_one = replace(item, revision=2, origin=order, content=content)
    resolved = connector.resolve(next_one)
    assert resolved is not None
    assert not resolved.is_current
    changed = connector.update(next_one)

    # Then what stayed is the same line, and what was there is not lost
    assert dict(changed.lines)["l-1"] == dict(order.lines)["l-1"]
    assert [name for name, _ in changed.lines] == ["l-1", "l-3"]
    rows = odoo.asked("purchase.order.line", [["order_id", "=", int(order.id)]], "product_qty")
    assert [row["product_qty"] for row in rows] == [1.0, 0.0, 1.0, 4.0]
    again = connector.resolve(next_one)
    assert again is not None
    assert again.is_current


def test_a_record_that_was_linked_is_named_and_then_changed(
    odoo: StubErp, connector: OdooConnector
) -> None:
    # Given a project that a bookkeeper has made, and an item that was linked to it
    item = odoo.item(Kind.PROJECT)
    values = {"name": "By hand", "code": f"H-{item.mark[:8]}", "plan_id": 1}
    id = str(odoo.stub.books.new("account.analytic.account", values))

    # When the item is sent again, then that very record is changed
    changed = connector.update(replace(item, revision=2, origin=Origin(id)))
    assert changed.id == id
    read = connector.look_up(RecordKind.PROJECT, id)
    assert read is not None
    assert (read.name, read.mark) == (item.content["name"], item.mark)


def test_what_stands_in_the_way_is_said_and_nothing_is_written(
    odoo: StubErp, connector: OdooConnector
) -> None:
    item, order = ordered(odoo, connector)
    same_number = replace(odoo.item(Kind.COMMITMENT), number=item.number)
    nothing = {"lines": [{"commitment_line": "l-9", "amount": "1.00"}]}
    bill = odoo.item(Kind.INVOICE, parent_origin=order, content=nothing)
    refused: list[tuple[ExportItem, type[errors.ConnectorError], str]] = [
        (same_number, errors.DuplicateFound, item.number),
        (odoo.item(Kind.COMMITMENT, vendor_origin="V-7"), errors.ReferenceNotFound, "V-7"),
        (bill, errors.ReferenceNotFound, "no line l-9"),
    ]
    for each, error, said in refused:
        with pytest.raises(error, match=said):
            connector.create(each)
        assert odoo.count(each) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"database": "elsewhere"}, "database|no Odoo"),
        ({"company": "Somebody else"}, "no company Somebody else"),
        ({"plan": "Machines"}, "analytic plan Machines"),
        ({"product": "GONE"}, "product GONE"),
        ({"retainage_product": "LOST"}, "product LOST"),
    ],
)
def test_a_connection_that_is_set_up_wrongly_says_how(
    odoo: StubErp, options: dict[str, str], said: str
) -> None:
    with pytest.raises(errors.ConfigurationError, match=said):
        odoo.connected(**options).check()


def test_the_wrong_protocol_is_a_setting_not_a_failure_of_items(odoo: StubErp) -> None:
    wrong = "jsonrpc" if odoo.stub.version >= 19 else "json2"
    with pytest.raises(errors.ConfigurationError, match="no Odoo at this address"):
        odoo.connected(protocol=wrong).check()


@pytest.mark.parametrize(
    ("currency", "line", "total", "problem"),
    [
        # Whatever a currency has, Odoo's prices come with two decimals.
        ("KWD", "1.505", "2.50", ("content.lines[0].amount", "decimals", "Odoo")),
        ("KWD", "1.500", "1.500", None),
        # A yen has none.
        ("JPY", "100.50", "100", ("content.lines[0].amount", "decimals", "JPY")),
        ("JPY", "100.00", "100", None),
        ("USD", "1.00", "1.001", ("content.total", "decimals", "Odoo")),
        # More digits than a number over there has; and none at all.
        ("USD", "12345678901234.00", "1", ("content.lines[0].amount", "amount", "digits")),
        ("USD", "NaN", "1", ("content.lines[0].amount", "amount", "no amount")),
    ],
)
def test_an_amount_that_odoo_would_round_is_refused_before_it_is_sent(
    currency: str, line: str, total: str, problem: tuple[str, str, str] | None
) -> None:
    given = {"url": "http://127.0.0.1:9", "database": "erp", "api_key": "k", "product": "WORK"}
    lines = [{"external_id": "l-1", "amount": line}]
    item = exported(Kind.COMMITMENT, content={"currency": currency, "lines": lines, "total": total})
    found = OdooConnector(OdooConfig.model_validate(given)).validate(item)
    if problem is None:
        assert not found
    else:
        place, rule, said = problem
        assert [(each.field, each.rule) for each in found] == [(place, rule)]
        assert said in found[0].message


def test_amounts_that_odoo_has_changed_fail_the_export(odoo: StubErp) -> None:
    # Given an Odoo whose administrator has taken the decimals of prices away
    digits, odoo.stub.books.price_digits = odoo.stub.books.price_digits, 0
    lines = [{"external_id": "l-1", "amount": "99.50"}]
    try:
        with pytest.raises(
            errors.ValidationFailed, match=r"1 at 100.00, not 1 at 99.50, on line l-1"
        ):
            odoo.connector().create(odoo.item(Kind.COMMITMENT, content={"lines": lines}))
    finally:
        odoo.stub.books.price_digits = digits


def test_the_user_has_to_see_external_ids(odoo: StubErp) -> None:
    odoo.stub.books.forbidden.add("ir.model.data")
    try:
        with pytest.raises(errors.ConfigurationError, match=r"ir\.model\.data"):
            odoo.connector().check()
    finally:
        odoo.stub.books.forbidden.clear()


@pytest.mark.parametrize("word", ["50%", "a_b", "back\\slash"])
def test_a_word_is_searched_for_as_it_is(
    odoo: StubErp, connector: OdooConnector, word: str
) -> None:
    item = odoo.item(Kind.PROJECT)
    for name in (f"{word} {item.mark}", f"50 axb backslash {item.mark}"):
        odoo.stub.books.new("account.analytic.account", {"name": name, "code": item.mark})
    found = connector.list_records(RecordKind.PROJECT, None, f"{word} {item.mark}").records
    assert [each.name for each in found] == [f"{word} {item.mark}"]


def test_retainage_needs_a_product() -> None:
    given = {"url": "http://127.0.0.1:9", "database": "erp", "api_key": "k", "product": "WORK"}
    item = exported(Kind.INVOICE)
    for product, problems in (("", ["retainage_product"]), ("RETAINAGE", [])):
        options = OdooConfig.model_validate({**given, "retainage_product": product})
        assert [each.rule for each in OdooConnector(options).validate(item)] == problems
