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
        case "like" | "ilike":
            return str(wanted).lower() in str(value or "").lower()
        case "not like":
            return str(wanted) not in str(value or "")
        case "=like":
            parts = re.split(r"\\(.)|(%)|(_)", wanted)
            plain, any_, one = parts[1::4], parts[2::4], parts[3::4]
            texts = parts[0::4]
            pattern = re.escape(texts[0])
            for escaped, many, single, text in zip(plain, any_, one, texts[1:], strict=True):
                pattern += (
                    re.escape(escaped) if escaped else ".*" if many else "." if single else ""
                )
                pattern += re.escape(text)
            return re.fullmatch(pattern, str(value or "")) is not None
    raise AssertionError(f"the stub knows no {operator}")
