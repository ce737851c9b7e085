"""What is wrong with the shape of a document, in plain sentences: what, and why."""

from typing import Any, Final, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from gatepost.domain.content import CONTENT, CostLine, DayString, DecimalString, InvoiceLine
from gatepost.domain.errors import FieldProblem
from gatepost.domain.unseen import code_of, unseen_in_name

SENDER: Final = "the source: correct the event and send it again"

KEY_PATTERN: Final = r"^[^/\s]+$"
MAIL_PATTERN: Final = r"^[^@\s]+@[^@\s]+$"

_LONGEST_QUOTE: Final = 40  # characters of a wrong value in a sentence


def _fields_marked(mark: type) -> frozenset[str]:
    shapes = (*CONTENT.values(), CostLine, InvoiceLine)
    return frozenset(
        name
        for shape in shapes
        for name, hint in get_type_hints(shape, include_extras=True).items()
        if mark.__name__ in str(hint)
    )


_AMOUNTS: Final = _fields_marked(DecimalString)
_DAYS: Final = _fields_marked(DayString)

_SENTENCES: Final = {
    "missing": "it is missing",
    "string_type": "it must be a text; it is {value}",
    "string_too_short": "it is empty",
    "string_too_long": "it has {length} characters; there may be at most {max_length}",
    "bool_type": "it must be true or false; it is {value}",
    "int_type": "it must be a whole number; it is {value}",
    "int_from_float": "it must be a whole number; it is {value}",
    "int_parsing": "it must be a whole number; it is {value}",
    "greater_than_equal": "it must be at least {ge}; it is {value}",
    "less_than": "it must be less than {lt}; it is {value}",
    "enum": "it must be {expected}; it is {value}",
    "literal_error": "it must be {expected}; it is {value}",
    "dict_type": "it must be an object; it is {value}",
    "model_type": "it must be an object; it is {value}",
    "dataclass_type": "it must be an object; it is {value}",
    "list_type": "it must be a list; it is {value}",
    "tuple_type": "it must be a list; it is {value}",
}
_OF_PATTERNS: Final = {
    KEY_PATTERN: "it must be one word without a slash or a blank; it is {value}",
    MAIL_PATTERN: "it is no e-mail address: {value}",
}
_AMOUNT: Final = (
    'an amount is a text such as "12400.00", with at most 15 digits before the point and 6 after '
    "it; this is {value}"
)
_DAY: Final = 'a day is a text such as "2026-11-30", and a day of the calendar; this is {value}'


def field_problems(error: ValidationError, prefix: str = "") -> list[FieldProblem]:
    """Pydantic's findings as the refusals' own, with places written ``content.lines[0].amount``."""
    return [
        FieldProblem(
            field=_place([prefix, *found["loc"]] if prefix else found["loc"]),
            rule=found["type"],
            message=f"{_place(found['loc']) or prefix}: {_sentence(found)}",
            who_can_fix=SENDER,
        )
        for found in error.errors(include_url=False)
    ]


def without_hidden_characters(text: str) -> str:
    """The text, if all of it can be seen: two addresses that look the same are the same.

    Raises:
        PydanticCustomError: a character in it shows as nothing.
    """
    if unseen := unseen_in_name(text):
        raise PydanticCustomError(
            "hidden_character",
            "it has a character in it that cannot be seen: {character}",
            {"character": code_of(unseen)},
        )
    return text


def _sentence(found: ErrorDetails) -> str:
    kind, value = found["type"], found.get("input")
    context = found.get("ctx", {})
    last = next((step for step in reversed(found["loc"]) if isinstance(step, str)), "")
    said = _SENTENCES.get(kind)
    if kind != "missing" and last in _AMOUNTS:
        said = _AMOUNT
    elif kind != "missing" and last in _DAYS:
        said = _DAY
    elif kind == "string_pattern_mismatch":
        said = _OF_PATTERNS.get(context["pattern"])
    if said is None:
        return found["msg"][0].lower() + found["msg"][1:]
    length = len(value) if isinstance(value, str) else 0
    return said.format(**{**context, "value": _shown(value), "length": length})


def _shown(value: Any) -> str:  # noqa: ANN401 - any JSON document
    """A wrong value as a sentence can name it; what has parts is only called what it is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {str(value)[:_LONGEST_QUOTE]}"
        case str():
            cut = value[:_LONGEST_QUOTE] + ("..." if len(value) > _LONGEST_QUOTE else "")
            return f'"{cut}"' if value else "empty"
        case list():
            return "a list"
    return "an object"


def _place(location: Any) -> str:  # noqa: ANN401 - pydantic's tuple of str and int
    place = ""
    for step in location:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else str(step)
    return place
