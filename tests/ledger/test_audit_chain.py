"""The audit chain: every row of history is sealed once, and whatever is done to one is found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa

from gatepost.ledger.audit import Break, Seal, Verdict
from gatepost.ledger.audit_export import NotAnExport, Span, export, verify_lines
from gatepost.ledger.audit_reading import head, seals, verify
from gatepost.ledger.audit_sealing import seal
from gatepost.ledger.database import Database
from tests.ledger.office import Office

COMPANY = "acme"
TRIGGERS = {"postgresql": "alter table {} disable trigger user", "sqlite": ""}


@pytest.fixture
def recorded(office: Office) -> Office:
    """Three seals of two rows each, after what the directory's own row left."""
    seal(office.database)
    for number in range(3):
        record(office, f"pm-{number}", times=2)
        seal(office.database)
    return office


def record(office: Office, external_id: str, *, times: int = 1) -> None:
    (item_id,) = office.stores(external_id)
    for number in range(times):
        with office.ledger.work() as work:
            work.record(
                work.item(item_id), "noted", by="ann", channel="test", n=number, why="\u00fc\n"
            )


def verdict(office: Office) -> Verdict:
    return verify(office.database, COMPANY)


def chain(office: Office) -> list[Seal]:
    with office.database.reading() as connection:
        return seals(connection, COMPANY)


def broken(office: Office) -> Break:
    found = verdict(office).broken
    assert found is not None
    return found


def lines(office: Office, span: Span | None = None) -> list[bytes]:
    return [orjson.dumps(line) for line in export(office.database, COMPANY, span or Span())]


def intrude(database: Database, *statements: str) -> None:
    """What somebody does who may do everything: first of all, take the triggers away."""
    with database.transaction() as connection:
        if database.is_sqlite:
            names = connection.exec_driver_sql(
                "select name from sqlite_master where type = 'trigger'"
            )
            for name in names.scalars().all():
                connection.exec_driver_sql(f"drop trigger {name}")
        else:
            for table in ("history", "history_seals"):
                connection.exec_driver_sql(f"alter table {table} disable trigger user")
        for statement in statements:
            connection.exec_driver_sql(statement)


# --- sealing -------------------------------------------------------------------------------------


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
    from gatepost.ledger import audit_sealing

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


# --- tampering -----------------------------------------------------------------------------------

_OF_SEAL_3 = "(select id from history order by id desc limit 1 offset 2)"

CASES: list[tuple[str, int | None, tuple[str, ...]]] = [
    # a word of a row
    ("row_changed", 3, (f"update history set comment = 'x' where id = {_OF_SEAL_3}",)),
    # its moment, by a little
    (
        "row_changed",
        3,
        (f"update history set at = '2020-01-01T00:00:00+00:00' where id = {_OF_SEAL_3}",),
    ),
    # its detail, which is no JSON any more where the database lets it
    ("row_changed", 3, (f"update history set detail = '[]' where id = {_OF_SEAL_3}",)),
    # its company: it is not hidden among another's
    ("row_changed", 3, (f"update history set company = 'other' where id = {_OF_SEAL_3}",)),
    # a row that is gone
    ("row_missing", 3, (f"delete from history where id = {_OF_SEAL_3}",)),
    # a row that never went through the ledger
    (
        "row_inserted",
        None,
        (
            "insert into history select '00000000-0000-7000-8000-000000000001', item_id, company, "
            f'what, revision, "by", channel, comment, detail, at from history where id = {_OF_SEAL_3}',
        ),
    ),
    # a seal in the middle
    ("seal_missing", 2, ("delete from history_seals where seq = 2",)),
    # the newest seal: its rows are left without one
    ("row_inserted", None, ("delete from history_seals where seq = 4",)),
    # two seals in each other's place
    (
        "seal_changed",
        2,
        (
            "update history_seals set seq = 9 where seq = 2",
            "update history_seals set seq = 2 where seq = 3",
            "update history_seals set seq = 3 where seq = 9",
        ),
    ),
    # a hash written over
    ("seal_changed", 3, ("update history_seals set hash = 'f00' where seq = 3",)),
    # the moment it was sealed
    ("seal_changed", 3, ("update history_seals set at = first_at where seq = 3",)),
    # what it lists, made unreadable
    ("seal_changed", 3, ("update history_seals set rows = '{\"a\": 1}' where seq = 3",)),
]


@pytest.mark.parametrize(("kind", "seq", "statements"), CASES)
def test_what_an_intruder_did_is_found_and_named(
    recorded: Office, kind: str, seq: int | None, statements: tuple[str, ...]
) -> None:
    # Given a chain that holds
    assert verdict(recorded).holds
    # When somebody changes the tables
    placed = statements
    if not recorded.database.is_sqlite:
        placed = tuple(
            each.replace(
                "'00000000-0000-7000-8000-000000000001'",
                "uuid '00000000-0000-7000-8000-000000000001'",
            )
            for each in statements
        )
    intrude(recorded.database, *placed)
    # Then the first thing that does not hold is named
    found = broken(recorded)
    assert (found.kind, found.seal) == (kind, seq)
    if kind.startswith("row_"):
        assert found.row is not None
        assert found.row in found.sentence


