"""Bills, which are not changed from here once they are written."""

from dataclasses import replace
from typing import Any

import pytest

from gatepost.connectors import errors
from gatepost.connectors.port import ExportItem
from gatepost.connectors.quickbooks import QuickBooksConnector
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from tests.connectors.quickbooks_erp import QuickBooks


@pytest.fixture
def connector(quickbooks: QuickBooks) -> QuickBooksConnector:
    return quickbooks.connected()


def again(item: ExportItem, origin: Origin, **content: Any) -> ExportItem:
    """The next revision of an invoice."""
    key, revision = f"{item.mark}:{item.revision + 1}", item.revision + 1
    content = {**item.content, **content}
    return replace(item, key=key, revision=revision, origin=origin, content=content)


def test_an_invoice_sent_again_as_it_was_adopts_the_bill_that_is_there(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given a bill with retainage
    item = quickbooks.item(Kind.INVOICE)
    item = replace(item, content={**item.content, "retainage": "100.00"})
    origin = connector.create(item)

    # When the same is sent again, then nothing stands against it, and it is done
    same = again(item, origin)
    assert not connector.validate(same)
    assert connector.update(same) == origin
    assert quickbooks.count(item) == 1

    # And so it is where a bookkeeper has given the bill other words: they stay
    quickbooks.books.edit(origin.id, Memo="as agreed with Ann")
    assert not connector.validate(same)
    kept = connector.update(same)
    assert kept.data != origin.data
    assert not connector.validate(replace(same, origin=kept))
    assert quickbooks.books.tables.record(origin.id).findtext("Memo") == "as agreed with Ann"

    # And the same where the order's lines have other ids by now
    assert item.parent_origin is not None
    lines = tuple((name, f"{at}-other") for at, (name, _) in enumerate(item.parent_origin.lines))
    assert not connector.validate(
        replace(same, parent_origin=replace(item.parent_origin, lines=lines))
    )


@pytest.mark.parametrize(
    "content",
    [
        {"retainage": "200.00"},
        {"billing_date": "2026-11-29"},
        {"lines": [{"commitment_line": "l-1", "amount": "1.00"}]},
    ],
)
def test_a_changed_invoice_is_refused_before_it_is_accepted_and_a_linked_one_when_it_is_written(
    quickbooks: QuickBooks, connector: QuickBooksConnector, content: dict[str, Any]
) -> None:
    item = quickbooks.item(Kind.INVOICE)
    origin = connector.create(item)

    # What is known to be another bill is refused as soon as anybody looks
    (problem,) = connector.validate(again(item, origin, **content))
    assert (problem.field, problem.rule) == ("content", "updates")
    assert "change it there, then link it to this item; or reject" in problem.message

    # Of a bill that was linked it is not known what was asked for: it is compared
    linked = replace(origin, data=origin.data.partition(" ")[0])
    changed = again(item, linked, **content)
    assert not connector.validate(changed)
    with pytest.raises(errors.ValidationFailed, match="change it there") as refused:
        connector.update(changed)
    assert "reject" in refused.value.who_can_fix
    assert connector.update(again(item, linked)).id == origin.id
    assert quickbooks.count(item) == 1


def test_an_invoice_can_bill_no_line_of_a_change_order_and_that_is_said_early(
    quickbooks: QuickBooks, connector: QuickBooksConnector
) -> None:
    # Given an order with two lines, and an invoice for one that a change order has added
    item = quickbooks.item(Kind.INVOICE)
    lines = [item.content["lines"][0], {"commitment_line": "co-1-1", "amount": "5.00"}]
    item = replace(item, content={**item.content, "lines": lines})
    assert item.parent_origin is not None

    # Then it is refused with that very line, and so is its export
    (problem,) = connector.validate(item)
    assert (problem.field, problem.rule) == ("content.lines[1].commitment_line", "order_line")
    assert "only the lines of the commitment itself" in problem.message
    assert problem.message.endswith("co-1-1")
    with pytest.raises(errors.ValidationFailed) as refused:
        connector.create(item)
    assert refused.value.message == problem.message

    # And nothing is said of it while it is not known which lines the order has
    assert not connector.validate(replace(item, parent_origin=None))
    assert not connector.validate(replace(item, parent_origin=Origin(item.parent_origin.id)))
