"""Readings: what is a candidate, what has drifted, and when it is read by itself."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest

from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import NotAllowed, NotFound
from gatepost.domain.items import Item, Origin
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting, directory_file, erp_readings, erp_records, tables
from gatepost.ledger.erp_records import RecordFilter
from gatepost.messages.cloud_events import read
from gatepost.messages.item_events import read_sent
from gatepost.messages.requests import Purpose
from gatepost_exporter.sandbox import SandboxConnector
from gatepost_sandbox.kinds import Kind
from tests.journeys.company import DIRECTORY, project
from tests.services.exporter.reader import ON_BOTH, Reader, reader

__all__ = ["reader"]


@ON_BOTH
def test_what_gatepost_wrote_is_no_candidate_for_an_import(
    reader: Reader, commitments: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given an item that was exported, and one that failed although the ERP has a record of it
    exported = reader.exported(commitments()[0])
    (failed,) = reader.room.accepts(*commitments())
    with reader.ledger.work() as work:
        item = work.item(failed)
        item.state = type(item.state).FAILED
    written = reader.enters(mark=failed)

    # When the ERP is read
    reader.reads(Purpose.REFRESH)

    # Then only the record of the failed one stands there, with the item it bears the mark of
    (found,) = reader.ready()
    assert found.origin_id == written
    page = erp_records.page(reader.ledger, RecordFilter("acme", WorkList.READY_TO_IMPORT))
    assert [(each.item_id, each.why) for each in page.suggestions[found.id]] == [(failed, "mark")]
    assert exported.origin is not None


@ON_BOTH
def test_children_are_ready_only_under_a_parent_that_is_linked(
    reader: Reader, commitments: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given an exported commitment, and an invoice and change orders a bookkeeper wrote
    parent = reader.exported(commitments()[0])
    assert parent.origin is not None
    below = reader.enters(Kind.CHANGE_ORDER, parent=parent.origin.id)
    foreign = reader.enters()
    reader.enters(Kind.CHANGE_ORDER, parent=foreign)
    reader.enters(Kind.INVOICE)

    # When the ERP is read, then what is under another commitment, or under none, is not shown
    reader.reads(Purpose.REFRESH)
    assert {each.origin_id for each in reader.ready()} == {below, foreign}
    counted = counting.counts(reader.ledger.database, "acme")[WorkList.READY_TO_IMPORT]
    assert {kind.value: number for kind, number in counted.items() if number} == {
        "change_order": 1,
        "commitment": 1,
    }


@ON_BOTH
def test_a_sync_compares_what_is_linked_and_looks_up_what_it_did_not_come_across(
    reader: Reader, commitments: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given three exported items: one is as it was, one was changed, one was deleted in the ERP
    same, changed, gone = (reader.exported(each) for each in commitments(3))
    assert changed.origin is not None
    assert gone.origin is not None
    reader.room.sandbox.books.amend(Kind.COMMITMENT, changed.origin.id, {"total": "1.00"})
    reader.room.sandbox.books.remove(Kind.COMMITMENT, gone.origin.id)

    # When they are synced
    found = reader.reads(Purpose.SYNC)

    # Then each says how the ERP has it, and nothing was staged
    drifts = [reader.room.item(each.id).drift for each in (same, changed, gone)]
    assert drifts[0] is None
    assert drifts[1] is not None
    assert drifts[1]["fields"] == [{"field": "total", "ours": "20000.00", "theirs": "1.00"}]
    assert drifts[2] is not None
    assert drifts[2]["gone"] is True
    assert found.error == ""
    assert reader.ready() == []


@ON_BOTH
def test_what_came_to_be_around_an_item_is_no_drift_of_it(
    reader: Reader, commitments: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given commitments that were written before their project was in the ERP, and one after
    [before, amended, rewritten] = (reader.exported(each) for each in commitments(3))
    job = reader.enters(Kind.PROJECT, title="Harbor Bridge")
    with reader.ledger.work() as work:
        event = project("pm-12")
        sending, _ = read_sent(read(orjson.dumps(event)))
        imported = Item.new(sending, work.now)
        work.put(imported)
        imported.state, imported.origin = State.SYNCED, Origin(job)
    after = reader.exported(commitments()[0])
    books = reader.room.sandbox.books
    assert [each["parent"] for each in reader.room.records(before.id, after.id)] == [None, job]

    # When one of them is changed in the ERP, one is taken from its project there, and it is synced
    assert amended.origin
    assert after.origin
    books.amend(Kind.COMMITMENT, amended.origin.id, {"title": "By hand"})
    books.amend(Kind.COMMITMENT, after.origin.id, {"parent": None})
    # And of one nobody knows what was written, for its vendor is another one by now
    with reader.ledger.work() as work:
        rows = work.rows_by_ids(tables.export_attempts, [rewritten.id], column="item_id")
        work.change(tables.export_attempts, rows[0].id, request_hash="of another vendor")
    reader.reads(Purpose.SYNC)

    # Then what differs from what was written is said, and nothing else
    drifts = [reader.room.item(each.id).drift for each in (before, rewritten)]
    assert drifts == [None, None]
    assert [_fields(reader, each) for each in (amended, after)] == [["title"], ["parent"]]


def _fields(reader: Reader, item: Item) -> list[str]:
    return [each["field"] for each in (reader.room.item(item.id).drift or {"fields": []})["fields"]]


def test_what_a_connector_cannot_list_is_looked_up_one_by_one(
    reader: Reader,
    commitments: Callable[..., list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a connector that lists projects only
    item = reader.exported(commitments()[0])
    assert item.origin is not None
    listable = dataclasses.replace(SandboxConnector.profile, listable=(RecordKind.PROJECT,))
    monkeypatch.setattr(SandboxConnector, "profile", listable)
    reader.room.sandbox.books.amend(Kind.COMMITMENT, item.origin.id, {"title": "By hand"})

    # When a refresh of commitments is asked for, then that is refused with what there is
    with pytest.raises(NotAllowed, match="does not list commitments"):
        reader.begins(Purpose.REFRESH, RecordKind.COMMITMENT)

    # When it is synced, then it is compared all the same
    reader.reads(Purpose.SYNC)
    drift = reader.room.item(item.id).drift
    assert drift is not None
    assert [each["field"] for each in drift["fields"]] == ["title"]


def test_a_connection_that_is_not_there_cannot_be_read(reader: Reader) -> None:
    with pytest.raises(NotFound), reader.ledger.work() as work:
        erp_readings.begin(work, "acme", "nothing", Purpose.REFRESH, by="ann")


@ON_BOTH
def test_a_schedule_syncs_and_comes_again(reader: Reader) -> None:
    # Given a schedule
    def arranged() -> Sequence[str]:
        rows = reader.room.office.messages().items()
        return [message_id for message_id, row in rows if row["type"] == "SyncByItself"]

    with reader.ledger.work() as work:
        erp_readings.arrange(work, "acme", "books", {"every_hours": 4})
    (earlier,) = arranged()
    assert 4 * 3600 - 60 < reader.room.office.due_in(earlier) <= 4 * 3600
    with reader.ledger.work() as work:  # it is changed: the earlier arrangement is forgotten
        erp_readings.arrange(work, "acme", "books", {"every_hours": 2})
    (later,) = set(arranged()) - {earlier}

    # When both times have come
    reader.room.office.time_passes(earlier, later)
    reader.ledger.sweep()
    reader.handler([earlier])
    assert arranged() == [later]
    reader.handler([later])

    # Then one sync is under way, and the next time is arranged
    assert not reader.begins(Purpose.SYNC)
    assert reader.latest(Purpose.SYNC).started_by == "the company's sync schedule"
    (following,) = arranged()
    assert 2 * 3600 - 60 < reader.room.office.due_in(following) <= 2 * 3600


def test_a_schedule_is_arranged_when_the_directory_names_another_one(reader: Reader) -> None:
    # Given a directory whose connection is synced by itself
    text = DIRECTORY.replace("ERP_URL", reader.room.sandbox.http_url)
    often = text.replace(
        'connector = "sandbox"', 'connector = "sandbox"\nsync = { every_hours = 4 }'
    )

    def arranged() -> set[str]:
        return set(reader.room.office.messages())

    directory_file.apply(reader.ledger.database, directory_file.parse(often))
    (first,) = arranged()

    # When it is applied once more, then nothing is arranged anew; when it is taken out, it ends
    directory_file.apply(reader.ledger.database, directory_file.parse(often))
    assert arranged() == {first}
    directory_file.apply(reader.ledger.database, directory_file.parse(text))
    reader.room.office.time_passes(first)
    reader.ledger.sweep()
    reader.handler([first])
    assert arranged() == set()


def test_the_directory_file_names_the_schedule() -> None:
    text = (
        '[company]\nkey = "acme"\nname = "A"\n[[connections]]\nkey = "b"\nconnector = "sandbox"\n'
    )
    options = 'options = { url = "http://127.0.0.1:9" }\n'
    named = directory_file.parse(text + options + 'sync = { hour = 5, zone = "Europe/Oslo" }\n')
    assert named.connections[0].sync is not None
    with pytest.raises(directory_file.DirectoryFileError, match="either every_hours or the hour"):
        directory_file.parse(text + options + "sync = { zone = 'UTC' }\n")