def test_rows_listed_in_another_order_are_found(recorded: Office) -> None:
    third = chain(recorded)[2]
    turned = orjson.dumps(third.rows[::-1]).decode()
    intrude(recorded.database, f"update history_seals set rows = '{turned}' where seq = 3")
    assert (broken(recorded).kind, broken(recorded).seal) == ("rows_reordered", 3)


def test_a_seal_written_anew_breaks_the_one_after_it(recorded: Office) -> None:
    # Given somebody who leaves a row out of a seal, and writes the seal's hash anew
    second = chain(recorded)[1]
    fewer = Seal(**{**_values(second), "rows": second.rows[:1]})
    rows = orjson.dumps(fewer.rows).decode()
    intrude(
        recorded.database,
        f"update history_seals set rows = '{rows}', hash = '{fewer.expected_hash}' where seq = 2",
    )
    # Then the next seal names another one before it
    assert (broken(recorded).kind, broken(recorded).seal) == ("chain_cut", 3)


def test_a_chain_written_anew_from_end_to_end_is_found_by_a_hash_kept_elsewhere(
    recorded: Office,
) -> None:
    # Given the head, printed and put away, and a chain that has grown since
    kept = verdict(recorded).head
    record(recorded, "pm-9")
    seal(recorded.database)
    assert verify(recorded.database, COMPANY, kept=kept).holds
    # When everything is written anew, without a row
    intrude(
        recorded.database,
        f"delete from history where id = {_OF_SEAL_3}",
        "delete from history_seals",
        "delete from history_unsealed",
        "insert into history_unsealed select id, company from history",
    )
    seal(recorded.database)
    # Then the chain holds by itself, and the kept hash tells
    assert verdict(recorded).holds
    found = verify(recorded.database, COMPANY, kept=kept).broken
    assert found is not None
    assert found.kind == "head_missing"


def test_a_row_deleted_before_it_was_sealed_is_listed_as_gone(recorded: Office) -> None:
    record(recorded, "pm-9")
    newest = "(select history_id from history_unsealed)"
    intrude(recorded.database, f"delete from history where id in {newest}")
    assert verdict(recorded).holds  # nothing is known of it yet
    seal(recorded.database)
    assert broken(recorded).kind == "row_missing"
    assert "before it was sealed" in broken(recorded).sentence


# --- the export ----------------------------------------------------------------------------------


def test_an_export_holds_by_itself(recorded: Office) -> None:
    record(recorded, "pm-9")
    found = verify_lines(lines(recorded))
    inside = verdict(recorded)
    assert found == inside
    assert (found.holds, found.seals, found.unsealed) == (True, 4, 1)


def test_an_export_of_a_span_begins_at_the_first_seal_with_a_row_in_it(recorded: Office) -> None:
    third = chain(recorded)[2]
    since = datetime.fromisoformat(third.first_at)
    part = lines(recorded, Span(since=since, until=datetime(2999, 1, 1, tzinfo=UTC)))
    found = verify_lines(part)
    assert (found.holds, found.seals, found.head) == (True, 2, verdict(recorded).head)
    nothing = verify_lines(lines(recorded, Span(until=datetime(2001, 1, 1, tzinfo=UTC))))
    assert (nothing.holds, nothing.seals) == (True, 0)


def _values(seal: Seal) -> dict[str, object]:
    return {name: getattr(seal, name) for name in seal.__slots__}


LINES_CASES: list[tuple[str, Callable[[list[bytes]], list[bytes]]]] = [
    ("row_changed", lambda all: [each.replace(b'"ann"', b'"bob"') for each in all]),
    ("row_missing", lambda all: all[:-1]),
    ("rows_reordered", lambda all: [*all[:-2], all[-1], all[-2]]),
    ("row_inserted", lambda all: [*all, all[-1]]),
    ("row_inserted", lambda all: [*all, all[2]]),
    ("seal_missing", lambda all: all[:-3]),
    ("seal_missing", lambda all: [each for each in all if b'"seq":2' not in each]),
    ("seal_changed", lambda all: [each.replace(b'"seq":2', b'"seq":2,"at":"x"') for each in all]),
]


@pytest.mark.parametrize(("kind", "change"), LINES_CASES)
def test_what_was_done_to_an_export_is_found(
    recorded: Office, kind: str, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    changed = change(lines(recorded))
    assert changed != lines(recorded)
    found = verify_lines(changed).broken
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "line 1: not an export"),
        (b"{}", "line 1: not an export"),
        (b'{"form": "gatepost.audit.v1"}\nnonsense', "line 2: not JSON"),
        (b'{"form": "gatepost.audit.v1"}\n[]', "line 2: no JSON object"),
        (b'{"form": "gatepost.audit.v1"}\n{"a": 1}', "line 2: neither a seal nor a row"),
        (b'{"form": "gatepost.audit.v1"}\n{"seal": {"seq": 1}}', "line 2: a seal lacks something"),
        (b'{"form": "gatepost.audit.v1"}\n{"history": {"id": "1"}, "seal": 1}', "no seal stands"),
    ],
)
def test_what_is_no_export_is_said_with_its_line(text: bytes, said: str) -> None:
    with pytest.raises(NotAnExport, match=said):
        verify_lines(text.splitlines())
