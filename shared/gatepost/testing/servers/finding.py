"""Where the servers come from: this machine, ``apt-get`` when we are root, or docker.

A browser comes the same way, but not from docker: it runs beside the tests.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path


class ServersMissing(Exception):
    """A server is nowhere to be found; the text says which, and how to get it."""

    def __init__(self, missing: Iterable[str], why: str = "") -> None:
        self.missing = sorted(missing)
        packages = " ".join(PACKAGES[name] for name in self.missing)
        given = ", ".join(VARIABLES[name] for name in self.missing)
        super().__init__(
            f"not found: {', '.join(self.missing)}. "
            f"Get it: sudo apt-get install --no-install-recommends {packages}; "
            + ("or have docker running; " if set(self.missing) <= set(SERVERS) else "")
            + f"or point {given} at your own."
            + (f" ({why})" if why else "")
        )


SERVERS = ("rabbitmq", "postgresql", "redis")

#: Where your own are; of the browser the path.
VARIABLES = {
    "rabbitmq": "GATEPOST_TEST_AMQP_URL",
    "postgresql": "GATEPOST_TEST_DATABASE_URL",
    "redis": "GATEPOST_TEST_REDIS_URL",
    "chromium": "GATEPOST_TEST_CHROMIUM",
}

#: Debian's and Ubuntu's names.
PACKAGES = {
    "rabbitmq": "rabbitmq-server",
    "postgresql": "postgresql",
    "redis": "redis-server",
    "chromium": "chromium",
}


def given(name: str) -> str | None:
    """The address somebody gave us for it, if any."""
    return os.environ.get(VARIABLES[name]) or None


def provide(names: Iterable[str]) -> None:
    """See to it that each of ``names`` can be started here; install what is missing, if we may."""
    wanted = [name for name in names if not given(name)]
    if missing := {name for name in wanted if not _here(name)}:
        why = _install(missing)
        missing = {name for name in missing if not _here(name)}
        if missing & set(SERVERS) and docker_answers():
            missing -= set(SERVERS)
        if missing:
            raise ServersMissing(missing, why)


def rabbitmq_bin() -> Path | None:
    """The folder of ``rabbitmq-server`` itself: /usr/sbin has a wrapper that switches the user."""
    places = [
        "/usr/lib/rabbitmq/bin",
        "/opt/homebrew/sbin",
        "/usr/local/sbin",
        "/opt/rabbitmq/sbin",
    ]
    return next((Path(place) for place in places if _runs(Path(place) / "rabbitmq-server")), None)


def postgresql_bin() -> Path | None:
    """The newest PostgreSQL's folder."""
    places = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: place.parent.name.zfill(4)
    )
    places += sorted(Path("/usr").glob("pgsql-*/bin"))
    if on_path := shutil.which("postgres"):
        places.insert(0, Path(on_path).resolve().parent)
    return next((place for place in reversed(places) if _runs(place / "initdb")), None)


def redis_server() -> Path | None:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def chromium() -> Path | None:
    """The browser that the tests drive: yours, or the first that is installed."""
    if own := given("chromium"):
        return Path(own)
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next((Path(path) for path in found if path), None)


def docker_answers() -> bool:
    """Whether there is a docker client, and a daemon behind it."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        asked = subprocess.run([docker, "info"], capture_output=True, timeout=10, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


_FINDERS: dict[str, Callable[[], Path | None]] = {
    "rabbitmq": rabbitmq_bin,
    "postgresql": postgresql_bin,
    "redis": redis_server,
    "chromium": chromium,
}


def _here(name: str) -> bool:
    return _FINDERS[name]() is not None


def _runs(program: Path) -> bool:
    return os.access(program, os.X_OK)


def _install(missing: set[str]) -> str:
    """Install Debian's packages, when we are root on a Debian; says why it did not work, or ''."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return ""
    environment = os.environ | {
        "DEBIAN_FRONTEND": "noninteractive",
        "RUNLEVEL": "1",  # the packages would start servers of their own
    }
    packages = [PACKAGES[name] for name in sorted(missing)]
    with Path(tempfile.gettempdir(), "gatepost-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once
        for command in (
            ["update"],
            ["install", "--yes", "--no-install-recommends", *packages],
        ):
            done = subprocess.run(  # noqa: S603 - fixed words
                ["apt-get", "-qq", *command],  # noqa: S607
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return f"apt-get said: {said[-1] if said else 'nothing'}"
