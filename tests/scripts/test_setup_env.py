"""Setting up .venv: once, then never again until something changed; and from any half-way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]

#: Stands in for uv: notes what it was told, makes a Python, fails when it finds a file "fail".
UV: Final = f"""#!/bin/sh
echo "$@" >> "$NOTES"
case "$1 $2" in
  "venv "*) mkdir -p .venv/bin; ln -sf {sys.executable} .venv/bin/python ;;
  *) sleep 0.1; test ! -e fail ;;
esac
"""


class House:
    """A folder with the script, lock files, and a uv that only takes notes."""

    def __init__(self, place: Path) -> None:
        self.root = place / "house"
        self.notes = place / "notes"
        (self.root / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup_env.py", self.root / "scripts")
        for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
            (self.root / name).write_text(name)
        tools = place / "tools"
        tools.mkdir()
        (tools / "uv").write_text(UV)
        (tools / "uv").chmod(0o755)
        self.environment = {"PATH": f"{tools}:/usr/bin:/bin", "NOTES": str(self.notes)}

    def begin(self, lock: str = "requirements.lock") -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / "scripts" / "setup_env.py"), lock],
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )

    def set_up(self, lock: str = "requirements.lock") -> tuple[int, str]:
        running = self.begin(lock)
        said, _ = running.communicate()
        return running.returncode, said

    def did(self) -> list[str]:
        """The first word of each thing uv was told since the last time."""
        told = self.notes.read_text().splitlines() if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        return [line.split()[0] for line in told]


ANEW: Final = ["venv", "pip", "pip"]  # an environment, the lock, the project itself
UPDATED: Final = ["pip", "pip"]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_second_time_there_is_nothing_to_do(house: House) -> None:
    code, said = house.set_up()
    assert (code, house.did()) == (0, ANEW)
    assert said.startswith("environment .venv (uv) ... ")
    assert (house.set_up(), house.did()) == ((0, ""), [])


def test_a_changed_lock_is_installed_into_what_is_there(house: House) -> None:
    house.set_up()
    house.did()
    (house.root / "requirements.lock").write_text("newer")
    house.set_up()
    assert house.did() == UPDATED


def test_an_environment_for_tests_is_good_enough_for_the_demo(house: House) -> None:
    house.set_up("requirements-dev.lock")
    house.did()
    house.set_up("requirements.lock")
    assert house.did() == []
    house.set_up("requirements-dev.lock")
    assert house.did() == []


def test_what_was_broken_off_is_begun_anew(house: House) -> None:
    (house.root / "fail").touch()
    code, said = house.set_up()
    assert code == 1
    assert "failed: " in said
    (house.root / "fail").unlink()
    house.did()
    code, _ = house.set_up()
    assert (code, house.did()) == (0, ANEW)


def test_a_folder_that_was_moved_gets_a_new_one(house: House) -> None:
    house.set_up()
    house.did()
    house.root = house.root.rename(house.root.with_name("elsewhere"))
    house.set_up()
    assert house.did() == ANEW


def test_of_two_at_once_one_waits_for_the_other(house: House) -> None:
    running = [house.begin(), house.begin()]
    for each in running:
        each.communicate()
    assert [each.returncode for each in running] == [0, 0]
    assert house.did() == ANEW
