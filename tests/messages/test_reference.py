"""The reference pages are made from the code; these hold them against it."""

import runpy
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final[dict[str, str]] = runpy.run_path(str(ROOT / "scripts" / "reference.py"))["pages"]()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_current(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "python scripts/reference.py writes it anew"


def test_no_reference_page_is_left_over() -> None:
    there = {page.name for page in (ROOT / "docs" / "reference").glob("*.md")}
    assert there == set(PAGES)
