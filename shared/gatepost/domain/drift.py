"""Drift: where the ERP's record differs from what Gatepost wrote there."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

MOST: Final = 50  # differences kept of one record: more say nothing more
_LINE_KEY: Final = "external_id"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs: what Gatepost wrote, and what the ERP has."""

    field: str
    ours: Any
    theirs: Any


def differences(written: dict[str, Any], found: dict[str, Any]) -> list[Difference]:
    """The fields that differ, of those that both records have.

    A field the connector does not read back cannot be compared, and one that Gatepost left empty is
    the ERP's own. Amounts that differ in their zeros alone are the same.
    """
    return list(_compared("", written, found))[:MOST]


def _compared(path: str, ours: Any, theirs: Any) -> Iterator[Difference]:  # noqa: ANN401 - JSON
    if _plain(ours) is None:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in ours:
            if name in theirs:
                yield from _compared(f"{path}.{name}" if path else name, ours[name], theirs[name])
    elif _are_lines(ours) and _are_lines(theirs):
        yield from _lines_compared(path, ours, theirs)
    elif _plain(ours) != _plain(theirs):
        yield Difference(path, ours, theirs)


def _lines_compared(
    path: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> Iterator[Difference]:
    """Lines by the id they have in common; those without one by their place."""
    left = _by_key(theirs)
    for key, line in _by_key(ours).items():
        if key in left:
            yield from _compared(f"{path}[{key}]", line, left.pop(key))
        else:
            yield Difference(f"{path}[{key}]", line, None)
    for key, line in left.items():
        yield Difference(f"{path}[{key}]", None, line)


def _by_key(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for place, line in enumerate(lines, start=1):
        key = str(line.get(_LINE_KEY) or place)
        found[key if key not in found else f"{key}/{place}"] = line
    return found


def _are_lines(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value as it is compared."""
    if value in (None, "", [], {}):
        return None
    if isinstance(value, bool | list | dict):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value).strip()
    return number if number.is_finite() else str(value)
