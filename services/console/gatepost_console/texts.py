"""Texts that callers send: bounded, and without what no database keeps as text."""

from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, StringConstraints
from starlette.responses import JSONResponse


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL character is in it, which no database keeps as text")
    return text


Line = Annotated[str, StringConstraints(max_length=300), AfterValidator(_without_nul)]
Comment = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_without_nul)]


class Json(JSONResponse):
    """A JSON answer; knows the domain's own types: moments, states, problems."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - any document
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
