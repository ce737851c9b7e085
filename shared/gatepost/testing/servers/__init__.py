"""Private servers for tests, benchmarks and soaks.

    with Servers.start(tmp_path) as servers:
        servers.amqp_url, servers.database_url, servers.redis_url
        servers.rabbitmq.kill()
        servers.rabbitmq.restart()

Each server can be had alone as well: ``PostgreSQL.start(tmp_path)``. They come from, in this order:
an address given by ``GATEPOST_TEST_AMQP_URL``, ``GATEPOST_TEST_DATABASE_URL`` or
``GATEPOST_TEST_REDIS_URL``; programs on this machine, started with their own folders and ports;
``apt-get`` when we are root; docker. None of it touches a server that was there before, and nothing
is left behind, even when the run is killed.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from gatepost.testing.servers.finding import ServersMissing, provide
from gatepost.testing.servers.postgresql import PostgreSQL
from gatepost.testing.servers.rabbitmq import RabbitMQ
from gatepost.testing.servers.redis import Redis
from gatepost.testing.servers.server import NotOurs, NotStarted, Server

__all__ = [
    "NotOurs",
    "NotStarted",
    "PostgreSQL",
    "RabbitMQ",
    "Redis",
    "Server",
    "Servers",
    "ServersMissing",
]


_S = TypeVar("_S", bound=Server)


@dataclass(frozen=True, slots=True)
class Servers:
    """RabbitMQ, PostgreSQL and Redis, started side by side."""

    rabbitmq: RabbitMQ
    postgresql: PostgreSQL
    redis: Redis
    #: Seconds each took to answer.
    took: dict[str, float] = field(default_factory=dict)

    @classmethod
    def start(cls, data_dir: Path, *, durable: bool = False) -> Self:
        """Start all three below ``data_dir``; ``durable``: PostgreSQL writes through to disk."""
        provide(["rabbitmq", "postgresql", "redis"])
        rabbitmq, postgresql, redis, took = _all_or_none(data_dir, durable=durable)
        return cls(rabbitmq, postgresql, redis, took)

    @property
    def amqp_url(self) -> str:
        return self.rabbitmq.url

    @property
    def database_url(self) -> str:
        return self.postgresql.url

    @property
    def redis_url(self) -> str:
        return self.redis.url

    def stop(self) -> None:
        """End all three and forget them; their logs stay."""
        with ThreadPoolExecutor() as pool:
            for ended in [pool.submit(server.close) for server in self._all()]:
                ended.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    def _all(self) -> tuple[Server, Server, Server]:
        return self.rabbitmq, self.postgresql, self.redis


def _all_or_none(
    data_dir: Path, *, durable: bool
) -> tuple[RabbitMQ, PostgreSQL, Redis, dict[str, float]]:
    took: dict[str, float] = {}

    def begin(kind: type[_S]) -> _S:
        began = time.monotonic()
        server = kind.start(data_dir, durable=durable)
        took[kind.name] = time.monotonic() - began
        return server

    with ThreadPoolExecutor() as pool:
        rabbitmq = pool.submit(begin, RabbitMQ)
        postgresql = pool.submit(begin, PostgreSQL)
        redis = pool.submit(begin, Redis)
    if any(one.exception() for one in (rabbitmq, postgresql, redis)):
        for one in (rabbitmq, postgresql, redis):
            if not one.exception():
                one.result().close()
    return rabbitmq.result(), postgresql.result(), redis.result(), took
