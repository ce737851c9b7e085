"""Reading an ERP: page by page, once, through silences and crashes; looking up; syncing by schedule."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from gatepost.connectors.port import RecordPage
from gatepost.domain.erp_records import RecordKind, StagedRecord
from gatepost.domain.errors import NotAllowed, NotFound
from gatepost.domain.items import Item
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting, directory_file, erp_readings, erp_records, tables
from gatepost.ledger.erp_records import RecordFilter
from gatepost.ledger.options import offered
from gatepost.messages.requests import Purpose
from gatepost.messages.routes import Queue
from gatepost.runtime.outside import LeasedHandler
from gatepost_exporter import sandbox as connector_module
from gatepost_exporter.reading import Reading
from gatepost_exporter.sandbox import SandboxConnector
from gatepost_sandbox.kinds import Kind
from tests.journeys.company import DIRECTORY
from tests.services.exporter.room import Room

ON_BOTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)], indirect=True
)
_names = count(1)


class Reader:
    """An exporter's hands at the questions, one step at a time."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.ledger = room.program.ledger
        self.reading = Reading(room.program)
        self.handler = LeasedHandler(
            self.ledger, self.reading, dispatch=room.dispatched.append, attempts=5
        )

    def begins(self, purpose: Purpose, *kinds: RecordKind) -> bool:
        with self.ledger.work() as work:
            return erp_readings.begin(work, "acme", "books", purpose, by="ann", kinds=kinds)

    def steps(self) -> bool:
        """Whatever waits is taken once, a wait or not; False when nothing is left."""
        ids = [
            message_id
            for message_id, row in self.room.office.messages().items()
            if row["queue"] == Queue.READ and row["type"] != "SyncByItself" and row["due_at"]
        ]
        self.room.office.time_passes(*ids)
        self.ledger.sweep()
        for message_id in ids:
            self.handler([message_id])
        return bool(ids)

    def finishes(self) -> None:
        for _ in range(50):
            if not self.steps():
                return
        raise AssertionError("it never ends")

    def reads(self, purpose: Purpose, *kinds: RecordKind) -> erp_readings.Reading:
        assert self.begins(purpose, *kinds)
        self.finishes()
        return self.latest(purpose)

    def latest(self, purpose: Purpose) -> erp_readings.Reading:
        with self.ledger.database.reading() as connection:
            return erp_readings.readings_of(connection, "acme")["books", purpose]

    def ready(self, **wanted: Any) -> list[StagedRecord]:
        found = RecordFilter("acme", WorkList.READY_TO_IMPORT, **wanted)
        return erp_records.page(self.ledger, found, limit=500).records

    def enters(self, kind: Kind = Kind.COMMITMENT, **record: Any) -> str:
        number = f"R-{next(_names)}"
        return str(self.room.sandbox.books.enter(kind, {"number": number, **record})["id"])

    def exported(self, event: dict[str, Any]) -> Item:
        (item_id,) = self.room.accepts(event)
        self.room.exports(item_id)
        return self.room.item(item_id)


@pytest.fixture
def reader(room: Room) -> Reader:
    for record in room.sandbox.books.records():  # the ERP is one for all tests of this session
        room.sandbox.books.remove(Kind(record["kind"]), record["id"])
    return Reader(room)


