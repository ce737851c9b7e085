"""Packages of Node for tests of strangers' programs, each in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, NoReturn

import pytest

GET_NODE: Final = "get it: sudo apt-get install --no-install-recommends nodejs npm"


def installed(source: Path, folder: Path, *, what: str) -> None:
    """Copy a program with its lock file, and install what it needs; the test ends where it cannot."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            not_here(f"{program} is not here; {GET_NODE}")
    for file in source.iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=400, check=False
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[0]
        not_here(f"npm ci could not install {what} (is its registry reachable?): {last}")


def not_here(what: str) -> NoReturn:
    """Skip at home; fail where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)
