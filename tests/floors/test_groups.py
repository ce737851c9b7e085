"""A group of tests is looked for in its rooms alone, so that is where all of its tests are."""

from pathlib import Path
from typing import Final

import pytest
from scripts.run_tests import GROUPS, Group

TESTS: Final = Path(__file__).parent.parent
NARROW: Final = [group for group in GROUPS if group.rooms != ("tests",)]


@pytest.mark.parametrize("group", NARROW, ids=lambda group: group.name)
def test_no_test_of_a_group_is_outside_its_rooms(group: Group) -> None:
    mark, rooms = f"mark.{group.name}", tuple(TESTS.parent / room for room in group.rooms)
    marked = {file for file in TESTS.rglob("*.py") if mark in file.read_text()} - {Path(__file__)}
    assert marked, "it has tests"
    assert [file for file in marked if not any(map(file.is_relative_to, rooms))] == []
