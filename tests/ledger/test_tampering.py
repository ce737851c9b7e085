"""Tampering: whatever is done to the history or its seals behind our back is found and named."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from gatepost.ledger.audit_reading import verify
from gatepost.ledger.audit_sealing import seal
from tests.ledger.chains import COMPANY, broken, chain, intrude, record, verdict, with_seals
from tests.ledger.office import Office


@pytest.fixture
def recorded(office: Office) -> Office:
    return with_seals(office)


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
    intrude(recorded.database, *statements)
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
    fewer = replace(second, rows=second.rows[:1])
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
