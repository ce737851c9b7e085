"""What a run was made on: versions, cores, and the proof that the database writes through."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import Any, Final

import psycopg

from gatepost.testing.servers import Servers

PACKAGES: Final = ("celery", "kombu", "sqlalchemy", "psycopg", "pika", "requests", "pydantic")


class NotDurable(Exception):
    """The database may lose what it has confirmed, so its figures say nothing."""


def circumstances(servers: Servers) -> dict[str, Any]:
    """What belongs beside the figures; refuses a database that is not durable."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "postgresql": _postgresql(servers),
        "rabbitmq": _rabbitmq(servers),
        **{package: version(package) for package in PACKAGES},
    }


def _postgresql(servers: Servers) -> str:
    with psycopg.connect(servers.database_url.replace("+psycopg", "", 1)) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            found = connection.execute("select current_setting(%s)", [setting]).fetchone()
            if found != ("on",):
                raise NotDurable(f"PostgreSQL's {setting} is {found and found[0]}")
        return str(connection.info.parameter_status("server_version"))


def _rabbitmq(servers: Servers) -> str:
    return "given" if servers.rabbitmq.given else servers.rabbitmq.ctl("version").strip()
