"""Databases for tests: laid out once, copied or restored for each test."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pytest
import sqlalchemy as sa

from gatepost.ledger import directory_file, schema
from gatepost.ledger.database import Database
from gatepost.testing.servers import Servers
from tests.journeys.company import DIRECTORY
from tests.ledger import restored

NOBODY: Final = "http://127.0.0.1:9"  # where no ERP listens


class Databases:
    """Makes databases with the schema and the company Acme in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._sqlite: Path | None = None
        self._postgresql = ""
        self._used: list[str] = []  # PostgreSQL's, to be had again

    @contextmanager
    def asked_for(self, request: pytest.FixtureRequest) -> Iterator[Database]:
        """A database of the kind that a fixture's parameter names; closed afterwards."""
        if request.param == "sqlite":
            made = self.sqlite()
        else:
            made = self._again() or self.postgresql(request.getfixturevalue("servers"))
        with closing(made):
            yield made
        if not made.is_sqlite:
            self._used.append(made.url.render_as_string(hide_password=False))

    def _again(self) -> Database | None:
        """One that a test has done with, as it was before; None where there is none to be had."""
        while self._used:
            made = Database(self._used.pop())
            try:
                restored.restore(made)
            except sa.exc.DBAPIError:  # its test did more to it than to change rows
                made.close()
            else:
                return made
        return None

    def sqlite(self) -> Database:
        if self._sqlite is None:
            self._sqlite = self._folder / "laid-out.db"
            _lay_out(f"sqlite:///{self._sqlite}")
        self._made += 1
        copy = self._folder / f"ledger-{self._made}.db"
        shutil.copy(self._sqlite, copy)
        return Database(f"sqlite:///{copy}")

    @staticmethod
    def laid_out(url: str) -> Database:
        """The database of that address, with the same in it."""
        _lay_out(url)
        return Database(url)

    def postgresql(self, servers: Servers) -> Database:
        if not self._postgresql:
            url = servers.postgresql.fresh_database()
            _lay_out(url)
            restored.keep(url)
            self._postgresql = url.rpartition("/")[2]
        return Database(servers.postgresql.fresh_database(template=self._postgresql))


def connects_to(
    erp_url: str, database: Database, changes: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Acme's connection leads to that ERP; ``changes`` replaces words of its directory."""
    text = DIRECTORY.replace("ERP_URL", erp_url)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    directory_file.apply(database, directory_file.parse(text))


def _lay_out(url: str) -> None:
    database = Database(url)
    schema.upgrade(database)
    connects_to(NOBODY, database)
    database.close()
