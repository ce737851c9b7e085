"""One sqlite file, one connection, one thread that works on it."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # With WAL a killed process loses nothing that was committed; only a power cut could.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA busy_timeout = 5000",
)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, reference TEXT,
    mark TEXT, number TEXT NOT NULL, parent TEXT, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS records_by_number ON records (number);
CREATE INDEX IF NOT EXISTS records_by_reference ON records (reference);
CREATE INDEX IF NOT EXISTS records_by_mark ON records (mark);
CREATE INDEX IF NOT EXISTS records_by_parent ON records (parent);
CREATE TABLE IF NOT EXISTS serials (kind TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS first_answers (
    key TEXT NOT NULL, kind TEXT NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (key, kind));
CREATE TABLE IF NOT EXISTS parties (
    id TEXT PRIMARY KEY, role TEXT NOT NULL, party TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mails (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT NOT NULL);
"""


class Store:
    """The file. Callers in other threads take turns; the event loop hands its work aside."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._clerk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-clerk")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._connection.execute(pragma)
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing of it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def column(self, query: str, *values: str | int | None) -> list[str]:
        """The first column of what the query finds."""
        with self._lock:
            return [row[0] for row in self._connection.execute(query, values)]

    async def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work in the clerk's thread, so that the event loop does not wait for the disk."""
        job = self._clerk.submit(work, *args, **kwargs)
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        self._clerk.shutdown()
        with self._lock:
            self._connection.close()