@ON_BOTH
def test_every_record_is_staged_page_by_page(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given more records than a page holds
    monkeypatch.setattr(connector_module, "PAGE", 3)
    entered = {reader.enters() for _ in range(8)}

    # When they are read
    found = reader.reads(Purpose.REFRESH, RecordKind.COMMITMENT)

    # Then all of them stand on the list, and the reading says what it took
    assert {each.origin_id for each in reader.ready()} == entered
    assert (found.pages, found.records, found.error) == (3, 8, "")
    assert found.finished_at is not None
    assert reader.room.office.messages() == {}


def test_what_items_refer_to_is_there_to_be_chosen_from(reader: Reader) -> None:
    reader.reads(Purpose.REFRESH, RecordKind.VENDOR, RecordKind.CUSTOMER)
    vendors = RecordFilter("acme", kind=RecordKind.VENDOR, q="aker")
    (found,) = erp_records.page(reader.ledger, vendors).records
    assert (found.origin_id, found.name, found.state) == ("V-100", "Aker Steel AS", "reference")
    assert reader.ready() == [], "a vendor is no candidate for an import"


def test_a_list_is_held_against_choices_once_it_was_read_to_its_end(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a refresh that has read one page of the customers
    monkeypatch.setattr(connector_module, "PAGE", 3)
    reader.begins(Purpose.REFRESH, RecordKind.CUSTOMER)
    reader.steps()
    begun = offered(reader.ledger, "acme", "books", RecordKind.CUSTOMER)
    assert (begun.total, begun.read_at) == (3, None)

    # When it is done, then the list is whole; a sync, which reads no such list, changes nothing
    reader.finishes()
    done = offered(reader.ledger, "acme", "books", RecordKind.CUSTOMER)
    assert done.read_at is not None
    assert ("C-10", "City of Port Calder") in {(each.id, each.name) for each in done.items}
    reader.reads(Purpose.SYNC)
    assert offered(reader.ledger, "acme", "books", RecordKind.CUSTOMER) == done


def test_two_refreshes_at_once_are_one(reader: Reader) -> None:
    assert reader.begins(Purpose.REFRESH)
    assert not reader.begins(Purpose.REFRESH)
    assert reader.begins(Purpose.SYNC), "a sync is something else"
    reader.finishes()
    assert reader.begins(Purpose.REFRESH), "once it is done, there may be another"


@ON_BOTH
def test_a_reading_survives_an_exporter_that_dies_with_a_page_in_hand(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a page that was read, and an exporter that died before it wrote it down
    entered = reader.enters()
    reader.begins(Purpose.REFRESH, RecordKind.COMMITMENT)
    (message_id,) = reader.room.office.messages()
    reader.room.office.leases(message_id, by="the dead one's", seconds=0)

    # When another one takes it
    assert not reader.begins(Purpose.REFRESH), "it is still under way"
    reader.finishes()

    # Then it is read to its end, once
    assert [each.origin_id for each in reader.ready()] == [entered]
    assert reader.latest(Purpose.REFRESH).pages == 1


def test_an_erp_that_is_down_is_waited_for_and_the_reading_says_so(reader: Reader) -> None:
    # Given an ERP that does not answer
    entered = reader.enters()
    reader.room.erp_behaves("down")
    reader.begins(Purpose.REFRESH, RecordKind.COMMITMENT)
    reader.steps()
    waits = reader.latest(Purpose.REFRESH)
    assert waits.error
    assert (waits.finished_at, waits.tries) == (None, 1)

    # When it answers again, then the reading goes on, and what stood in its way is forgotten
    reader.room.erp_behaves("ok")
    reader.finishes()
    assert [each.origin_id for each in reader.ready()] == [entered]
    assert reader.latest(Purpose.REFRESH).error == ""


def test_a_paused_connection_is_not_asked(reader: Reader) -> None:
    reader.room.changes_connection(paused=True, paused_because="year end")
    reader.begins(Purpose.REFRESH)
    reader.steps()
    assert reader.latest(Purpose.REFRESH).error == "the connection is paused: year end"
    assert reader.latest(Purpose.REFRESH).pages == 0


def test_a_message_of_an_abandoned_reading_changes_nothing(reader: Reader) -> None:
    # Given a reading whose message was parked, and another one begun since
    reader.enters()
    reader.begins(Purpose.REFRESH, RecordKind.COMMITMENT)
    (parked,) = reader.room.office.messages()
    park = sa.update(tables.messages).values(due_at=None, lease_token="parked")
    with reader.ledger.database.transaction() as connection:
        connection.execute(park)
    assert reader.begins(Purpose.REFRESH, RecordKind.COMMITMENT), "a parked one goes on no more"
    reader.finishes()

    # When somebody sends the parked one on its way again, then it is outdated
    again = sa.update(tables.messages).values(due_at=tables.messages.c.created_at, lease_token=None)
    with reader.ledger.database.transaction() as connection:
        connection.execute(again)
    pages = reader.latest(Purpose.REFRESH).pages
    reader.handler([parked])
    assert reader.latest(Purpose.REFRESH).pages == pages
    assert reader.room.office.messages() == {}


@ON_BOTH
def test_what_the_erp_no_longer_has_leaves_the_list(reader: Reader) -> None:
    stays, goes = reader.enters(), reader.enters()
    reader.reads(Purpose.REFRESH)
    reader.room.sandbox.books.remove(Kind.COMMITMENT, goes)
    reader.reads(Purpose.REFRESH)
    assert [each.origin_id for each in reader.ready()] == [stays]


def test_a_list_that_leads_back_to_itself_ends_the_reading(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(*_: object) -> RecordPage:
        return RecordPage((), "there")

    monkeypatch.setattr(SandboxConnector, "list_records", again)
    found = reader.reads(Purpose.REFRESH, RecordKind.COMMITMENT)
    assert found.error == "the ERP's list of commitments leads back to where it was"


def test_a_connector_that_fails_ends_the_reading_with_its_words(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> RecordPage:
        raise KeyError("records")

    monkeypatch.setattr(SandboxConnector, "list_records", fails)
    found = reader.reads(Purpose.REFRESH, RecordKind.COMMITMENT)
    assert "the connector failed: KeyError" in found.error
    assert found.finished_at is not None


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
