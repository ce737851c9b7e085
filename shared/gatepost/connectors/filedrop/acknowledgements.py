"""Acknowledgements: what the ERP says it made of a file."""

import csv
import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

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
_HEAD: Final = ("mark", "status", "erp_id", "erp_number", "code", "message")
_MESSAGE: Final = 500  # characters of the ERP's own that are shown
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Id = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


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
    status: Status
    erp_id: Id = ""
    erp_number: Id = ""
    code: Id = ""
    message: Text = ""
    lines: list[_Line] = []

    @model_validator(mode="after")
    def _names_its_record(self) -> "_Document":
        if self.status is not Status.REFUSED and not self.erp_id:
            raise ValueError("it names no erp_id")
        return self


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The ERP's answer to one file; ``lines`` pairs the file's line ids with the ERP's."""

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
        said = self.message[:_MESSAGE] or f"it gave no reason but {self.code or 'none'}"
        return kind(f"the ERP refused it: {said}", erp_code=self.code)


def read_acknowledgement(content: bytes, form: Format, mark: str) -> Acknowledgement:
    """The acknowledgement of the item with that mark.

    Raises:
        Unreadable: it is none, or has not been written to its end.

    """
    if not content.endswith(b"\n"):
        raise Unreadable("it does not end with a line break, so it may not be whole")
    try:
        text = content.decode("utf-8-sig")
        document = _of_csv(text) if form is Format.CSV else orjson.loads(text)
        found = _Document.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Unreadable(f"{place}: {first['msg']}" if place else first["msg"]) from None
    except (UnicodeDecodeError, orjson.JSONDecodeError, csv.Error) as error:
        raise Unreadable(f"it is no {form}: {error}") from None
    if found.mark != mark:
        raise Unreadable("it is of an item with another mark")
    lines = tuple((line.line, line.erp_id) for line in found.lines)
    return Acknowledgement(
        found.status, found.erp_id, found.erp_number, found.code, found.message, lines
    )


def _of_csv(text: str) -> dict[str, Any]:
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    if not rows:
        raise Unreadable("it has no row below its header")
    head = {name: rows[0][name] for name in _HEAD if rows[0].get(name) is not None}
    pairs = [(row.get("line"), row.get("line_erp_id")) for row in rows]
    return {**head, "lines": [{"line": line, "erp_id": id} for line, id in pairs if line and id]}
