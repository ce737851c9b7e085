"""A Celery peer as a contender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from pika import BasicProperties

from benchmarks.contender import Site, Tally
from benchmarks.peers import bookkeeping, celery_workers
from benchmarks.peers.celery_workers import Worker
from benchmarks.workload import Target

#: What a task message has behind its arguments: no callbacks, no chains.
_NOTHING_ELSE: Final = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


class CeleryContender:
    """Two workers of sixteen threads; ``name`` is the folder with the tasks."""

    def __init__(self, name: str, site: Site) -> None:
        self.name = name
        self.site = site
        self.queue = f"bench.{name}"
        self.tasks = f"benchmarks.peers.{name}.tasks"
        self.workers: list[Worker] = []

    @property
    def publish_target(self) -> Target:
        return Target("", lambda _: self.queue, task_message)

    def prepare(self) -> None:
        bookkeeping.make_ready(self.site.database_url)
        celery_workers.declare_exchange(self.site.amqp_url)

    def start(self) -> Sequence[int]:
        amqp_url, database_url, _, erp_url, folder = self.site
        self.workers = celery_workers.start(self.tasks, amqp_url, database_url, erp_url, folder)
        celery_workers.await_listening(amqp_url, self.queue, self.workers)
        return [worker.pid for worker in self.workers]

    def stop(self) -> None:
        celery_workers.stop(self.workers)
        self.workers = []

    def done(self) -> int:
        return bookkeeping.done_count(self.site.database_url)

    def notified(self) -> Mapping[str, float]:
        return bookkeeping.notified(self.site.database_url)

    def verify(self) -> Tally:
        return bookkeeping.tally(self.site.database_url)


def task_message(body: bytes) -> tuple[bytes, BasicProperties]:
    """The call ``receive(body)`` as Celery itself would have published it (task message v2)."""
    task_id = orjson.loads(body)["id"]
    headers: dict[str, Any] = {
        "lang": "py",
        "task": "receive",
        "id": task_id,
        "root_id": task_id,
        "parent_id": None,
        "group": None,
        "argsrepr": "",
        "kwargsrepr": "",
        "origin": "benchmarks",
        "retries": 0,
        "eta": None,
        "expires": None,
        "timelimit": [None, None],
        "shadow": None,
        "ignore_result": True,
    }
    properties = BasicProperties(
        content_type="application/json",
        content_encoding="utf-8",
        correlation_id=task_id,
        delivery_mode=2,
        headers=headers,
    )
    return orjson.dumps([[body.decode()], {}, _NOTHING_ELSE]), properties
