"""Makes .venv from a lock file, with uv when it is on PATH, else with pip; twice is quick.

``python3 scripts/setup_env.py requirements.lock``. Standard library only, and readable by a Python
that is too old, so that it can say so. It may be interrupted, run twice at once, and find its
folder moved.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
MADE = os.path.join(VENV, "made.json")  # written last: what it was made from
MAKING = os.path.join(VENV, "making")  # there while it is being made
OLDEST = (3, 11)
NEWEST_KNOWN = 15

#: An environment with all of the second also serves who asks for the first.
LOCKS = ("requirements.lock", "requirements-dev.lock")


class CannotSetUp(Exception):
    """There is no environment; the text says what to do."""


def main() -> int:
    if sys.version_info < OLDEST:
        return with_a_newer_python()
    lock = sys.argv[1]
    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # a second run waits for the first, and finds its work done
    if made() in [wanted(each) for each in LOCKS[LOCKS.index(lock) :]]:
        return 0
    began = time.monotonic()
    try:
        make(lock)
    except CannotSetUp as problem:
        print(f"no\n{problem}", flush=True)
        return 1
    print(f"{time.monotonic() - began:.1f} s", flush=True)
    return 0


def with_a_newer_python() -> int:
    import shutil

    for minor in range(NEWEST_KNOWN, OLDEST[1] - 1, -1):
        newer = shutil.which("python3.%d" % minor)  # noqa: UP031 - an old Python runs this line
        if newer:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606 - itself
    found = ".".join(map(str, sys.version_info[:3]))
    print(f"Gatepost needs Python 3.11 or newer; {sys.executable} is {found}", file=sys.stderr)
    return 1


def wanted(lock: str) -> dict[str, str]:
    """What an environment from this lock is made from. A folder that was moved is another one."""
    return {
        "folder": ROOT,
        "python": ".".join(map(str, sys.version_info[:2])),
        "lock": digest(lock),
        "project": digest("pyproject.toml"),
    }


def digest(name: str) -> str:
    with open(os.path.join(ROOT, name), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def made() -> dict[str, str] | None:
    """What the environment that is there was made from."""
    try:
        with open(MADE) as file:
            known: dict[str, str] = json.load(file)
    except (OSError, ValueError):
        return None
    return known if os.path.exists(PYTHON) else None


def make(lock: str) -> None:
    """Update what is there where that can work; otherwise, or when it does not, begin anew."""
    import shutil

    uv = shutil.which("uv")
    means = "uv" if uv else "uv not found, using pip"
    print(f"environment .venv ({means}) ... ", end="", flush=True)
    if may_be_updated(lock):
        try:
            fill(lock, uv)
            return
        except CannotSetUp:
            pass
    shutil.rmtree(VENV, ignore_errors=True)
    fill(lock, uv)


def may_be_updated(lock: str) -> bool:
    """Whether it was finished, here, by this Python. One made by hand is given a try."""
    if not os.path.exists(PYTHON) or os.path.exists(MAKING):
        return False
    before, after = made(), wanted(lock)
    return before is None or all(before.get(key) == after[key] for key in ("folder", "python"))


def fill(lock: str, uv: str | None) -> None:
    os.makedirs(VENV, exist_ok=True)
    with open(MAKING, "w"):
        pass
    install = from_uv(uv) if uv else from_pip()
    call([*install, "--require-hashes", "-r", lock])
    call([*install, "--no-deps", "--no-build-isolation", "-e", "."])
    with open(MADE + ".new", "w") as file:
        json.dump(wanted(lock), file)
    os.replace(MADE + ".new", MADE)
    os.remove(MAKING)


def from_uv(uv: str) -> list[str]:
    """The words that install into the environment, which is made empty if need be."""
    if not os.path.exists(PYTHON):
        call([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, VENV])
    return [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", PYTHON]


def from_pip() -> list[str]:
    from importlib.util import find_spec

    words = ["install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if find_spec("ensurepip") is None and find_spec("pip") is None:
        get_ensurepip()
    if find_spec("ensurepip") is not None:
        if not os.path.exists(os.path.join(VENV, "bin", "pip")):
            call([sys.executable, "-m", "venv", VENV])
        return [PYTHON, "-m", "pip", *words]
    if not os.path.exists(PYTHON):
        call([sys.executable, "-m", "venv", "--without-pip", VENV])
    return [sys.executable, "-m", "pip", "--python", PYTHON, *words]  # the system's pip


def get_ensurepip() -> None:
    """Debian and Ubuntu keep it in a package of its own: install that as root, or say how."""
    import importlib
    import shutil

    package = f"python3.{sys.version_info[1]}-venv"
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        line = f"sudo apt-get install --yes {package}" if apt else "python3 -m ensurepip"
        raise CannotSetUp(f"this Python cannot make environments yet. Type: {line}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    install = [apt, "-qq", "install", "--yes", "--no-install-recommends", package]
    try:
        call(install)
    except CannotSetUp:  # no package lists yet, or old ones
        call([apt, "-qq", "update"])
        call(install)
    importlib.invalidate_caches()


def call(command: list[str]) -> None:
    """Run it silently; when it fails, the end of what it said is the message."""
    import subprocess

    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        said = done.stdout.decode(errors="replace").strip().splitlines()[-12:]
        raise CannotSetUp("\n".join([f"failed: {' '.join(command)}", *said]))


if __name__ == "__main__":
    sys.exit(main())
