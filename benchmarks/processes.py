"""Gatepost's services as they are shipped: each a process of its own, from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Final

import psycopg

from benchmarks.contender import Site
from benchmarks.peers.addresses import plain

SERVICES: Final = ("intake", "approval", "exporter", "notifier")
START_SECONDS: Final = 150.0


class Processes:
    """The services that run on a site; more of them can be started at any time."""

    def __init__(self, site: Site, variables: Mapping[str, str] | None = None) -> None:
        self._site = site
        self._variables = variables or {}
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, names: Sequence[str]) -> Sequence[int]:
        """Start a process for each name; returns the ids of all once they have said they are there."""
        for name in names:
            self._running.append(self._run(name))
        self._await_heartbeats()
        return [process.pid for process in self._running]

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(timeout=30)
        self._running = []

    def _run(self, name: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "GATEPOST_DATABASE_URL": self._site.database_url,
            "GATEPOST_AMQP_URL": self._site.amqp_url,
            "GATEPOST_REDIS_URL": self._site.redis_url,
            "GATEPOST_SECRET_KEY": "of no use outside this run",
            **self._variables,
        }
        command = [sys.executable, "-m", "gatepost.cli", "run", name]
        with (self._site.folder / f"{name}-{len(self._running)}.log").open("wb") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603 - ours

    def _await_heartbeats(self) -> None:
        patience = time.monotonic() + START_SECONDS
        while self._beating() < len(self._running):
            if time.monotonic() > patience or any(p.poll() is not None for p in self._running):
                raise RuntimeError(f"the services did not start; logs are in {self._site.folder}")
            time.sleep(0.1)

    def _beating(self) -> int:
        with psycopg.connect(plain(self._site.database_url)) as connection:
            row = connection.execute("select count(*) from heartbeats").fetchone()
        return int(row[0]) if row else 0
