"""How long the console's server takes for a page, with 100,000 items of the company that looks.

On PostgreSQL and on SQLite, each request over HTTP from beside it, one after the other, signed in.
Half of the items that :mod:`benchmarks.lists` makes are the company's.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from statistics import median, quantiles
from typing import Final

import httpx
from pydantic import SecretStr

from benchmarks.beside import Figures, NotValid, Venue
from benchmarks.company import Company
from benchmarks.lists import fill
from benchmarks.workload import APPROVER, COMPANY
from gatepost.ledger import directory_file
from gatepost.ledger.database import Database
from gatepost.runtime.program import Program
from gatepost.runtime.settings import Settings
from gatepost_console import sessions
from gatepost_console.serving import Serving
from gatepost_console.settings import ConsoleSettings

ITEMS: Final = 200_000
QUICK_ITEMS: Final = 10_000
LOOKS: Final = 40  # at each page, in turn; the first ones warm it up
WARM_UP: Final = 5

PAGES: Final = {
    "list": "/items?list=ready_to_export",
    "long_list": "/items?list=synced",
    "kind": "/items?list=synced&kind=invoice",
    "search": "/items?list=synced&q=inv-9998",
    "item": "",  # one of the list
}


def measured(venue: Venue) -> Figures:
    size = QUICK_ITEMS if venue.quick else ITEMS
    urls = {
        "postgresql": venue.servers.postgresql.fresh_database(),
        "sqlite": f"sqlite:///{venue.own_folder('pages')}/gatepost.db",
    }
    return {name: _looked(url, size) for name, url in urls.items()}


def rows(figures: Figures) -> Iterable[str]:
    for database, pages in figures.items():
        told = ", ".join(f"{name} {of['p50_ms']} ms" for name, of in pages.items())
        yield f"the console's pages on {database}: {told}"


def _looked(url: str, size: int) -> Figures:
    settings = Settings(database_url=SecretStr(url), secret_key=SecretStr("of this run alone"))
    program = Program(settings, [])
    with closing(program.database):
        fill(program.database, size)
        company = Company("http://127.0.0.1:1")
        directory_file.apply(program.database, directory_file.parse(company.directory()))
        console = ConsoleSettings(http_port=0)
        secret = sessions.begin(
            program.ledger, console, company=COMPANY, email=APPROVER["email"], channel="benchmark"
        )
        serving = Serving(program, console)
        serving.start()
        try:
            return _timed(f"http://127.0.0.1:{serving.port}", secret, _an_item(program.database))
        finally:
            serving.stop()


def _timed(url: str, secret: str, item_id: str) -> Figures:
    took: dict[str, list[float]] = defaultdict(list)
    pages = {**PAGES, "item": f"/items/{item_id}"}
    with httpx.Client(base_url=url, cookies={"gatepost_session": secret}, timeout=60) as browser:
        for _ in range(LOOKS):
            for name, address in pages.items():
                began = time.perf_counter()
                answer = browser.get(address, headers={"Accept": "text/html"})
                took[name].append((time.perf_counter() - began) * 1000)
                if answer.status_code != httpx.codes.OK or "<h1" not in answer.text:
                    raise NotValid(f"{address} was answered with {answer.status_code}")
    return {name: _figures(each[WARM_UP:]) for name, each in took.items()}


def _figures(took: list[float]) -> Figures:
    return {"p50_ms": round(median(took), 1), "p95_ms": round(quantiles(took, n=20)[-1], 1)}


def _an_item(database: Database) -> str:
    with database.reading() as connection:
        found = connection.exec_driver_sql(
            f"select id from items where company = '{COMPANY}' and state = 'sent' limit 1"  # noqa: S608 - ours
        )
        return str(found.scalar_one())
