"""A private Redis. It keeps nothing: what Gatepost keeps in Redis may be lost at any time."""

from __future__ import annotations

import socket

from gatepost.testing.servers.finding import redis_server
from gatepost.testing.servers.processes import Command, Process
from gatepost.testing.servers.server import Server

_KEEPS_NOTHING = ["--save", "", "--appendonly", "no"]


class Redis(Server):
    """A private Redis; empty again after every start."""

    name = "redis"

    def _address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _process(self) -> Process | None:
        program = redis_server()
        if program is None:
            return None
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.data_dir)]
        return Process(Command([str(program), *place, *_KEEPS_NOTHING]), self.log)

    def _container(self) -> list[str]:
        publish = f"--publish=127.0.0.1:{self.port}:6379"
        return [publish, "redis:7-alpine", "redis-server", *_KEEPS_NOTHING]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asked:
                asked.sendall(b"PING\r\n")
                return asked.recv(16).startswith(b"+PONG")
        except OSError:
            return False
