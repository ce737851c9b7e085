"""What a commitment promises, read for a whole parcel: its lines and the changes that count."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.rules import Agreement
from gatepost.ledger import revisions
from gatepost.ledger.agreements import Agreements
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from tests.journeys import company
from tests.journeys.company import Event
from tests.ledger.office import Office

SC_1 = ItemRef("acme", Kind.COMMITMENT, "sc-1")
SC_2 = ItemRef("acme", Kind.COMMITMENT, "sc-2")
LINES = {"l-1": Decimal("12400.00"), "l-2": Decimal("7600.00")}


def store(office: Office, event: Event, state: State = State.SENT, **more: Any) -> Item:
    """An item as it stands after some while, with the content it was sent with."""
    sending, _ = read_sent(read(orjson.dumps(event)))
    with office.ledger.work() as work:
        item = work.find(sending.ref.item_id)
        if item is None:
            item = Item.new(sending, work.now)
            work.put(item)
        item.state, item.revision = state, sending.revision
        for name, value in more.items():
            setattr(item, name, value)
        revisions.keep(item, sending, work)
    return item


def agreement(office: Office, ref: ItemRef | None = SC_1) -> Agreement | None:
    with office.ledger.work() as work:
        return Agreements(work).of(ref)


def test_a_commitment_promises_its_lines(office: Office) -> None:
    store(office, company.commitment("sc-1"))
    assert agreement(office) == Agreement("commitment SC-sc-1", "USD", LINES, project="pm-12")


def test_the_latest_revision_of_a_commitment_counts(office: Office) -> None:
    first = company.commitment("sc-1")
    store(office, first)
    [line, *_] = first["data"]["content"]["lines"]
    second = company.corrected(first, lines=[{**line, "amount": "5.00"}], total="5.00")
    store(office, second)
    promised = agreement(office)
    assert promised
    assert promised.lines == {"l-1": Decimal("5.00")}


# Whether accounting has accepted it, and the ERP has not been told otherwise since.
@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (State.SENT, False),
        (State.EXPORTING, True),
        (State.SYNCED, True),
        (State.FAILED, True),  # accepted; the ERP has trouble with it
        (State.REJECTED, False),
        (State.RETRIEVED, False),
        (State.UNLINKED, False),
        (State.ARCHIVED, False),
    ],
)
def test_a_change_counts_once_it_was_accepted(office: Office, state: State, counts: bool) -> None:
    store(office, company.commitment("sc-1"))
    store(office, company.change_order("co-1", "sc-1"), state)
    promised = agreement(office)
    assert promised
    assert promised.changes == ({"co-1": {"c-1": Decimal("900.00")}} if counts else {})


def test_a_change_that_was_sent_again_counts_as_it_was_accepted(office: Office) -> None:
    # Given a change order that is in the ERP with 900.00
    store(office, company.commitment("sc-1"))
    first = company.change_order("co-1", "sc-1")
    linked = {"origin": Origin("CO-1"), "synced_revision": 1}
    store(office, first, State.SYNCED, **linked)
    # When a revision with 5.00 waits for a decision
    [line] = first["data"]["content"]["lines"]
    store(office, company.corrected(first, lines=[{**line, "amount": "5.00"}], total="5.00"))
    # Then 900.00 is still what was agreed
    promised = agreement(office)
    assert promised
    assert promised.agreed("c-1") == Decimal("900.00")


def test_agreements_are_read_for_all_children_in_one_query(office: Office) -> None:
    # Given two commitments with changes, and others that nobody asks for
    for name in ("sc-1", "sc-2", "sc-3"):
        store(office, company.commitment(name))
        for number in (1, 2):
            change = company.change_order(f"{name}-{number}", name)
            store(office, change, State.SYNCED)
    asked: list[str] = []
    with office.ledger.work() as work:
        agreements = Agreements(work)
        sa.event.listen(
            work.connection, "before_cursor_execute", lambda *seen: asked.append(seen[2])
        )
        # When they are asked for, with one that is not there, a project, and nothing
        nowhere = ItemRef("acme", Kind.COMMITMENT, "nowhere")
        project = ItemRef("acme", Kind.PROJECT, "pm-12")
        agreements.load([SC_1, SC_2, SC_1, nowhere, project, None])
        one, two = agreements.of(SC_1), agreements.of(SC_2)
        assert [agreements.of(ref) for ref in (nowhere, project, None)] == [None] * 3
    # Then it was one query
    assert len(asked) == 1
    assert one
    assert two
    assert set(one.changes) == {"sc-1-1", "sc-1-2"}
    assert set(two.changes) == {"sc-2-1", "sc-2-2"}


def test_a_commitment_stored_in_the_same_transaction_counts(office: Office) -> None:
    store(office, company.commitment("sc-1"))
    store(office, company.change_order("co-1", "sc-1"), State.SYNCED)
    with office.ledger.work() as work:
        agreements = Agreements(work)
        agreements.load([SC_1, SC_2])
        for name in ("sc-1", "sc-2"):
            event = company.commitment(name)
            event["data"]["content"]["currency"] = "EUR"
            sending, _ = read_sent(read(orjson.dumps(event)))
            agreements.stored(sending)
        one, two = agreements.of(SC_1), agreements.of(SC_2)
    assert one
    assert (one.currency, set(one.changes)) == ("EUR", {"co-1"}), "its changes are still agreed"
    assert two == Agreement("commitment SC-sc-2", "EUR", LINES, project="pm-12")


def test_the_changes_of_a_commitment_are_found_by_their_index(office: Office) -> None:
    # Given the statement as it is sent to the database
    sent: list[tuple[str, Any]] = []
    with office.ledger.work() as work:
        sa.event.listen(
            work.connection, "before_cursor_execute", lambda *seen: sent.append((seen[2], seen[3]))
        )
        Agreements(work).load([SC_1])
    [(statement, parameters)] = sent
    # When its plan is asked for
    with office.database.reading() as connection:
        explain = "explain query plan"
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("set local enable_seqscan = off")  # the table is empty
            explain = "explain"
        plan = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    # Then the change orders are not looked for among all items
    assert "ix_items_change_orders" in str(plan)
