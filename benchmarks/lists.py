"""What a look at the lists costs, by how many items there are: a page of Synced, and the counts.

Half of the items belong to the company that is looked at; nine of ten are synced, one of fifty waits
on one of the working lists, the rest is archived.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Final

import psycopg

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.peers.addresses import plain
from benchmarks.workload import COMPANY
from gatepost.domain.lists import WorkList
from gatepost.ledger import reading, schema
from gatepost.ledger.database import Database
from gatepost.ledger.ledger import Ledger

SIZES: Final = (10_000, 1_000_000)
LOOKS: Final = 9
LONGEST: Final = 2.0  # seconds of looks of one sort, at most

_FILL: Final = """
insert into items (
    id, company, kind, external_id, revision, state, status, number, title, project, parent,
    parent_id, created_by, created_by_name, sent_by, sent_by_name, url, source, digest, total,
    currency, created_at, updated_at, decision, decided_by, decided_by_name, decided_at,
    decided_revision, comment, reason_code, entries, waits_for, attempts, unsettled, origin_id,
    origin, synced_revision
)
select
    ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    case n %% 2 when 0 then %(company)s else 'other-' || n %% 50 end,
    (array['invoice', 'commitment', 'change_order'])[1 + n %% 3],
    'inv-' || n, 1, state, 'approved', 'INV-' || n, 'Steel erection, application ' || n, 'pm-1',
    null, null, 'carla@bench.example', 'Carla Ruiz', 'uma@bench.example', 'Uma Berg',
    'https://pm.example/bench/' || n, 'https://pm.example/bench', md5(n::text) || md5(n::text),
    '1000.00', 'USD', at, at, 'accept', 'setting', 'Setting', at, 1, '', '', '{}', '', 1, false,
    case state when 'synced' then 'BILL-' || n end,
    case state when 'synced' then
        json_build_object('id', 'BILL-' || n, 'code', '', 'data', '', 'lines', '[]'::json) end,
    case state when 'synced' then 1 end
from (
    select n, timestamptz '2026-01-05 08:00Z' + n * interval '1 second' as at,
        case when n / 2 %% 50 = 0 then (array['sent', 'exporting', 'failed'])[1 + n / 100 %% 3]
             when n / 2 %% 50 < 5 then 'archived' else 'synced' end as state
    from generate_series(1, %(size)s) n
) numbered
"""


def measured(venue: Venue) -> Figures:
    sizes = SIZES[:1] if venue.quick else SIZES
    return {str(size): _looked(venue, size) for size in sizes}


def rows(figures: Figures) -> Iterable[str]:
    for size, of in figures.items():
        yield (
            f"{int(size):,} items: page 1 of Synced {of['page_ms']} ms, "
            f"the counts {of['counts_ms']} ms"
        )


def _looked(venue: Venue, size: int) -> Figures:
    database = Database(venue.servers.postgresql.fresh_database())
    try:
        _fill(database, size)
        ledger = Ledger(database)
        wanted = reading.ItemFilter(company=COMPANY, list=WorkList.SYNCED)
        page = reading.page(ledger, wanted)
        if len(page.items) != reading.PAGE_SIZE or not page.next_cursor:
            raise NotValid(f"a page of {len(page.items)} items")
        counted = sum(sum(kinds.values()) for kinds in reading.counts(ledger, COMPANY).values())
        if counted != size // 2:
            raise NotValid(f"{counted} counted instead of {size // 2}")
        page_ms = _milliseconds(lambda: reading.page(ledger, wanted))
        counts_ms = _milliseconds(lambda: reading.counts(ledger, COMPANY))
        return {"page_ms": page_ms, "counts_ms": counts_ms}
    finally:
        database.close()


def _fill(database: Database, size: int) -> None:
    """As the tables would stand after a while: vacuumed, and known to the planner."""
    schema.upgrade(database)
    url = plain(database.url.render_as_string(hide_password=False))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter table items set unlogged")  # filled sooner, read the same
        connection.execute(_FILL, {"company": COMPANY, "size": size})
        connection.execute("vacuum (analyze) items")


def _milliseconds(look: Callable[[], object]) -> float:
    """Of a look, the median of several; those that were made before have warmed it up."""
    took: list[float] = []
    while len(took) < LOOKS and sum(took) < LONGEST:
        began = time.perf_counter()
        look()
        took.append(time.perf_counter() - began)
    return round(median(took) * 1000, 2)
