"""Children of what is not in the ERP yet: accepted in any order, released or told."""

import pytest
import sqlalchemy as sa

from gatepost.domain.lifecycle import State
from gatepost.ledger import tables
from gatepost.ledger.exports import release_children
from tests.services.desk import ANN, BO, UMA, Desk


def test_a_child_is_accepted_in_any_order_and_waits_for_its_parent(desk: Desk) -> None:
    # Given a change order whose commitment is not in the ERP
    desk.sends()
    desk.sends("change_order")
    # When it is accepted first
    assert desk.asks("accept", kind="change_order", revision=1).outcome == "done"
    # Then it waits in its state, and says for what
    child = desk.item("change_order")
    assert child.state is State.EXPORTING
    assert child.waits_for == "commitment SC-1001 must be in the ERP first"
    assert desk.waiting("Export") == []


def test_a_child_of_what_is_in_the_erp_goes_at_once(desk: Desk) -> None:
    desk.sends()
    desk.asks("accept", revision=1)
    desk.exports()
    desk.sends("invoice")
    desk.asks("accept", kind="invoice", revision=1)
    requests = desk.waiting("Export")
    assert desk.item("invoice").export_id in [request["id"] for request in requests]


def test_a_child_of_an_announced_project_waits_for_nothing(desk: Desk) -> None:
    desk.sends("sub_job")
    desk.asks("accept", kind="sub_job", revision=1)
    assert desk.item("sub_job").waits_for == ""
    assert len(desk.waiting("Export")) == 1


def test_what_waits_for_its_parent_can_be_taken_back(desk: Desk) -> None:
    desk.sends()
    desk.sends("invoice")
    desk.asks("accept", kind="invoice", revision=1)
    assert desk.asks("take_back", kind="invoice").outcome == "done"
    assert (desk.item("invoice").state, desk.item("invoice").waits_for) == (State.SENT, "")


# What becomes of the commitment, and what its invoice says that it waits for then.
NEUTRAL = "commitment SC-1001 must be in the ERP first"
STANDSTILL = [
    ("reject", "commitment SC-1001 was rejected; it must be in the ERP first"),
    ("retrieve", "commitment SC-1001 was taken back by its sender; it must be in the ERP first"),
]


def a_waiting_invoice(desk: Desk) -> None:
    desk.sends()
    desk.sends("invoice")
    assert desk.asks("accept", kind="invoice", revision=1).outcome == "done"
    assert desk.item("invoice").waits_for == NEUTRAL


@pytest.mark.parametrize(("step", "said"), STANDSTILL)
def test_a_child_is_told_that_its_parent_stands_still_and_that_it_moves_on(
    desk: Desk, step: str, said: str
) -> None:
    # Given an accepted invoice that waits for its commitment
    a_waiting_invoice(desk)
    # When the commitment is rejected, or taken back
    by = UMA if step == "retrieve" else ANN
    assert desk.asks(step, by, revision=1, comment="wrong").outcome == "done"
    # Then the invoice says so, in its history too
    assert desk.item("invoice").waits_for == said
    assert desk.history("invoice")[-1][0] == f"parent {desk.item().state}"
    # When the commitment is sent again, then nothing of that is left
    desk.sends(revision=2)
    assert desk.item("invoice").waits_for == NEUTRAL
    assert desk.history("invoice")[-1][0] == "parent moves on"


def test_a_child_follows_its_parent_from_one_standstill_to_the_next(desk: Desk) -> None:
    a_waiting_invoice(desk)
    desk.asks("accept", revision=1)
    assert desk.item("invoice").waits_for == NEUTRAL
    said = []
    for step in (
        lambda: desk.fails(),
        lambda: desk.asks("retry", BO),
        lambda: desk.fails(),
        lambda: desk.asks("reject", BO, revision=1, comment="no"),
        lambda: desk.asks("archive", BO),
    ):
        step()
        said.append(desk.item("invoice").waits_for.removeprefix("commitment SC-1001 "))
    assert said == [
        "failed to export; it must be in the ERP first",
        "must be in the ERP first",
        "failed to export; it must be in the ERP first",
        "was rejected; it must be in the ERP first",
        "was put away; it must be in the ERP first",
    ]


def test_what_is_accepted_after_its_parent_was_rejected_says_so_at_once(desk: Desk) -> None:
    desk.sends()
    desk.sends("change_order")
    desk.asks("reject", revision=1, comment="no")
    desk.asks("accept", kind="change_order", revision=1)
    assert desk.item("change_order").waits_for == STANDSTILL[0][1]


def test_only_those_who_wait_are_told(desk: Desk) -> None:
    # Given a child that is not accepted, one that is done with, and one that waits
    desk.sends()
    for name in ("i-1", "i-2", "i-3"):
        desk.sends("invoice", external_id=name)
    desk.asks("reject", item_id=desk.item("invoice", "i-2").id, revision=1, comment="no")
    desk.asks("accept", item_id=desk.item("invoice", "i-3").id, revision=1)
    # When the parent is rejected
    desk.asks("reject", revision=1, comment="no")
    # Then the one is told
    waiting = [desk.item("invoice", name).waits_for for name in ("i-1", "i-2", "i-3")]
    assert waiting == ["", "", STANDSTILL[0][1]]


def test_children_of_many_parents_are_told_in_one_query(desk: Desk) -> None:
    # Given several commitments with a waiting invoice each
    names = [f"sc-{at}" for at in range(6)]
    for name in names:
        desk.sends(external_id=name, number=name)
        desk.sends("invoice", external_id=f"{name}-i", parent=name)
        desk.asks("accept", item_id=desk.item("invoice", f"{name}-i").id, revision=1)
    # When all are taken back within one transaction
    queries: list[str] = []
    with desk.ledger.work() as work:
        sa.event.listen(
            work.connection, "before_cursor_execute", lambda *seen: queries.append(seen[2])
        )
        found = [work.item(desk.item("commitment", name).id) for name in names]
        for item in found:
            item.retrieve(work.now)
    # Then each invoice names its own, and who waits was asked for once
    told = {desk.item("invoice", f"{name}-i").waits_for.split(" was ")[0] for name in names}
    assert told == {f"commitment {name}" for name in names}
    assert sum("waits_for !=" in each and "parent_id" in each for each in queries) == 1


def test_a_child_released_by_its_parent_can_be_taken_back_for_as_long_as_any(desk: Desk) -> None:
    # Given a company that gives a minute, and an invoice that waits
    desk.set_up(grace_seconds=60)
    a_waiting_invoice(desk)
    desk.asks("accept", revision=1)
    # When its commitment is in the ERP
    desk.exports()
    with desk.ledger.work() as work:
        release_children([desk.item().id], work)
    # Then its export is held back for that minute, and it can be taken back
    child = desk.item("invoice")
    (request,) = desk.rows(tables.messages, tables.messages.c.id == child.export_id)
    assert request["lease_token"], "held: the exporter cannot take it before the minute is over"
    assert desk.asks("take_back", kind="invoice").outcome == "done"
    assert desk.item("invoice").state is State.SENT
