"""Where a worker finds its servers: the environment it was started with."""

from __future__ import annotations

import os

AMQP = "BENCHMARK_AMQP_URL"
DATABASE = "BENCHMARK_DATABASE_URL"
ERP = "BENCHMARK_ERP_URL"


def environment(amqp_url: str, database_url: str, erp_url: str) -> dict[str, str]:
    return os.environ | {AMQP: amqp_url, DATABASE: database_url, ERP: erp_url}


def amqp_url() -> str:
    return os.environ[AMQP]


def sqlalchemy_url() -> str:
    return os.environ[DATABASE]


def psycopg_url() -> str:
    return plain(os.environ[DATABASE])


def erp_url() -> str:
    return os.environ[ERP]


def plain(database_url: str) -> str:
    """Without SQLAlchemy's driver name."""
    return database_url.replace("postgresql+psycopg://", "postgresql://", 1)
