"""The folder of the demo: its settings, its secret, its lock, and a port that is free."""

import os
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gatepost.cli.talking import Exit, fail, say

HOST: Final = "127.0.0.1"
SANDBOX_PORTS: Final = (
    ("GATEPOST_SANDBOX_HTTP_PORT", 9009, "the ERP and the mailbox are"),
    ("GATEPOST_SANDBOX_SMTP_PORT", 9025, "the mail server is"),
)
#: What the demo keeps, and ``--fresh`` clears. SQLite has two more files beside each of its own.
KEPT: Final = ("gatepost.db*", "*.db", "*.db-wal", "*.db-shm", "secret.key", "demo.log")


def demo_settings(folder: Path, port: int) -> dict[str, str]:
    """The settings of the demo, as anybody could set them: embedded, and with short waits."""
    return {
        "GATEPOST_DATABASE_URL": f"sqlite:///{folder}/gatepost.db",
        "GATEPOST_AMQP_URL": "memory://",
        "GATEPOST_REDIS_URL": "memory://",
        "GATEPOST_HTTP_HOST": HOST,
        "GATEPOST_HTTP_PORT": str(port),
        "GATEPOST_PUBLIC_URL": f"http://{HOST}:{port}",
        "GATEPOST_MAIL_FROM": "Gatepost demo <gatepost@demo.example>",
        "GATEPOST_EXPORTER_FIRST_WAIT": "0.3",
        "GATEPOST_EXPORTER_LONGEST_WAIT": "5",
        "GATEPOST_EXPORTER_BREAKER_FAILURES": "2",
        "GATEPOST_EXPORTER_BREAKER_WAIT": "1",
        "GATEPOST_NOTIFIER_FIRST_WAIT": "0.5",
        "GATEPOST_INTAKE_PARENT_PATIENCE": "2",
        "GATEPOST_SANDBOX_DATA": str(folder / "sandbox.db"),
        "dramatiq_worker_timeout": "100",  # milliseconds until an idle worker sees that it is to end
    }


@contextmanager
def alone() -> Iterator[None]:
    """Keep the folder to ourselves, or end with a sentence."""
    from gatepost.cli.living import NotReady, alone_on
    from gatepost.runtime.settings import Settings

    try:
        with alone_on(Settings()):
            yield
    except NotReady as error:
        fail(str(error), Exit.USAGE)


def clear(folder: Path) -> None:
    """Forget what an earlier demo left; the lock stays, for we hold it."""
    for pattern in KEPT:
        for file in folder.glob(pattern):
            if file.suffix != ".lock":
                file.unlink()


def secret_in(folder: Path) -> str:
    """The key of this demo: random, kept with its state."""
    file = folder / "secret.key"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as written:
            written.write(secrets.token_urlsafe(32))
    return file.read_text().strip()


def free_port(wanted: int, what: str = "the console is") -> int:
    """The port, or any other one when somebody listens there; 0 is any one at once."""
    from gatepost.runtime.sockets import OWN_PORTS, is_free

    port = wanted
    while not port or not is_free(port):
        port = random.choice(OWN_PORTS)
    if wanted and port != wanted:
        say(f"port {wanted} is taken; {what} on {port}")
    return port


def sandbox_ports() -> dict[str, str]:
    """Where the demo's ERP and mail server listen: each where people expect it, if that is free."""
    found = {}
    for name, usual, what in SANDBOX_PORTS:
        given = os.environ.get(name, "")
        found[name] = str(free_port(int(given) if given.isdecimal() else usual, what))
    return found
