"""A Celery peer's worker processes, and its queue."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pika

from benchmarks.peers import addresses
from benchmarks.peers.announcing import EXCHANGE

WORKERS: Final = 2
PATIENCE: Final = 60.0
ROOT: Final = Path(__file__).parents[2]

Worker = subprocess.Popen[bytes]


class NotListening(Exception):
    """The workers of this queue did not come up; their logs say why."""


def start(tasks: str, amqp_url: str, database_url: str, erp_url: str, folder: Path) -> list[Worker]:
    """Start the workers of the app in the module ``tasks``; what they say goes to ``folder``."""
    environment = addresses.environment(amqp_url, database_url, erp_url)
    names = [f"worker-{number}" for number in range(WORKERS)]
    return [_start(tasks, name, environment, folder / f"{name}.log") for name in names]


def _start(tasks: str, name: str, environment: dict[str, str], log: Path) -> Worker:
    command = [sys.executable, "-m", "celery", "--app", tasks, "worker"]
    command += ["--hostname", f"{name}@%h", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with log.open("wb") as said:
        return subprocess.Popen(  # noqa: S603 - ours
            command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )


def stop(workers: Sequence[Worker]) -> None:
    """Ask them to end, and do not wait long: a warm shutdown takes 10 s with nothing to do."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(2)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def declare_exchange(amqp_url: str) -> None:
    """The exchange for the outside; nobody listens, as in every contender's run."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().exchange_declare(EXCHANGE, "topic", durable=True)


def await_listening(amqp_url: str, queue: str, workers: Sequence[Worker]) -> None:
    """Come back when every worker consumes the queue."""
    give_up = time.monotonic() + PATIENCE
    while _consumers(amqp_url, queue) < len(workers):
        ended = any(worker.poll() is not None for worker in workers)
        if ended or time.monotonic() > give_up:
            raise NotListening(queue)
        time.sleep(0.1)


def _consumers(amqp_url: str, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        try:
            asked = connection.channel().queue_declare(queue, passive=True)
        except pika.exceptions.ChannelClosedByBroker:
            return 0  # not declared yet
        return int(asked.method.consumer_count)
