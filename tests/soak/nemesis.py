"""The nemesis: kills services, RabbitMQ and PostgreSQL with -9, and scales the exporters."""

import collections
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from gatepost.testing.servers import Servers

SERVICES: Final = ("intake", "approval", "exporter", "notifier")
SERVERS: Final = ("rabbitmq", "postgresql")
MOST_EXPORTERS: Final = 4
SCALING_SHARE: Final = 0.15  # of the nemesis' acts


class Fleet:
    """The processes of the services: two of each, and one to four exporters."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self._lock = threading.Lock()
        self._retired: list[subprocess.Popen[bytes]] = []  # asked to stop; they finish what they do
        self.processes: dict[str, list[subprocess.Popen[bytes]]] = {name: [] for name in SERVICES}

    def start(self) -> None:
        for name in SERVICES:
            self.scale(name, 2)

    def scale(self, name: str, count: int) -> None:
        """Bring a service to so many processes; what is too much is asked to stop."""
        with self._lock:
            running = self.processes[name]
            while len(running) < count:
                running.append(self._spawn(name))
            while len(running) > count:
                retired = running.pop()
                retired.terminate()
                self._retired.append(retired)

    def kill(self, name: str, draw: random.Random) -> bool:
        """Kill a process of a service with -9 and start another one in its place."""
        with self._lock:
            running = self.processes[name]
            if not running:
                return False
            victim = running.pop(draw.randrange(len(running)))
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
            running.append(self._spawn(name))
        return True

    def mend(self) -> int:
        """Start anew whatever died by itself; gives how many did."""
        with self._lock:
            dead = 0
            for name, running in self.processes.items():
                for place, process in enumerate(running):
                    if process.poll() is not None:
                        running[place] = self._spawn(name)
                        dead += 1
        return dead

    def stop(self) -> None:
        everyone = [process for running in self.processes.values() for process in running]
        for process in everyone:
            process.terminate()
        for process in [*everyone, *self._retired]:
            try:
                process.wait(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "gatepost.cli", "run", name],
                env={**os.environ, **self._variables},
                stdout=log,
                stderr=log,
            )


class Nemesis:
    """A thread that kills at random until it is stopped.

    Args:
        fleet: the services' processes.
        servers: RabbitMQ and PostgreSQL.
        seed: the same seed gives the same sequence of kills.
        seconds: how long it rages; it decides how often the servers die.

    """

    def __init__(self, fleet: Fleet, servers: Servers, seed: int, seconds: float) -> None:
        self._fleet = fleet
        self._servers = servers
        self._random = random.Random(seed)
        self._seconds = seconds
        self.kills: collections.Counter[str] = collections.Counter()
        self._threads = [
            threading.Thread(target=self._rage, daemon=True),
            threading.Thread(target=self._fell_servers, daemon=True),
        ]

    def start(self) -> None:
        self._until = time.monotonic() + self._seconds
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _rage(self) -> None:
        while time.monotonic() < self._until:
            time.sleep(self._random.uniform(0.3, 1.0))
            if self._random.random() < SCALING_SHARE:
                self._fleet.scale("exporter", self._random.randint(1, MOST_EXPORTERS))
                self.kills["scalings"] += 1
            else:
                name = self._random.choice(SERVICES)
                if self._fleet.kill(name, self._random):
                    self.kills[name] += 1
            self.kills["died by themselves"] += self._fleet.mend()

    def _fell_servers(self) -> None:
        """RabbitMQ and PostgreSQL die in turns, each at least once and about twice a minute."""
        draw = random.Random(self._random.random())
        turns = max(1, round(self._seconds / 30))
        names = [name for _ in range(turns) for name in draw.sample(SERVERS, len(SERVERS))]
        begun, share = time.monotonic(), self._seconds / len(names)
        for place, name in enumerate(names):
            moment = begun + (place + draw.uniform(0.3, 0.6)) * share
            time.sleep(max(0.0, moment - time.monotonic()))
            server = getattr(self._servers, name)
            server.kill()
            time.sleep(draw.uniform(0.2, 1.0))
            server.restart()
            self.kills[name] += 1
