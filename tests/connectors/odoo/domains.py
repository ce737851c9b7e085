"""Odoo's search domains, as far as the connector uses them: a list in Polish notation."""

import re
from typing import Any


def matches(record: dict[str, Any], domain: list[Any]) -> bool:
    """Whether a record is among those the domain describes."""
    left = list(domain)
    found = True
    while left:
        found = _next(record, left) and found
    return found


def _next(record: dict[str, Any], left: list[Any]) -> bool:
    term = left.pop(0)
    if term == "|":
        one, other = _next(record, left), _next(record, left)
        return one or other
    field, operator, wanted = term
    return _holds(record[field], operator, wanted)


def _holds(value: Any, operator: str, wanted: Any) -> bool:  # noqa: ANN401 - JSON
    match operator:
        case "=":
            return bool((value or False) == wanted)
        case "!=":
            return bool((value or False) != wanted)
        case "in":
            return value in wanted
        case ">":
            return (value or 0) > wanted  # type: ignore[no-any-return]
        case "=like":
            return _pattern(wanted).fullmatch(str(value or "")) is not None
        case "like":
            return _pattern(f"%{wanted}%").fullmatch(str(value or "")) is not None
        case "not like":
            return _pattern(f"%{wanted}%").fullmatch(str(value or "")) is None
        case "ilike":
            pattern = _pattern(f"%{wanted.lower()}%")
            return pattern.fullmatch(str(value or "").lower()) is not None
    raise AssertionError(f"the stub knows no {operator}")


def _pattern(like: str) -> re.Pattern[str]:
    """PostgreSQL's: ``%`` is any text, ``_`` a character, and what follows a backslash is itself."""
    found = ""
    for escaped, wild, plain in re.findall(r"\\(.)|([%_])|([^\\%_]+)", like, re.DOTALL):
        found += {"%": ".*", "_": ".", "": re.escape(escaped or plain)}[wild]
    return re.compile(found, re.DOTALL)
