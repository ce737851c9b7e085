"""Whoever waits for a parent is told of it, on either database, whatever has moved the parent."""

import pytest
import sqlalchemy as sa

from gatepost.domain.items import Cause, Item
from gatepost.domain.lifecycle import State
from gatepost.domain.waiting import waits_for
from gatepost.ledger import tables
from tests.ledger.office import Office

CAUSE = Cause("Refused", "Refused", "no such vendor", "accounting")


def fail(parent: Item) -> None:
    parent.state, parent.cause = State.FAILED, CAUSE


def move_on(parent: Item) -> None:
    parent.state = State.EXPORTING


@pytest.fixture
def family(office: Office) -> tuple[str, str, str]:
    """A commitment that is being exported, a child that waits for it, one that is at the ERP."""
    parent, waiting, called = office.stores("c-1", "i-1", "i-2")
    with office.ledger.work() as work:
        work.item(parent).state = State.EXPORTING
        for name, attempts in ((waiting, 0), (called, 1)):
            child = work.item(name)
            child.parent_id, child.state, child.attempts = parent, State.EXPORTING, attempts
            child.waits_for = waits_for(work.item(parent))
    return parent, waiting, called


def test_a_child_is_told_when_its_parent_stands_still_and_when_it_moves_on(
    office: Office, family: tuple[str, str, str]
) -> None:
    parent, waiting, called = family
    before = office.item(waiting).waits_for
    said = []
    for step in (fail, move_on, fail):
        with office.ledger.work() as work:
            step(work.item(parent))
        said.append(office.item(waiting).waits_for)
    failed = before.replace(" must", " failed to export; it must")
    assert said == [failed, before, failed]
    assert office.item(called).waits_for == before, "it is at the ERP: another sentence is its own"
    with office.database.reading() as connection:
        rows = connection.execute(
            sa.select(tables.history.c.what).where(tables.history.c.item_id == waiting)
        )
        assert [what for (what,) in rows] == ["parent failed", "parent moves on", "parent failed"]
