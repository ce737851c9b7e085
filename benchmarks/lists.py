"""What a look at the lists costs, by how many items there are: page 1, the counts, a search.

Half of the items belong to the company that is looked at; nine of ten are synced, one of fifty waits
on one of the working lists, the rest is archived. On PostgreSQL; ``lists_sqlite`` does the same on SQLite.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Final

import sqlalchemy as sa

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.workload import COMPANY
from gatepost.domain.lists import WorkList
from gatepost.ledger import counting, listing, schema
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger
from gatepost.ledger.listing import ItemFilter

SIZES: Final = (10_000, 1_000_000)
LOOKS: Final = 25  # of each sort; the first ones warm it up, and the median leaves them out

#: Where the databases differ: an id, a moment and a digest made of the number n.
_POSTGRESQL: Final = {
    "id": "('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
    "at": "timestamptz '2026-01-05 08:00Z' + n * interval '1 second'",
    "digest": "md5(n::text) || md5(n::text)",
    "json": "::json",
}
_SQLITE: Final = {
    "id": "printf('01900000-0000-7000-8000-%012x', n)",
    "at": "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1767600000 + n, 'unixepoch')",
    "digest": "printf('%064x', n)",
    "json": "",
}

_ITEMS: Final = """
insert into items (
    id, company, kind, external_id, revision, state, status, number, title, project, created_by,
    created_by_name, sent_by, sent_by_name, url, source, digest, total, currency, created_at,
    updated_at, decision, decided_by, decided_by_name, decided_at, decided_revision, comment,
    reason_code, entries, waits_for, attempts, unsettled, origin_id, origin, synced_revision
)
with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {size})
select
    {id}, case n % 2 when 0 then '{company}' else 'other-' || n % 50 end,
    case n % 3 when 0 then 'invoice' when 1 then 'commitment' else 'change_order' end,
    'inv-' || n, 1, state, 'approved', 'INV-' || n, 'Steel erection, application ' || n,
    'pm-' || n % 400, 'carla@bench.example', 'Carla Ruiz', 'uma@bench.example', 'Uma Berg',
    'https://pm.example/bench/' || n, 'https://pm.example/bench', {digest}, '1000.00', 'USD', {at},
    {at}, 'accept', 'setting', 'Setting', {at}, 1, '', '', '{{}}', '', 1, false,
    case state when 'synced' then 'BILL-' || n end,
    case state when 'synced'
        then ('{{"id": "BILL-' || n || '", "code": "", "data": "", "lines": []}}'){json} end,
    case state when 'synced' then 1 end
from (
    select n, case
        when n / 2 % 50 = 0 then
            case n / 100 % 3 when 0 then 'sent' when 1 then 'exporting' else 'failed' end
        when n / 2 % 50 < 5 then 'archived' else 'synced' end as state
    from numbers
) numbered
"""

_REVISIONS: Final = """
insert into revisions (item_id, revision, content, at, words)
select id, 1, '{{"billing_date": "2026-01-05", "lines": []}}', created_at,
    '@' || company || ' inv ' || substr(number, 5) || ' steel erection application'
from items
"""

_PAGES: Final = {
    "page_ms": ItemFilter(company=COMPANY, list=WorkList.SYNCED),
    "empty_page_ms": ItemFilter(company=COMPANY, list=WorkList.READY_TO_UPDATE),
    "project_page_ms": ItemFilter(company=COMPANY, list=WorkList.SYNCED, project="pm-20"),
    "search_ms": ItemFilter(company=COMPANY, q="inv-9998"),
    "common_word_ms": ItemFilter(company=COMPANY, list=WorkList.SYNCED, q="erect"),
}


def measured(venue: Venue) -> Figures:
    return measured_at(venue, lambda: venue.servers.postgresql.fresh_database())


def measured_at(venue: Venue, address: Callable[[], str]) -> Figures:
    """The figures by size, each in a database of its own."""
    sizes = SIZES[:1] if venue.quick else SIZES
    with ExitStack() as opened:
        databases: dict[int, Database] = {}
        for size in sizes:
            databases[size] = Database(address())
            opened.callback(databases[size].close)
            fill(databases[size], size)
            _check(databases[size], size)
        return _looked(databases)


def rows(figures: Figures) -> Iterable[str]:
    for size, of in figures.items():
        yield (
            f"{int(size):,} items: page 1 of Synced {of['page_ms']} ms, the counts "
            f"{of['counts_ms']} ms; found by number in {of['search_ms']} ms, by a common word in "
            f"{of['common_word_ms']} ms"
        )


def _looked(databases: Mapping[int, Database]) -> Figures:
    """Looks at one size after the other in turn, so that what else the machine does hits all."""
    took: dict[int, dict[str, list[float]]] = {size: defaultdict(list) for size in databases}
    for _ in range(LOOKS):
        for size, database in databases.items():
            for name, look in _looks(database).items():
                began = time.perf_counter()
                look()
                took[size][name].append(time.perf_counter() - began)
    return {
        str(size): {name: round(median(each) * 1000, 2) for name, each in of.items()}
        for size, of in took.items()
    }


def _looks(database: Database) -> dict[str, Callable[[], object]]:
    ledger = Ledger(database)
    pages = {name: partial(listing.page, ledger, wanted) for name, wanted in _PAGES.items()}
    return {**pages, "counts_ms": partial(counting.counts, database, COMPANY)}


def fill(database: Database, size: int) -> None:
    """As the tables would stand after a while: vacuumed, and known to the planner."""
    schema.upgrade(database)
    own = _SQLITE if database.is_sqlite else _POSTGRESQL
    with database.transaction() as connection:
        for table, statement in (("items", _ITEMS), ("revisions", _REVISIONS)):
            if not database.is_sqlite:  # filled sooner, read the same
                connection.exec_driver_sql(f"alter table {table} set unlogged")
            filled = statement.format(**own, size=size, company=COMPANY)
            connection.exec_driver_sql(filled if database.is_sqlite else filled.replace("%", "%%"))
    counting.recount(database)
    counting.fold(database)
    if not database.is_sqlite:
        alone = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.execute(
                sa.text("vacuum (analyze) items, revisions, list_counts, list_changes")
            )


def _check(database: Database, size: int) -> None:
    page = listing.page(Ledger(database), _PAGES["page_ms"])
    if len(page.items) != listing.PAGE_SIZE or not page.next_cursor:
        raise NotValid(f"a page of {len(page.items)} items")
    counted = sum(sum(kinds.values()) for kinds in counting.counts(database, COMPANY).values())
    if counted != size // 2:
        raise NotValid(f"{counted} counted instead of {size // 2}")
    found = listing.page(Ledger(database), _PAGES["search_ms"]).items
    if not found or not all(item.number.startswith("INV-9998") for item in found):
        raise NotValid(f"{len(found)} found by their number")
