"""Documents as operators may read them: without secrets, and without money unless it is theirs to see."""

import re
from typing import Any, Final

import orjson

HIDDEN: Final = "hidden: a secret"
MONEY: Final = "not shown: an amount"
NOT_TELLING: Final = (
    "Not shown: it is no JSON document, so nobody can tell which of it are amounts. "
    "Who can change that: whoever grants you Read Only on the ERP tool."
)

_SECRET_NAME: Final = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|api_?key|authori[sz]ation|credential|cookie|signature",
    re.IGNORECASE,
)
_MONEY_NAME: Final = re.compile(
    r"total|amount|unit_cost|retainage|price|cost$|balance|tax|sum$", re.IGNORECASE
)
_IN_A_URL: Final = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")
_IN_A_TEXT: Final = re.compile(
    r"(?i)((?:pass(?:word|wd)?|secret|token|api_?key|authorization)[\"']?\s*[:=]\s*)"
    r"(?:(?:bearer|basic)\s+)?[\"']?[^\s\"',;&}]+"
)


def as_text(document: str, *, with_money: bool) -> str:
    """A document, laid out, with what its reader may not see taken out."""
    try:
        found = orjson.loads(document)
    except orjson.JSONDecodeError:
        return in_a_text(document) if with_money else NOT_TELLING
    if not isinstance(found, dict | list):
        return in_a_text(document) if with_money else NOT_TELLING
    return orjson.dumps(redacted(found, with_money=with_money), option=orjson.OPT_INDENT_2).decode()


def redacted(value: Any, *, with_money: bool) -> Any:  # noqa: ANN401 - any document
    """A JSON document with the values of such names replaced; documents in its texts too."""
    if isinstance(value, dict):
        return {name: _named(str(name), each, with_money) for name, each in value.items()}
    if isinstance(value, list):
        return [redacted(each, with_money=with_money) for each in value]
    if isinstance(value, str):
        return _text(value, with_money)
    return value


def in_a_text(text: str) -> str:
    """A sentence or a raw document without the secrets that look like ones."""
    return _IN_A_TEXT.sub(rf"\1[{HIDDEN}]", _IN_A_URL.sub(f"[{HIDDEN}]", text))


def _named(name: str, value: Any, with_money: bool) -> Any:  # noqa: ANN401 - any document
    if _SECRET_NAME.search(name):
        return HIDDEN
    if not with_money and _MONEY_NAME.search(name) and not isinstance(value, dict | list):
        return None if value is None else MONEY
    return redacted(value, with_money=with_money)


def _text(value: str, with_money: bool) -> Any:  # noqa: ANN401 - any document
    if value.lstrip().startswith(("{", "[")):
        try:
            return redacted(orjson.loads(value), with_money=with_money)
        except orjson.JSONDecodeError:
            pass
    return in_a_text(value)
