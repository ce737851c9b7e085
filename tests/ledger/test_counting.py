"""The counts of the lists are exact at every moment, and cost nobody a lock."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.lists import WorkList, list_of
from gatepost.ledger import counting, item_rows, schema, tables
from gatepost.ledger.database import Database
from gatepost.ledger.searching import words_for
from gatepost.ledger.work import Overtaken
from tests.ledger.office import Office, arriving

ORIGIN = Origin("PO-1")


def counted(database: Database, company: str = "acme") -> Counter[tuple[str, str]]:
    """What the counts say, without those that are 0."""
    found: Counter[tuple[str, str]] = Counter()
    for name, of in counting.counts(database, company).items():
        found.update({(name.value, kind.value): how_many for kind, how_many in of.items()})
    return +found


def standing(database: Database, company: str = "acme") -> Counter[tuple[str, str]]:
    """What stands on the lists, looked at item by item with the domain's own rule."""
    columns = (tables.items.c[name] for name in ("state", "kind", "origin_id"))
    of_company = sa.select(*columns).where(tables.items.c.company == company)
    with database.reading() as connection:
        rows = connection.execute(of_company).all()
    lists = [(list_of(State(row.state), linked=row.origin_id is not None), row) for row in rows]
    return Counter((name.value, row.kind) for name, row in lists if name)


def stores(office: Office, number: int, kind: Kind) -> str:
    with office.ledger.work() as work:
        item = arriving(f"pm-{number}", work)
        item.kind = kind
        work.put(item)
        return item.id


def moves(office: Office, ids: list[str], state: State, origin: Origin | None) -> None:
    with office.ledger.work() as work:
        work.load(ids)
        for item_id in ids:
            item = work.item(item_id)
            item.state, item.origin = state, origin


def unfolded(database: Database) -> int:
    with database.reading() as connection:
        statement = sa.select(sa.func.count()).select_from(tables.list_changes)
        return int(connection.execute(statement).scalar_one())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_are_what_stands_on_the_lists_wherever_items_walk(office: Office, seed: int) -> None:
    # Given a walk that stores items and moves some of them anywhere
    chance = random.Random(seed)
    ids: list[str] = []
    for step in range(40):
        if step < 3 or chance.random() < 0.3:
            ids.append(stores(office, step, chance.choice(list(Kind))))
        else:
            some = chance.sample(ids, chance.randint(1, len(ids)))
            moves(office, some, chance.choice(list(State)), chance.choice([None, ORIGIN]))
        if chance.random() < 0.2:
            counting.fold(office.database)

        # Then at every step the counts are what stands on the lists
        assert counted(office.database) == standing(office.database)

    # And nothing is left to fold, nor to put right
    counting.fold(office.database)
    assert unfolded(office.database) == 0
    assert counted(office.database) == standing(office.database) != {}
    assert counting.differences(office.database) == []


def test_a_transaction_that_changes_no_count_leaves_no_row(office: Office) -> None:
    # Given an item that is ready to export
    [item_id] = office.stores("pm-1")
    counting.fold(office.database)

    # When it is accepted, which leaves it in sight on its list, and when it is only read
    moves(office, [item_id], State.EXPORTING, None)
    office.item(item_id)

    # Then there is nothing to fold
    assert unfolded(office.database) == 0
    assert counted(office.database) == {("ready_to_export", "commitment"): 1}


def test_items_of_one_parcel_that_move_alike_leave_one_row_a_list(office: Office) -> None:
    # Given a hundred items
    ids = office.stores(*(f"pm-{number}" for number in range(100)))
    counting.fold(office.database)

    # When all are in the ERP by one transaction
    moves(office, ids, State.SYNCED, ORIGIN)

    # Then two rows say so: gone from one list, come to the other
    assert unfolded(office.database) == 2
    assert counted(office.database) == {("synced", "commitment"): 100}


def test_a_transaction_that_fails_counts_nothing(office: Office) -> None:
    # When a transaction stores an item that another has stored meanwhile
    def store() -> None:
        with office.ledger.work() as work:
            work.put(arriving("pm-1", work))
            office.database.statements.insert(
                work.connection, tables.items, [item_rows.to_row(arriving("pm-1", work))]
            )

    with pytest.raises(Overtaken):
        store()

    # Then neither is there
    assert counted(office.database) == {}


def test_workers_and_folds_at_once_keep_the_counts(office: Office) -> None:
    # Given items of two kinds
    ids = office.stores(*(f"pm-{number}" for number in range(40)))
    ways = [(State.SYNCED, ORIGIN), (State.ARCHIVED, None), (State.SENT, ORIGIN)]

    def work(turn: int) -> None:
        chance = random.Random(turn)
        for _ in range(6):
            moves(office, sorted(chance.sample(ids, 10)), *chance.choice(ways))
            if turn % 2:
                counting.fold(office.database)

    # When six workers move them about, and some of them fold
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    # Then the counts are what stands on the lists
    assert counted(office.database) == standing(office.database)
    assert counting.differences(office.database) == []


def test_counts_of_one_company_are_not_anothers(office: Office) -> None:
    office.stores("pm-1")
    assert counted(office.database, "beta") == {}


def test_what_was_written_beside_the_ledger_is_found_and_put_right(office: Office) -> None:
    # Given an item whose state somebody changed by hand
    [item_id] = office.stores("pm-1")
    by_hand = sa.update(tables.items).where(tables.items.c.id == item_id)
    with office.database.transaction() as connection:
        connection.execute(by_hand.values(state="archived"))

    # Then the check names both lists
    wrong = {(each.list, each.counted, each.standing) for each in
             counting.differences(office.database)}  # fmt: skip
    assert wrong == {("ready_to_export", 1, 0), ("archived", 0, 1)}

    # When the lists are counted anew, then the counts are right; once more changes nothing
    assert len(counting.recount(office.database)) == 2
    assert counted(office.database) == standing(office.database)
    assert counting.recount(office.database) == []


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("state", State)
def test_the_place_in_the_database_is_the_list_of_the_domain(
    office: Office, state: State, linked: bool
) -> None:
    [item_id] = office.stores("pm-1")
    moves(office, [item_id], state, ORIGIN if linked else None)
    with office.database.reading() as connection:
        place = connection.execute(sa.select(tables.items.c.place)).scalar_one()
    assert place == (list_of(state, linked=linked) or state)


def test_an_upgrade_counts_and_words_what_is_there(office: Office) -> None:
    # Given a database of the step before, with items in it
    ids = office.stores("pm-1", "pm-2")
    moves(office, ids[:1], State.SYNCED, ORIGIN)
    with office.ledger.work() as work:
        revision: dict[str, object] = {
            "revision": 1,
            "header": None,
            "content": {},
            "at": work.now,
            "words": "",
        }
        for item_id in ids:
            work.add(tables.revisions, item_id=item_id, **revision)
    schema.downgrade(office.database, "0004")

    # When it is upgraded
    schema.upgrade(office.database)

    # Then the counts are right, and the items can be found
    assert counted(office.database) == standing(office.database) != {}
    item = office.item(ids[0])
    with office.database.reading() as connection:
        words = set(connection.execute(sa.select(tables.revisions.c.words)).scalars())
    assert words_for("acme", item.number, item.title, item.external_id) in words


def test_every_list_is_there_even_if_nothing_stands_on_it(office: Office) -> None:
    found = counting.counts(office.database, "acme")
    assert list(found) == list(WorkList)
    assert all(list(of) == list(Kind) for of in found.values())
