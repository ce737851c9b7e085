"""Reading an ERP: page by page, once, through silences and crashes; looking up; syncing by schedule."""

import pytest
import sqlalchemy as sa

from gatepost.connectors.port import RecordPage
from gatepost.domain.erp_records import RecordKind
from gatepost.ledger import erp_records, tables
from gatepost.ledger.erp_records import RecordFilter
from gatepost.ledger.options import offered
from gatepost.messages.requests import Purpose
from gatepost_exporter import sandbox as connector_module
from gatepost_exporter.sandbox import SandboxConnector
from gatepost_sandbox.kinds import Kind
from tests.services.exporter.reader import ON_BOTH, Reader, reader

__all__ = ["reader"]


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
