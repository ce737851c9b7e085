"""Sealing: every row of history gets its place in the company's chain, once."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from gatepost.ledger import audit_sealing
from gatepost.ledger.audit_reading import head
from gatepost.ledger.audit_sealing import seal
from tests.ledger.chains import COMPANY, chain, record, verdict, with_seals
from tests.ledger.office import Office


@pytest.fixture
def recorded(office: Office) -> Office:
    return with_seals(office)


def test_what_is_recorded_waits_for_its_seal_and_is_sealed_once(office: Office) -> None:
    # Given history
    seal(office.database)
    before = verdict(office)
    record(office, "pm-1", times=3)
    waiting = verdict(office)
    assert (waiting.holds, waiting.rows, waiting.unsealed) == (True, before.rows, 3)
    # When it is sealed, more than once
    assert [seal(office.database), seal(office.database)] == [3, 0]
    # Then the chain holds, and its head is the newest seal's hash
    found = verdict(office)
    assert (found.holds, found.rows, found.unsealed) == (True, before.rows + 3, 0)
    newest = head(office.database, COMPANY)
    assert newest is not None
    assert newest.hash == found.head != before.head


def test_each_seal_names_the_one_before_it_and_lists_its_rows_by_time(recorded: Office) -> None:
    chained = chain(recorded)
    assert [each.seq for each in chained] == [1, 2, 3, 4]
    assert [each.previous for each in chained[1:]] == [each.hash for each in chained[:-1]]
    assert all(each.ids == sorted(each.ids) for each in chained)


def test_a_row_that_is_committed_late_is_not_passed_over(office: Office) -> None:
    if office.database.is_sqlite:
        pytest.skip("its writers are one after the other")
    # Given a transaction that took its ids early and is not committed yet
    office.stores("pm-1", "pm-2")
    ids = sorted(row for row in office.stores("pm-3", "pm-4"))
    with office.ledger.work() as late:
        late.record(late.item(ids[0]), "noted late", by="ann", channel="test")
        late.flush()
        # When others with higher ids are sealed meanwhile
        with office.ledger.work() as soon:
            soon.record(soon.item(ids[1]), "noted", by="ann", channel="test")
        seal(office.database)
        late.connection.commit()
    # Then it waits, and is sealed the next time
    assert verdict(office).unsealed == 1
    assert seal(office.database) == 1
    assert verdict(office).holds


def test_many_sealers_at_once_seal_each_row_once(office: Office) -> None:
    record(office, "pm-1", times=40)
    threads = [threading.Thread(target=seal, args=(office.database,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal(office.database)
    found = verdict(office)
    assert (found.holds, found.unsealed) == (True, 0)
    ids = [row_id for each in chain(office) for row_id in each.ids]
    assert len(ids) == len(set(ids)) == found.rows


def test_a_batch_larger_than_a_seal_becomes_several(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(office.database)
    monkeypatch.setattr(audit_sealing, "BATCH", 2)
    record(office, "pm-1", times=5)
    assert seal(office.database) == 5
    assert [len(each.rows) for each in chain(office)][1:] == [2, 2, 1]
    assert verdict(office).holds


# --- what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update history set comment = 'nothing happened'",
        "delete from history",
        "update history_seals set hash = ''",
        "delete from history_seals",
    ],
)
def test_history_cannot_be_changed_by_a_program(recorded: Office, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):  # noqa: SIM117 - what raises
        with recorded.database.transaction() as connection:
            connection.exec_driver_sql(statement)
    assert verdict(recorded).holds


def test_history_cannot_be_emptied_on_postgresql(recorded: Office) -> None:
    if recorded.database.is_sqlite:
        pytest.skip("it has no truncate")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):  # noqa: SIM117 - what raises
        with recorded.database.transaction() as connection:
            connection.exec_driver_sql("truncate history")


@pytest.mark.parametrize(
    "statement",
    [
        "insert or replace into history select * from history limit 1",
        "replace into history_seals select * from history_seals limit 1",
        # by the number of its row, under another key
        "insert or replace into history (rowid, id, company, what, revision, by, channel, comment,"
        " detail, at) select rowid, x'00', company, 'noted', revision, by, channel, comment, detail,"
        " at from history limit 1",
        "insert or replace into history_seals (rowid, company, seq, at, first_at, last_at, previous,"
        " rows, hash) select rowid, company, 99, at, first_at, last_at, previous, rows, hash"
        " from history_seals limit 1",
    ],
)
def test_history_cannot_be_replaced_on_sqlite(recorded: Office, statement: str) -> None:
    if not recorded.database.is_sqlite:
        pytest.skip("it has no replace")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):  # noqa: SIM117 - what raises
        with recorded.database.transaction() as connection:
            connection.exec_driver_sql(statement)
    assert verdict(recorded).holds
