"""A private PostgreSQL, and a fresh database in it whenever a test wants one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from gatepost.testing.servers.finding import postgresql_bin
from gatepost.testing.servers.processes import Command, Process
from gatepost.testing.servers.server import Server

#: Quick, for data that may be lost with the machine. Commits stay synchronous: with fsync off they
#: reach the system's memory at least, so that a killed server keeps what it promised.
_HASTY = {"fsync": "off", "full_page_writes": "off"}


class PostgreSQL(Server):
    """A private PostgreSQL; ``durable`` makes it write through to the disk as in production."""

    name = "postgresql"
    _data: Path | None = None

    def fresh_database(self, template: str | None = None) -> str:
        """The URL of a new database, empty or a copy of the database named ``template``."""
        name = f"gatepost_{uuid.uuid4().hex[:12]}"
        make = sql.SQL("create database {} template {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with psycopg.connect(_plain(self.url), autocommit=True) as connection:
            connection.execute(make)
        if self.given:
            self._to_drop.append(name)
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def __init__(self, data_dir: Path, *, durable: bool, given: str | None = None) -> None:
        super().__init__(data_dir, durable=durable, given=given)
        self._to_drop: list[str] = []

    def close(self) -> None:
        super().close()
        if self._data is not None:
            shutil.rmtree(self._data, ignore_errors=True)
            self._data = None
        while self._to_drop:
            with psycopg.connect(_plain(self.url), autocommit=True) as connection:
                name = sql.Identifier(self._to_drop.pop())
                connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))

    def _address(self) -> str:
        return f"postgresql+psycopg://gatepost@127.0.0.1:{self.port}/gatepost"

    def _process(self) -> Process | None:
        places = postgresql_bin()
        if places is None:
            return None
        user = _other_user() if os.geteuid() == 0 else ""  # it refuses to run as root
        if self._data is None:
            self._data = self._made(places, user)
        where = [f"--port={self.port}", "--listen-addresses=127.0.0.1"]
        where += ["-c", "unix_socket_directories="]
        return Process(
            Command(
                [str(places / "postgres"), "-D", str(self._data), *where, *self._options()],
                user=user,
                goodbye=signal.SIGINT,  # its "fast" shutdown
            ),
            self.log,
        )

    def _made(self, places: Path, user: str) -> Path:
        """A new cluster, where the user it runs as can reach it."""
        above = self.data_dir if not user or _open_to_all(self.data_dir) else None
        data = Path(tempfile.mkdtemp(prefix="postgresql-", dir=above))
        if user:
            shutil.chown(data, user)
        make = [str(places / "initdb"), "--no-sync", "--auth=trust", "--username=gatepost"]
        make += ["--encoding=UTF8", "--locale=C", "-D", str(data)]
        with self.log.open("ab") as log:
            subprocess.run(  # noqa: S603 - ours
                make,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
                cwd=data,
                user=user or None,
                group=user or None,
                extra_groups=[] if user else None,
            )
        return data

    def _options(self) -> list[str]:
        options = {"max_connections": "200"} | ({} if self.durable else _HASTY)
        return [word for key, value in options.items() for word in ("-c", f"{key}={value}")]

    def _container(self) -> list[str]:
        return [
            f"--publish=127.0.0.1:{self.port}:5432",
            "--env=POSTGRES_HOST_AUTH_METHOD=trust",
            "--env=POSTGRES_USER=gatepost",
            "--env=POSTGRES_DB=postgres",
            "postgres:17-alpine",
            *self._options(),
        ]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._maintenance(), connect_timeout=2) as connection:
                connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def _settle(self) -> None:
        with psycopg.connect(self._maintenance(), autocommit=True) as connection:
            connection.execute("create database gatepost")

    def _maintenance(self) -> str:
        return f"postgresql://gatepost@127.0.0.1:{self.port}/postgres"


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _other_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _open_to_all(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))
