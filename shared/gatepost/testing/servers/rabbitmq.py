"""A private RabbitMQ node, and a fresh virtual host in it whenever a test wants one."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path

from gatepost.testing.servers.finding import rabbitmq_bin
from gatepost.testing.servers.processes import Command, Container, Process, free_port
from gatepost.testing.servers.server import Server

#: ``rabbitmqctl`` takes about a second to start: a handful of virtual hosts is made in one go.
_HANDFUL = 8

_MAKE_VHOST = """
rabbit_vhost:add(<<"{name}">>, <<"tests">>),
rabbit_auth_backend_internal:set_permissions(
    <<"guest">>, <<"{name}">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>),
"""


class RabbitMQ(Server):
    """A private RabbitMQ node, with its own name, cookie, port mapper and folders.

    A quorum queue declared less than half a second before ``kill`` does not come back, whatever was
    confirmed (3.10 registers it on disk with a delay): give new queues a second before a kill.
    """

    name = "rabbitmq"

    def __init__(self, data_dir: Path, *, durable: bool, given: str | None = None) -> None:
        super().__init__(data_dir, durable=durable, given=given)
        self._spare: list[str] = []
        self._environment: Mapping[str, str] = {}
        self._making = threading.Lock()

    def fresh_vhost(self) -> str:
        """The URL of an empty virtual host; a given broker has only the one it was given with."""
        if self.given:
            return self.url
        with self._making:
            if not self._spare:
                self._spare = [f"t-{uuid.uuid4().hex[:8]}" for _ in range(_HANDFUL)]
                self.ctl("eval", "".join(_MAKE_VHOST.format(name=n) for n in self._spare) + "ok.")
            return f"{self._place()}/{self._spare.pop(0)}"

    def ctl(self, *words: str) -> str:
        """What ``rabbitmqctl`` answers."""
        body = self._own()
        if isinstance(body, Container):
            return Container.docker(
                "exec", f"gatepost-{self.name}-{self.port}", "rabbitmqctl", *words
            )
        done = subprocess.run(  # noqa: S603 - ours
            [str(Path(self._environment["GATEPOST_RABBITMQ_BIN"]) / "rabbitmqctl"), *words],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {words[0]}: {done.stdout}")
        return done.stdout

    def _address(self) -> str:
        return f"{self._place()}/%2F"

    def _place(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}"

    def _process(self) -> Process | None:
        places = rabbitmq_bin()
        if places is None:
            return None
        self._environment = self._surroundings(places)
        command = Command([str(places / "rabbitmq-server")], self._environment)
        return Process(command, self.log)

    def _surroundings(self, places: Path) -> Mapping[str, str]:
        """What keeps it apart from the machine's own node: name, folders, ports, cookie."""
        home = self.data_dir / f"rabbitmq-{self.port}"
        home.mkdir(parents=True)
        config, plugins, nothing = (
            home / "rabbitmq.conf",
            home / "enabled_plugins",
            home / "nothing",
        )
        config.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\ndisk_free_limit.absolute = 50MB\n"
        )
        plugins.write_text("[].\n")
        nothing.touch()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))}
        return inherited | {
            "HOME": str(home),  # the cookie
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "ERL_CRASH_DUMP": str(home / "erl_crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(free_port()),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_NODENAME": f"gatepost-{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(home / "schema"),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_CONF_ENV_FILE": str(nothing),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "GATEPOST_RABBITMQ_BIN": str(places),
        }

    def _container(self) -> list[str]:
        return [f"--publish=127.0.0.1:{self.port}:5672", "rabbitmq:4-alpine"]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as asked:
                asked.sendall(b"AMQP\x00\x00\x09\x01")
                return asked.recv(1) == b"\x01"  # a method frame: connection.start
        except OSError:
            return False
