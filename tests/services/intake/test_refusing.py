"""What contradicts its commitment or itself is refused with every reason at once."""

from typing import Any

import pytest
import sqlalchemy as sa

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost_intake.incoming import open_all
from gatepost_intake.receiving import receive
from tests.services.desk import ANN, Desk, data


def bills(*lines: tuple[str, str], **more: Any) -> dict[str, Any]:
    """The content of an invoice that bills so much on lines of the commitment."""
    billed = [{"commitment_line": line, "amount": amount} for line, amount in lines]
    total = str(sum(float(amount) for _, amount in lines))
    return {"billing_date": "2026-11-10", "lines": billed, "total": total, **more}


def changes(amount: str) -> dict[str, Any]:
    line = {"external_id": "c-1", "cost_code": "05-120", "amount": amount}
    return {"lines": [line], "total": amount}


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(each["field"], each["rule"]) for each in desk.refusal()["errors"]]


def test_an_invoice_that_contradicts_its_commitment_hears_every_reason(desk: Desk) -> None:
    # Given a commitment of 12,400.00 on the line l-1
    desk.sends()
    # When an invoice bills more on it, and a line that is not there
    content = bills(("l-1", "12400.01"), ("l-9", "5.00"), total="1.005", retainage="-1.00")
    desk.event(data("invoice", content=content, status="draft"))
    # Then all of it is told at once
    assert told(desk) == [
        ("status", "status"),
        ("content.lines[1].commitment_line", "commitment_line"),
        ("content.lines[0].amount", "over_billed"),
        ("content.retainage", "retainage"),
        ("content.total", "decimals"),
        ("content.total", "adds_up"),
    ]


def test_what_a_change_brought_may_be_billed_once_it_is_accepted(desk: Desk) -> None:
    # Given a change order that nobody has accepted yet
    desk.sends()
    desk.sends("change_order", content=changes("900.00"))
    # When it is billed; Then it is refused
    desk.event(data("invoice", content=bills(("c-1", "900.00"))))
    assert told(desk) == [("content.lines[0].commitment_line", "commitment_line")]
    # When accounting accepts it, and it is billed again; Then it passes
    desk.asks("accept", ANN, kind="change_order", revision=1)
    assert desk.sends("invoice", content=bills(("c-1", "900.00"))).state is State.SENT


def test_a_change_that_takes_more_away_than_there_is_is_refused(desk: Desk) -> None:
    desk.sends()
    desk.event(data("change_order", content=changes("-12400.01")))
    assert told(desk) == [("content.total", "below_zero")]
    assert desk.sends("change_order", content=changes("-12400.00")).state is State.SENT


def test_a_commitment_in_the_same_batch_counts(desk: Desk) -> None:
    # Given a commitment with its invoices in one batch, of which one bills too much
    desk.arrives(
        desk.incoming(data()),
        desk.incoming(data("invoice", external_id="i-1", content=bills(("l-1", "12400.00")))),
        desk.incoming(data("invoice", external_id="i-2", content=bills(("l-1", "12400.01")))),
    )
    # Then that one is refused
    assert desk.facts() == ["received", "received", "refused"]
    assert told(desk) == [("content.lines[0].amount", "over_billed")]


@pytest.mark.parametrize(("kind", "queries"), [("invoice", 1), ("sub_job", 0)])
def test_one_query_more_reads_the_agreements_of_a_batch(
    desk: Desk, kind: str, queries: int
) -> None:
    # Given a batch of children of several commitments, or of none
    desk.arrives(*(desk.incoming(data(external_id=f"sc-{at}")) for at in range(3)))
    batch = [
        desk.incoming(data(kind, external_id=f"{kind}-{at}", parent=f"sc-{at % 3}"))
        for at in range(9)
    ]
    asked: list[str] = []
    # When they are received
    with desk.ledger.work() as work:
        sa.event.listen(
            work.connection, "before_cursor_execute", lambda *seen: asked.append(seen[2])
        )
        receive(open_all(batch), work)
    # Then what was agreed is read at most once
    assert sum("union all" in statement.lower() for statement in asked) == queries
    assert len(desk.rows(tables.items, tables.items.c.kind == kind)) == 9


def test_what_can_be_read_is_held_against_the_rules_although_something_cannot(desk: Desk) -> None:
    # Given an event without a creator and with a total that is no amount, and more that is wrong
    raw = data(status="draft", project="nowhere", url="file:///etc/passwd", title="x" * 300)
    del raw["created_by"]
    raw["content"] = {**raw["content"], "total": 5, "vendor": "v-9"}
    # When it is sent
    desk.event(raw)
    # Then all is told that can be told; of what could not be read, only that
    assert told(desk) == [
        ("created_by", "missing"),
        ("content.total", "string_type"),
        ("status", "status"),
        ("url", "url"),
        ("project", "parent_sent"),
        ("content.vendor", "vendor_linked"),
        ("title", "max_length"),
    ]


def test_an_event_of_an_unknown_company_still_hears_what_its_shape_lacks(desk: Desk) -> None:
    raw = data(company="nobody")
    del raw["status"]
    desk.event(raw)
    assert told(desk) == [("status", "missing"), ("company", "not_found")]
