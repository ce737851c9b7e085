"""How numbers stand in a sentence."""

import pytest

from gatepost.domain.wording import counted


@pytest.mark.parametrize(
    ("how_many", "said"),
    [
        (0, "0 decimals"),
        (1, "1 decimal"),  # one is no plural
        (2, "2 decimals"),
        (12_400, "12,400 decimals"),
    ],
)
def test_a_number_stands_with_what_it_counts(how_many: int, said: str) -> None:
    assert counted(how_many, "decimal") == said
