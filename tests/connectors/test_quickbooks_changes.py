"""What is changed in QuickBooks once it is there: what others have put beside it stays."""

import copy
import uuid
from dataclasses import replace

import pytest

from gatepost.connectors.quickbooks import QuickBooksConnector
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.kinds import Kind
from tests.connectors.quickbooks_erp import QuickBooks


@pytest.fixture
def connector(quickbooks: QuickBooks) -> QuickBooksConnector:
    return quickbooks.connected()


def test_a_change_order_keeps_the_lines_others_have_put_there_in_the_very_same_moment(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given a purchase order that a bookkeeper saves between our look at it and our change
    item = quickbooks.item(Kind.CHANGE_ORDER)
    assert item.parent_origin is not None
    order = item.parent_origin.id
    moments = iter([True])
    quickbooks.books.before_change = lambda: (
        quickbooks.books.tables.stamp(quickbooks.books.tables.record(order))
        if next(moments, False)
        else None
    )

    # When the change order is written, then it looked again, and every line is there
    memo = quickbooks.books.tables.record(order).findtext("Memo")
    assert memo
    both = [item.content["lines"][0], {**item.content["lines"][1], "description": ""}]
    item = replace(
        item,
        content={**item.content, "lines": both},
        entries={"description": "Bolts"},
    )
    origin = connector.create(item)
    assert item.parent_origin is not None
    quickbooks.books.before_change = None
    (there,) = [each for each in quickbooks.books.orders() if each["TxnID"] == order]
    assert len(there["lines"]) == 4
    assert there["Memo"] == memo, "the order's words are its own"
    assert [line["Desc"] for line in there["lines"][2:]] == ["Erect steel", "Bolts"]
    assert {name for name, _ in item.parent_origin.lines} == {"l-1", "l-2"}
    assert [line["TxnLineID"] for line in there["lines"][2:]] == [id for _, id in origin.lines]

    # And a revision of it takes its own lines' place, nobody else's
    line = {**item.content["lines"][1], "amount": "1.00"}
    smaller = replace(
        item, key="2", revision=2, origin=origin, content={**item.content, "lines": [line]}
    )
    changed = connector.update(smaller)
    (there,) = [each for each in quickbooks.books.orders() if each["TxnID"] == order]
    assert [line["Amount"] for line in there["lines"]] == ["12400.00", "400.00", "1.00"]

    # And is the very line that was there
    assert there["lines"][2]["TxnLineID"] == dict(origin.lines)["c-2"] == dict(changed.lines)["c-2"]


def test_the_first_update_of_an_order_that_others_have_entered_makes_it_as_it_was_shown(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given a purchase order that was entered by hand, linked, and changed by a change order
    item = quickbooks.item(Kind.COMMITMENT)
    hand = replace(item, mark=str(uuid.uuid4()))
    order = connector.create(hand).id
    record = quickbooks.books.tables.record(order)
    record.remove(record.find("ExternalGUID"))
    for line in record.findall("PurchaseOrderLineRet"):
        for name in ("Other1", "Other2"):
            line.remove(line.find(name))
    entered = connector.look_up(RecordKind.COMMITMENT, order)
    assert entered is not None
    change = quickbooks.item(Kind.CHANGE_ORDER, parent_origin=entered.origin)
    added = [id for _, id in connector.create(change).lines]
    assert len(lines(quickbooks, order)) == 4, "a change order keeps everything that is not its own"

    # When the commitment is sent again with one line, then it has that and the change order's
    first, _ = item.content["lines"]
    again = replace(item, revision=2, key=f"{item.mark}:2", origin=entered.origin,
                    content={**item.content, "lines": [first]})  # fmt: skip
    origin = connector.update(again)
    assert lines(quickbooks, order) == [dict(origin.lines)["l-1"], *added]

    # And what a bookkeeper adds to it later stays
    extra = copy.deepcopy(quickbooks.books.tables.record(order).findall("PurchaseOrderLineRet")[0])
    extra.find("TxnLineID").text = "FF-L"
    for name in ("Other1", "Other2"):
        extra.remove(extra.find(name))
    quickbooks.books.tables.record(order).append(extra)
    connector.update(replace(again, revision=3, key=f"{item.mark}:3", origin=origin))
    assert set(lines(quickbooks, order)) == {dict(origin.lines)["l-1"], *added, "FF-L"}


def lines(quickbooks: QuickBooks, order: str) -> list[str]:
    """The ids of a purchase order's lines."""
    (there,) = [each for each in quickbooks.books.orders() if each["TxnID"] == order]
    return [line["TxnLineID"] for line in there["lines"]]


def test_a_commitment_that_is_sent_again_loses_its_own_lines_only(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given a purchase order with a change order's lines
    order = quickbooks.item(Kind.COMMITMENT)
    origin = connector.create(order)
    change = replace(quickbooks.item(Kind.CHANGE_ORDER, parent_origin=origin), parent_origin=origin)
    added = [id for _, id in connector.create(change).lines]

    # When the commitment is sent again without its first line, and with a new one
    first, second = order.content["lines"]
    lines = [second, {**first, "external_id": "l-3", "description": "Bolts"}]
    again = replace(order, revision=2, key=f"{order.mark}:2", origin=origin,
                    content={**order.content, "lines": lines})  # fmt: skip
    changed = connector.update(again)

    # Then that line is gone, the others are the very same, and the change order has its own
    (there,) = [each for each in quickbooks.books.orders() if each["TxnID"] == origin.id]
    ids = [line["TxnLineID"] for line in there["lines"]]
    known = dict(origin.lines)
    assert [name for name, _ in changed.lines] == ["l-2", "l-3"]
    assert changed.lines[0][1] == known["l-2"]
    assert known["l-1"] not in ids
    assert set(ids) == {id for _, id in changed.lines} | set(added)
