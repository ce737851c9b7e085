"""Acknowledgements: what the ERP says it made of a file."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)

from gatepost.connectors.errors import (
    Busy,
    DuplicateFound,
    PeriodClosed,
    Permanent,
    RecordGone,
    ReferenceNotFound,
    Unsupported,
    ValidationFailed,
)
from gatepost.connectors.filedrop.config import Format

REFUSALS: Final[dict[str, type[Permanent | Busy]]] = {
    "validation": ValidationFailed,
    "reference_not_found": ReferenceNotFound,
    "duplicate": DuplicateFound,
    "record_gone": RecordGone,  # what was to be updated
    "unsupported": Unsupported,
    "period_closed": PeriodClosed,
    "busy": Busy,  # not now: the item is dropped again
}
_HEAD: Final = ("mark", "revision", "status", "erp_id", "erp_number", "code", "message")
_LINE: Final = ("line", "line_erp_id")
_MESSAGE: Final = 500  # characters of the ERP's own that are shown
#: What does not fit, by the validator's name for it, in our own words.
_SAID: Final = {
    "missing": "it is missing",
    "enum": "it has to be {expected}",
    "string_type": "it has to be a text",
    "string_too_long": "it has more than {max_length} characters",
    "int_type": "it has to be a whole number",
    "int_parsing": "it has to be a whole number",
    "int_from_float": "it has to be a whole number",
    "list_type": "it has to be a list",
    "model_type": "it has to be an object",
}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def _visible(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("it has a character in it that cannot be seen")
    return text


def _on_one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_on_one_line)]
Id = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(_visible)
]


class Unreadable(Exception):
    """It is no acknowledgement, or not the whole of one yet; says why."""


class Status(StrEnum):
    """What the ERP made of a file."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    GONE = "gone"  # it was accepted, and the record was deleted since


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    line: Id
    erp_id: Id


class _Document(BaseModel):
    """An acknowledgement as it is read, of either format."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    mark: Id
    revision: int | None = None
    status: Status
    erp_id: Id = ""
    erp_number: Id = ""
    code: Id = ""
    message: Text = ""
    lines: list[_Line] = []

    @model_validator(mode="before")
    @classmethod
    def _leaves_out_what_is_empty(cls, document: Any) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(document, dict):
            raise ValueError("it is no object")
        return {name: value for name, value in document.items() if value not in (None, "")}

    @model_validator(mode="after")
    def _names_its_record(self) -> "_Document":
        if self.status is not Status.REFUSED and not self.erp_id:
            raise ValueError("it names no erp_id")
        return self


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The ERP's answer to one file; ``lines`` pairs the file's line ids with the ERP's.

    ``revision`` is the one the ERP says it has read, None where it does not say.
    """

    revision: int | None
    status: Status
    erp_id: str
    erp_number: str
    code: str
    message: str
    lines: tuple[tuple[str, str], ...]

    @property
    def refusal(self) -> Permanent | Busy:
        """The no, as connectors say it."""
        kind = REFUSALS.get(self.code, ValidationFailed)
        said = self.message[:_MESSAGE] or (self.code and f"with the code {self.code}")
        said = said or "it gave no reason"
        return kind(f"the ERP refused it: {said}", erp_code=self.code)


def read_acknowledgement(content: bytes, form: Format, mark: str) -> Acknowledgement:
    """The acknowledgement of the item with that mark.

    Raises:
        Unreadable: it is none, or has not been written to its end.

    """
    text = _text(content)
    try:
        document = _of_csv(text) if form is Format.CSV else orjson.loads(text)
        found = _Document.model_validate(document)
    except ValidationError as error:
        raise Unreadable(_first_of(error)) from None
    except (orjson.JSONDecodeError, csv.Error) as error:
        raise Unreadable(f"it is no {form}: {error}") from None
    if found.mark != mark:
        raise Unreadable("it is of an item with another mark")
    lines = tuple((line.line, line.erp_id) for line in found.lines)
    head = (found.revision, found.status, found.erp_id, found.erp_number, found.code)
    return Acknowledgement(*head, found.message, lines)


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable("it is in UTF-16; write it in UTF-8")
    if not content.endswith(b"\n"):
        raise Unreadable("it does not end with a line break, so it may not be whole")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not in UTF-8: see its byte {error.start + 1}") from None


def _first_of(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    said = first["msg"].removeprefix("Value error, ")
    if own := _SAID.get(first["type"]):
        said = own.format_map(first.get("ctx", {})).replace("'", "")
    return f"{place}: {said}" if place else said


def _of_csv(text: str) -> dict[str, Any]:
    """The document of a table: each row repeats the head, and has a line of its own.

    Nothing is guessed: an id cut at an unquoted comma would name another record.
    """
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    if not rows:
        raise Unreadable("it has no row below its header")
    if missing := [name for name in ("mark", "status") if name not in rows[0]]:
        seen = _on_one_line(", ".join(filter(None, rows[0])))[:_MESSAGE]
        raise Unreadable(f"it has no column {missing[0]}; parted by commas, it has: {seen}")
    heads = [{name: row[name] for name in _HEAD if row.get(name)} for row in rows]
    for at, (head, row) in enumerate(zip(heads, rows, strict=True), 1):
        if None in row:
            raise Unreadable(f"row {at} has more cells than the header: quote what has a comma")
        if other := [name for name in head if head[name] != heads[0].get(name)]:
            raise Unreadable(f"row {at} has another {other[0]} than row 1")
    pairs = [tuple(row.get(name) for name in _LINE) for row in rows]
    return {
        **heads[0],
        "lines": [{"line": line, "erp_id": id} for line, id in pairs if line and id],
    }
