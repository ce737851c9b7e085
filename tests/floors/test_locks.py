"""The lock files: for every installer, from anywhere, and the same whichever is taken."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).resolve().parents[2]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text()
    return dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_registry_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)
    entries = re.findall(r"^[\w.-]+(?:\[[^]]*\])?==.*\n((?: {4}--hash=.*\n)*)", text, re.MULTILINE)
    assert entries
    assert all(entries)


def test_an_environment_for_tests_also_runs_the_demo() -> None:
    tests = _pins("requirements-dev.lock")
    assert {name: tests.get(name) for name in _pins("requirements.lock")} == _pins(
        "requirements.lock"
    )


@pytest.mark.parametrize("wanted", PROJECT["project"]["dependencies"])
def test_what_the_project_asks_for_is_locked(wanted: str) -> None:
    requirement = Requirement(wanted)
    pinned = _pins("requirements.lock")[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pinned), "make lock"
