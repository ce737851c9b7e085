"""Texts that callers send: bounded, and without what no database keeps as text; moments, in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from starlette.responses import JSONResponse


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL character is in it, which no database keeps as text")
    return text


_SAID: Final = "^[^\\u0000]*$"  # the same for the OpenAPI document
_SHOWN: Final = Field(json_schema_extra={"pattern": _SAID})

Line = Annotated[str, StringConstraints(max_length=300), AfterValidator(_without_nul), _SHOWN]
Comment = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_without_nul), _SHOWN]


_TEXTS: Final = {"type": "string", "pattern": _SAID}
Entries = Annotated[
    dict[Line, Comment],
    Field(max_length=100),
    WithJsonSchema(  # pydantic's own leaves open what a key may be that is none
        {
            "type": "object",
            "propertyNames": {**_TEXTS, "maxLength": 300},
            "additionalProperties": {**_TEXTS, "maxLength": 4000},
            "maxProperties": 100,
        }
    ),
]


def _whole(number: Any) -> Any:  # noqa: ANN401 - as it was sent
    """``1.0`` is a whole number in JSON; a text or a truth value is none."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


WHOLE: Final = BeforeValidator(_whole)


def _in_utc(moment: datetime) -> datetime:
    if not 1970 <= moment.year < 9999:
        raise ValueError("a moment from 1970 on is expected")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Json(JSONResponse):
    """A JSON answer; knows the domain's own types: moments, states, problems."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - any document
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
