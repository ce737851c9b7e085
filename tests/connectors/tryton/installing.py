"""Tryton from PyPI in an environment of its own, and the books of a small company to begin with.

Both are made once and kept below ``~/.cache/gatepost``, or where ``GATEPOST_TEST_TRYTON`` says.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "GATEPOST_TEST_TRYTON"
DATABASE: Final = "erp"
KEY: Final = "tryton-key-of-the-tests-1c93"
BOOKKEEPER: Final = "tryton-key-of-a-bookkeeper-77b0"
_HERE: Final = Path(__file__).parent
_REQUIREMENTS: Final = _HERE / "requirements.txt"
_SEED: Final = _HERE / "seed.py"
_MODULES: Final = ("account_invoice", "analytic_purchase", "analytic_invoice")
_PASSWORD: Final = "tests-only"  # of an administrator who never signs in


class TrytonMissing(Exception):
    """It cannot be installed here; the text says how to get it, and why it did not work."""

    def __init__(self, said: str) -> None:
        why = (said.strip().splitlines() or ["nothing was said"])[-1]
        super().__init__(
            "Tryton cannot be installed. Get it: see that pip reaches PyPI, then make test GROUP=erp. "
            f"({why[:300]})"
        )


@dataclass(frozen=True, slots=True)
class Installed:
    """Where it is. ``known`` is what the seed told: ids."""

    python: Path
    books: Path
    known: dict[str, Any]


def installed() -> Installed:
    """Tryton, and books to copy; two test runs at once wait for one another.

    Raises:
        TrytonMissing: it cannot be had.

    """
    made_of = _REQUIREMENTS.read_bytes() + _SEED.read_bytes() + Path(__file__).read_bytes()
    name = f"tryton-{hashlib.sha256(made_of + sys.version.encode()).hexdigest()[:12]}"
    home = Path(os.environ.get(VARIABLE) or Path.home() / ".cache" / "gatepost") / name
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "known.json").exists():  # written last
            _make(home)
    known = json.loads((home / "known.json").read_text())
    return Installed(home / "venv" / "bin" / "python", home / f"{DATABASE}.sqlite", known)


def configuration(folder: Path, *more: str) -> Path:
    """A configuration file for books in that folder."""
    file = folder / "trytond.conf"
    lines = ["[database]", "uri = sqlite://", f"path = {folder}", *more]
    file.write_text("\n".join([*lines, ""]))
    return file


def _make(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)  # a half-made one
    home.mkdir()
    _install(home / "venv")
    python = home / "venv" / "bin" / "python"
    (home / f"{DATABASE}.sqlite").touch()
    (home / "password").write_text(_PASSWORD)
    conf = configuration(home)
    admin = [str(python), str(home / "venv" / "bin" / "trytond-admin"), "-c", str(conf)]
    admin += ["-d", DATABASE]
    _run(home, *admin, "--all", "--email", "admin@gatepost.test", "-p")
    _run(home, *admin, "-u", *_MODULES, "--activate-dependencies")
    said = _run(home, str(python), str(_SEED), str(conf), DATABASE, KEY, BOOKKEEPER)
    (home / "known.json").write_text(said.splitlines()[-1])


def _install(folder: Path) -> None:
    uv = shutil.which("uv")
    _run(
        folder.parent, sys.executable, "-m", "venv", *(["--without-pip"] if uv else []), str(folder)
    )
    python = str(folder / "bin" / "python")
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    # Every package is named there, each with its version: nothing has to be worked out.
    _run(
        folder.parent, *pip, "--quiet", "--no-deps", "--only-binary=:all:", "-r", str(_REQUIREMENTS)
    )


def _run(folder: Path, *words: str) -> str:
    passed = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        words,
        env=passed | {"TRYTONPASSFILE": str(folder / "password")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TrytonMissing(done.stderr)
    return done.stdout
