"""Every row of the life cycle and every mail is part of a journey."""

from importlib import import_module
from pathlib import Path
from typing import Final

from gatepost.domain.lifecycle import LIFECYCLE
from tests.journeys.covering import COVERED

ROOT: Final = Path(__file__).resolve().parents[2]
TEMPLATES: Final = ROOT / "services/notifier/gatepost_notifier/templates"

for _file in sorted((ROOT / "tests/journeys").glob("test_*.py")):
    import_module(f"tests.journeys.{_file.stem}")


def test_every_row_of_the_life_cycle_is_part_of_a_journey() -> None:
    rows = {(state, step) for state, steps in LIFECYCLE.items() for step in steps}
    covered = {each for each in COVERED if isinstance(each, tuple)}
    assert rows - covered == set(), "no journey covers these"
    assert covered - rows == set(), "the life cycle has no such rows"


def test_every_mail_is_read_on_a_journey() -> None:
    mails = {each.parent.name for each in TEMPLATES.glob("*/subject.txt")}
    read = {each for each in COVERED if isinstance(each, str)}
    assert mails - read == set(), "no journey reads these"
    assert read - mails == set(), "there are no such mails"
