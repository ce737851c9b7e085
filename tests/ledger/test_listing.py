"""Pages of the lists: filters, order, cursors that outlive what happens meanwhile, words."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList
from gatepost.ledger import listing, tables
from gatepost.ledger.listing import ItemFilter
from gatepost.ledger.paging import Order, WrongCursor
from gatepost.ledger.searching import words_for, words_in
from gatepost.ledger.work import Work
from tests.ledger.office import Office, arriving


@dataclass
class Shelf:
    """Puts items into a ledger and lists them."""

    office: Office
    stored: int = 0

    def puts(self, name: str, **fields: Any) -> Item:
        """An item of that name; each comes a minute after the one before, if nothing else is said."""
        self.stored += 1
        with self.office.ledger.work() as work:
            item = arriving(name, work)
            item.created_at += timedelta(minutes=self.stored)
            for field, value in fields.items():
                setattr(item, field, value)
            work.put(item)
            self.words(item, work)
        return item

    def words(self, item: Item, work: Work, *, vendor: str = "") -> None:
        words = words_for(item.company, item.number, item.title, item.external_id, vendor)
        work.add(
            tables.revisions, item_id=item.id, revision=item.revision, header=None, content={}, at=work.now,
            words=words,
        )  # fmt: skip

    def lists(self, *, order: Order = Order.NEWEST, **wanted: Any) -> list[str]:
        """The names on page 1."""
        page = listing.page(
            self.office.ledger, ItemFilter(**{"company": "acme", **wanted}), order=order
        )
        assert page.next_cursor is None
        return [item.external_id for item in page.items]


@pytest.fixture
def shelf(office: Office) -> Shelf:
    return Shelf(office)


@pytest.fixture(params=[1000, 1], ids=["by walking", "by the index"])
def window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are found the same whichever way is taken."""
    monkeypatch.setattr(listing, "WINDOW", request.param)


def test_items_stand_on_the_list_of_their_state_and_link(shelf: Shelf) -> None:
    origin = Origin("PO-1")
    shelf.puts("new")
    shelf.puts("going", state=State.EXPORTING)
    shelf.puts("changed", origin=origin)
    shelf.puts("going-again", state=State.EXPORTING, origin=origin)
    shelf.puts("failed", state=State.FAILED)
    shelf.puts("synced", state=State.SYNCED, origin=origin)
    shelf.puts("archived", state=State.ARCHIVED)
    shelf.puts("rejected", state=State.REJECTED)
    assert shelf.lists(list=WorkList.READY_TO_EXPORT) == ["going", "new"]
    assert shelf.lists(list=WorkList.READY_TO_UPDATE) == ["going-again", "changed"]
    assert shelf.lists(list=WorkList.FAILED_TO_EXPORT) == ["failed"]
    assert shelf.lists(list=WorkList.SYNCED) == ["synced"]
    assert shelf.lists(list=WorkList.ARCHIVED) == ["archived"]
    assert shelf.lists(list=WorkList.READY_TO_IMPORT) == []
    assert shelf.lists(state=State.REJECTED) == ["rejected"]  # gone from the lists; findable
    assert shelf.lists(state=State.EXPORTING) == ["going-again", "going"]
    assert shelf.lists(list=WorkList.READY_TO_EXPORT, state=State.EXPORTING) == ["going"]
    assert len(shelf.lists()) == 8


def test_filters_narrow_a_list(shelf: Shelf) -> None:
    first = shelf.puts("a", kind=Kind.INVOICE, project="pm-12", created_by="carla@acme.example")
    second = shelf.puts("b", project="pm-13", sent_by="uma@acme.example", created_by="x@y.example")
    shelf.puts("c", company="beta", project="pm-12")
    assert shelf.lists(kind=Kind.INVOICE) == ["a"]
    assert shelf.lists(project="pm-12") == ["a"]
    assert shelf.lists(project="pm-12", kind=Kind.COMMITMENT) == []
    assert shelf.lists(company=None, project="pm-12") == ["c", "a"]
    assert shelf.lists(created_by="Carla@acme.example") == ["a"]
    assert shelf.lists(sent_by="uma@acme.example", project="pm-13") == ["b"]
    assert shelf.lists(since=second.created_at) == ["b"]
    assert shelf.lists(until=second.created_at) == ["a"]
    assert shelf.lists(since=first.created_at, until=first.created_at) == []
    assert shelf.lists(order=Order.OLDEST) == ["a", "b"]


