"""The database: PostgreSQL on servers, SQLite embedded; the same code above both."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError

from gatepost.ledger.statements import STATEMENTS, Statements

Result = TypeVar("Result")

BUSY_SECONDS: Final = 30

# Statements that were prepared while the tables were empty keep a bad plan: so each is planned anew.
_AS_IT_COMES: Final = "-c plan_cache_mode=force_custom_plan"
# Or once, but only over indexes, which is right for empty and for full tables: a third of
# PostgreSQL's work for a single item is planning.
_BY_KEY: Final = (
    "-c plan_cache_mode=force_generic_plan "
    "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)
_RETRIES: Final = 5
_SERIALIZATION: Final = ("40001", "40P01")  # could not serialize, deadlock detected


class Database:
    """An engine with the ledger's statements for it.

    Args:
        url: ``sqlite:///path`` or ``postgresql+psycopg://...``.
        pool_size: connections kept, at the most, for the threads of this process.
        by_key: whether rows are mostly asked for by their keys, as the services do hop by hop: then
            PostgreSQL plans each statement once, for its indexes.

    """

    def __init__(self, url: str, *, pool_size: int = 8, by_key: bool = False) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.statements: Statements = STATEMENTS[self.url.get_backend_name()]
        # One lock around the writers of a process beats waiting for SQLite's own by about a tenth.
        self._writer: Any = threading.RLock() if self.is_sqlite else nullcontext()
        self.engine = (
            self._sqlite()
            if self.is_sqlite
            else self._postgresql(pool_size, _BY_KEY if by_key else _AS_IT_COMES)
        )

    @contextmanager
    def transaction(self) -> Generator[sa.Connection]:
        """One transaction: committed at the end, rolled back when anything is raised."""
        with self._writer, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """A transaction that only reads; on SQLite it does not wait for writers."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(gatepost_reading=True)
            yield connection

    def again_on_deadlock(self, act: Callable[[], Result]) -> Result:
        """``act`` once more when the database ended it only to let another transaction pass."""
        for _ in range(_RETRIES - 1):
            try:
                return act()
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _SERIALIZATION:
                    raise
        return act()

    def close(self) -> None:
        self.engine.dispose()

    def _sqlite(self) -> sa.Engine:
        if self.url.database:
            Path(self.url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            self.url,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            pool_size=16,
            max_overflow=32,
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _postgresql(self, pool_size: int, planning: str) -> sa.Engine:
        options = f"{planning} -c timezone=UTC -c jit=off"
        return sa.create_engine(
            self.url,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args={"options": options, "connect_timeout": 5},
            pool_size=pool_size,
            max_overflow=8,
            pool_pre_ping=False,
        )


def is_trouble(error: BaseException) -> bool:
    """Whether the database itself is in trouble, rather than what it was asked to keep."""
    if isinstance(error, sa.exc.TimeoutError):  # no connection was free in time
        return True
    return isinstance(error, OperationalError | InterfaceError | InternalError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's own connection
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute(f"pragma busy_timeout = {BUSY_SECONDS * 1000}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("gatepost_reading")
    connection.exec_driver_sql("begin" if reading else "begin immediate")
