"""What a journey covers: rows of the life cycle, and mails. tests/floors holds it against the product."""

from collections.abc import Callable
from typing import TypeVar

from gatepost.domain.lifecycle import State, Step

Journey = TypeVar("Journey", bound=Callable[..., None])
Row = tuple[State, Step]

COVERED: dict[Row | str, list[str]] = {}
"""Rows, and mails by their template: each with the names of the journeys it is part of."""


def covers(state: State, *steps: Step) -> Callable[[Journey], Journey]:
    """The journey leads items through these steps from that state."""
    return _noting([(state, step) for step in steps])


def posts(*templates: str) -> Callable[[Journey], Journey]:
    """Somebody reads these mails on the journey."""
    return _noting(templates)


def _noting(what: "list[Row] | tuple[str, ...]") -> Callable[[Journey], Journey]:
    def noted(journey: Journey) -> Journey:
        for each in what:
            COVERED.setdefault(each, []).append(journey.__name__)
        return journey

    return noted
