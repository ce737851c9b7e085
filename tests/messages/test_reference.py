"""The reference pages are made from the code; these hold them against it."""

from pathlib import Path
from typing import Final

import pytest
from scripts.reference import pages

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_current(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "make docs writes it anew"


def test_no_reference_page_is_left_over() -> None:
    there = {page.name for page in (ROOT / "docs" / "reference").glob("*.md")}
    assert there == set(PAGES)
