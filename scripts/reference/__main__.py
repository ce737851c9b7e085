"""Writes the pages anew."""

from pathlib import Path
from typing import Final

from scripts.reference import pages

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = ROOT / "docs" / "reference"


def main() -> None:
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (PAGES / name).write_text(text, encoding="utf-8")
        print(PAGES.relative_to(ROOT) / name)


if __name__ == "__main__":
    main()
