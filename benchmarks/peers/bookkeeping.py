"""A peer's database: made ready before a run, counted during and after it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.contender import Tally
from benchmarks.peers.addresses import plain
from benchmarks.peers.events import item_id
from benchmarks.workload import APPROVER, COMPANY, PROJECT, commitments

SCHEMA: Final = Path(__file__).parent / "schema.sql"

_STORE_COMMITMENT: Final = """
insert into items (
    id, company, kind, external_id, revision, status, state, project, number, title,
    created_by, sent_by, url, content, erp_id, erp_lines
) values (
    %(id)s, %(company)s, %(kind)s, %(external_id)s, %(revision)s, %(status)s, 'synced', %(project)s,
    %(number)s, %(title)s, %(created_by)s, %(sent_by)s, %(url)s, %(content)s, %(erp_id)s,
    %(erp_lines)s
)
"""

_TALLY: Final = """
select
    (select count(*) from items
     where kind = 'invoice' and state = 'synced' and erp_id is not null) as synced,
    (select count(*) from decisions) as decisions,
    (select count(*) from history) as history,
    (select count(*) from export_attempts
     where outcome = 'done' and started_at < finished_at) as attempts,
    (select count(*) from notifications) as notifications
"""

_NOTIFIED: Final = """
select i.external_id, extract(epoch from n.created_at)::float8
from notifications n join items i on i.id = n.item_id
"""


def make_ready(database_url: str) -> None:
    """The tables, the company's policy and its approver, the commitments already synced."""
    with psycopg.connect(plain(database_url), autocommit=True) as connection:
        connection.execute(SCHEMA.read_bytes())
        connection.execute("insert into policies values (%s, 'invoice', true)", [COMPANY])
        connection.execute(
            "insert into approvers values (%s, %s, %s, %s, true)",
            [COMPANY, PROJECT, APPROVER["email"], APPROVER["name"]],
        )
        rows = [_row(place, event["data"]) for place, event in enumerate(commitments(), start=1)]
        connection.cursor().executemany(_STORE_COMMITMENT, rows)
        connection.execute("analyze")


def done_count(database_url: str) -> int:
    """How many trips have ended."""
    return int(_rows(database_url, "select count(*) from notifications")[0][0])


def tally(database_url: str) -> Tally:
    return Tally(*_rows(database_url, _TALLY)[0])


def notified(database_url: str) -> dict[str, float]:
    return dict(_rows(database_url, _NOTIFIED))


def _row(place: int, data: dict[str, Any]) -> dict[str, Any]:
    erp_id = f"PO-{place}"
    lines = [line["external_id"] for line in data["content"]["lines"]]
    return data | {
        "id": item_id(data["company"], data["kind"], data["external_id"]),
        "created_by": data["created_by"]["email"],
        "sent_by": data["sent_by"]["email"],
        "content": json.dumps(data["content"]),
        "erp_id": erp_id,
        "erp_lines": json.dumps(
            [{"external_id": line, "id": f"{erp_id}/{line}"} for line in lines]
        ),
    }


def _rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(plain(database_url)) as connection:
        return connection.execute(query).fetchall()
