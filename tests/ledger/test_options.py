"""What an entry may be chosen from: staged records, those that are still there, and how old they are."""

import pytest

from gatepost.domain.erp_records import RecordKind, RecordState
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting
from gatepost.ledger.options import Choices, lists_read, offered
from gatepost.ledger.paging import WrongCursor
from tests.ledger.office import Office
from tests.ledger.records import customers, reads_to_the_end

CUSTOMER = RecordKind.CUSTOMER


def good(office: Office, *chosen: tuple[str, str]) -> dict[str, list[str]]:
    with office.ledger.work() as work:
        entry = work.directory.connection_of("acme")
        assert entry
        return {kind: list(ids) for kind, ids in work.kept(Choices).known(entry, chosen).items()}


def test_options_come_by_name_page_by_page_and_say_how_many_there_are(office: Office) -> None:
    # Given five customers, one gone from the ERP, and one of another connection
    customers(office.ledger, *(f"C-{each}" for each in range(5)))
    customers(office.ledger, "C-7", gone=True)
    customers(office.ledger, "C-8", connection="others")
    reads_to_the_end(office.ledger, CUSTOMER)

    # When they are read by twos
    found, cursor = [], None
    for _ in range(3):
        page = offered(office.ledger, "acme", "books", CUSTOMER, cursor=cursor, limit=2)
        found += [(each.id, each.name) for each in page.items]
        cursor = page.next_cursor

    # Then all that are there came once, by name
    assert found == [(f"C-{each}", f"Customer C-{each}") for each in range(5)]
    assert (cursor, page.total) == (None, 5)
    assert page.read_at is not None

    # And they are found by words, and by what looks like a pattern only where it stands there
    for words, ids in (("c-3", ["C-3"]), ("customer", ["C-0", "C-1", "C-2", "C-3", "C-4"])):
        page = offered(office.ledger, "acme", "books", CUSTOMER, q=words)
        assert ([each.id for each in page.items], page.total) == (ids, len(ids))
    assert offered(office.ledger, "acme", "books", CUSTOMER, q="%").total == 0
    with pytest.raises(WrongCursor):
        offered(office.ledger, "acme", "books", CUSTOMER, cursor="nonsense")


def test_a_choice_is_good_when_it_is_there_now(office: Office) -> None:
    customers(office.ledger, "C-1")
    customers(office.ledger, "C-2", gone=True)
    customers(office.ledger, "P-1", kind=RecordKind.PROJECT, state=RecordState.ARCHIVED)
    customers(office.ledger, "P-2", kind=RecordKind.PROJECT, state=RecordState.READY_TO_IMPORT)
    chosen = [("customer", "C-1"), ("customer", "C-2"), ("project", "P-1"), ("project", "P-2")]

    # A list that was never read to its end refuses nothing
    assert good(office, *chosen) == {}
    assert offered(office.ledger, "acme", "books", CUSTOMER).read_at is None

    # One that was read does
    reads_to_the_end(office.ledger, CUSTOMER)
    assert good(office, *chosen) == {"customer": ["C-1"]}
    reads_to_the_end(office.ledger, RecordKind.PROJECT)
    assert good(office, *chosen) == {"customer": ["C-1"], "project": ["P-2"]}


def test_a_list_that_is_empty_refuses_every_choice(office: Office) -> None:
    reads_to_the_end(office.ledger, CUSTOMER)
    assert good(office, ("customer", "C-1")) == {"customer": []}


def test_reading_a_list_again_only_moves_its_time(office: Office) -> None:
    reads_to_the_end(office.ledger, CUSTOMER)
    with office.database.reading() as connection:
        before = lists_read(connection, "acme", "books")
    reads_to_the_end(office.ledger, CUSTOMER)
    with office.database.reading() as connection:
        after = lists_read(connection, "acme", "books")
    assert list(after) == ["customer"]
    assert after["customer"] > before["customer"]


def test_what_is_only_chosen_from_is_not_ready_to_import(office: Office) -> None:
    customers(office.ledger, "C-1", "C-2")
    customers(office.ledger, "V-1", kind=RecordKind.VENDOR)
    reads_to_the_end(office.ledger, CUSTOMER)
    counted = counting.counts(office.database, "acme")
    assert sum(counted[WorkList.READY_TO_IMPORT].values()) == 0