@pytest.mark.usefixtures("window")
@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("sc-1001", ["one"]),  # a number, as it is written
        ("1001", ["one"]),  # a part of it that is a word
        ("SC", ["two", "one"]),  # the beginning of it
        ("steel east", ["one"]),  # all the words, in any order
        ("erect", ["two", "one"]),  # words may be cut short at the end
        ("rection", []),  # but not at the beginning
        ("MUNCHEN", ["two"]),  # neither case nor accents count
        ("münchen", ["two"]),
        ("one", ["one"]),  # the source's own id
        ("%", []),  # no words at all, and no wildcard
        ("' \" : * & | ! -- @acme \\", []),  # nothing of the query language comes through
        ("@acme", []),  # the mark of the company is no word
        ("  ", ["three", "two", "one"]),  # nothing is asked
    ],
)
def test_items_are_found_by_the_beginnings_of_words(shelf: Shelf, q: str, found: list[str]) -> None:
    shelf.puts("one", number="SC-1001", title="Steel erection, east")
    shelf.puts("two", number="SC-1002", title="Steel erection in München")
    shelf.puts("three", number="PO-7", title="Gravel")
    shelf.puts("four", number="SC-1001", title="Steel erection, east", company="beta")
    assert shelf.lists(q=q) == found


@pytest.mark.usefixtures("window")
def test_words_are_looked_for_on_the_list_that_is_asked_for(shelf: Shelf) -> None:
    shelf.puts("one", title="Gravel", state=State.FAILED)
    shelf.puts("two", title="Gravel")
    shelf.puts("three", title="Gravel", project="pm-99")
    assert shelf.lists(q="gravel", list=WorkList.FAILED_TO_EXPORT) == ["one"]
    assert shelf.lists(q="gravel", project="pm-99") == ["three"]
    assert shelf.lists(q="gravel", order=Order.OLDEST) == ["one", "two", "three"]
    assert shelf.lists(q="gravel", company=None, kind=Kind.INVOICE) == []


@pytest.mark.usefixtures("window")
def test_what_an_item_was_called_before_does_not_count(shelf: Shelf) -> None:
    # Given an item that came as gravel and comes again as sand
    item_id = shelf.puts("one", title="Gravel").id
    with shelf.office.ledger.work() as work:
        item = work.item(item_id)
        item.title, item.revision = "Sand", 2
        shelf.words(item, work, vendor="Aker Steel AS")

    # Then it is found by what it is called now, and by its vendor
    assert shelf.lists(q="gravel") == []
    assert shelf.lists(q="sand") == ["one"]
    assert shelf.lists(q="aker") == ["one"]


@pytest.mark.parametrize("q", ["", "steel"])
@pytest.mark.parametrize("order", Order)
@pytest.mark.usefixtures("window")
def test_pages_follow_each_other_while_items_come_and_move(
    shelf: Shelf, order: Order, q: str
) -> None:
    # Given more than two pages, some of them of the same moment
    items = [shelf.puts(f"pm-{number}", title="Steel") for number in range(5)]
    items += [shelf.puts(f"pm-{number}", title="Steel", created_at=items[2].created_at)
              for number in range(5, 8)]  # fmt: skip
    wanted = ItemFilter(company="acme", list=WorkList.READY_TO_EXPORT, q=q)
    before = listing.page(shelf.office.ledger, wanted, order=order).items

    # When it is read page by page, while one that was seen leaves and another comes at the top
    first = listing.page(shelf.office.ledger, wanted, limit=3, order=order)
    with shelf.office.ledger.work() as work:
        work.item(first.items[-1].id).state = State.REJECTED
    at = before[0].created_at + timedelta(hours=-1 if order is Order.OLDEST else 1)
    shelf.puts("late", title="Steel", created_at=at)
    second = listing.page(
        shelf.office.ledger, wanted, limit=3, order=order, cursor=first.next_cursor
    )
    third = listing.page(
        shelf.office.ledger, wanted, limit=3, order=order, cursor=second.next_cursor
    )

    # Then each of the others was seen once, in order
    seen = [item.id for page in (first, second, third) for item in page.items]
    assert seen == [item.id for item in before]
    assert third.next_cursor is None


@pytest.mark.parametrize(
    "cursor",
    [
        "!!",
        "e30",
        "WyJub3ciLCAxXQ",
        "é",
        # ["2026-01-01T00:00:00", a uuid, "newest"]: without a zone
        "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIiwibmV3ZXN0Il0",
    ],
)
def test_a_cursor_that_no_list_gave_is_refused(office: Office, cursor: str) -> None:
    with pytest.raises(WrongCursor):
        listing.page(office.ledger, ItemFilter(company="acme"), cursor=cursor)


def test_a_cursor_holds_for_its_order_only(shelf: Shelf) -> None:
    for name in ("a", "b"):
        shelf.puts(name)
    wanted = ItemFilter(company="acme")
    cursor = listing.page(shelf.office.ledger, wanted, limit=1).next_cursor
    with pytest.raises(WrongCursor, match="oldest"):
        listing.page(shelf.office.ledger, wanted, cursor=cursor, order=Order.OLDEST)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SC-1001, Steel", ["sc", "1001", "steel"]),
        ("steel STEEL", ["steel"]),  # each once
        ("Ærø Straße é", ["ærø", "strasse", "e"]),
        ("a" * 100, ["a" * 60]),  # a word is cut, so that no index refuses it
        ("_ - %", []),
    ],
)
def test_a_text_has_words(text: str, words: list[str]) -> None:
    assert words_in(text) == words
