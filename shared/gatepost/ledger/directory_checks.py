"""What can be wrong with a directory: every finding at once, with its place in the document."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gatepost.connectors.discovery import load_connector, profile_of
from gatepost.connectors.errors import ConfigurationError
from gatepost.domain.people import ErpTool
from gatepost.ledger.toml_lines import Place
from gatepost.messages.shapes import KEY_PATTERN, MAIL_PATTERN

Model = TypeVar("Model", bound=BaseModel)

KEYS: Final = {
    "connections": "key",
    "people": "email",
    "projects": "external_id",
    "vendors": "external_id",
}
"""What names an entry of a section."""

LIMIT_PATTERN: Final = r"^[0-9]{1,15}(\.[0-9]{1,6})?$"

_PATTERNS: Final = {
    KEY_PATTERN: "a key has no slash and no space",
    MAIL_PATTERN: "this is no e-mail address",
    LIMIT_PATTERN: "an amount is written with digits and a point, such as 50000.00",
}
_APPROVING: Final = (ErpTool.STANDARD, ErpTool.ADMIN)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong or doubtful: where, and a sentence."""

    place: Place
    message: str

    @property
    def field(self) -> str:
        """The place as people write it: ``people[0].email``."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.place)
        return "".join(steps).removeprefix(".")

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.place else self.message


def check(model: type[Model], document: Mapping[str, Any]) -> tuple[Model | None, list[Finding]]:
    """Read a document; gives what is in it, or None, and everything against it."""
    read, found = None, []
    try:
        read = model.model_validate(document)
    except ValidationError as error:
        found = [
            Finding(_place(each), _sentence(each, model))
            for each in error.errors(include_url=False)
        ]
    found += _named_twice(document)
    found += _unfit_connections(_entries(document, "connections"))
    return read, found


def doubtful(document: Mapping[str, Any]) -> list[Finding]:
    """Approvers of projects who cannot approve: it is applied, for rights may be given later."""
    people = {person["email"].lower(): person for person in document.get("people", ())}
    found = []
    for number, project in enumerate(document.get("projects", ())):
        for position, email in enumerate(project.get("approvers", ())):
            place = ("projects", number, "approvers", position)
            person = people.get(email.lower())
            if person is None:
                found.append(Finding(place, f"{email} is not among the people"))
            elif not person["can_push_to_accounting"] or person["erp_tool"] not in _APPROVING:
                why = (
                    "is no accounting approver: that takes the level standard or admin on erp_tool"
                )
                found.append(Finding(place, f"{email} {why}, and can_push_to_accounting"))
    return found


def _entries(document: Mapping[str, Any], section: str) -> list[tuple[int, dict[str, Any]]]:
    entries = document.get(section)
    listed = entries if isinstance(entries, list) else []
    return [(number, entry) for number, entry in enumerate(listed) if isinstance(entry, dict)]


def _named_twice(document: Mapping[str, Any]) -> Iterator[Finding]:
    for section, key in KEYS.items():
        seen: dict[str, int] = {}
        for number, entry in _entries(document, section):
            name = entry.get(key)
            if not isinstance(name, str):
                continue
            first = seen.setdefault(name.lower() if section == "people" else name, number)
            if first != number:
                message = f"{name} is named before, as {section}[{first}]; each may be named once"
                yield Finding((section, number, key), message)


def _unfit_connections(entries: Sequence[tuple[int, dict[str, Any]]]) -> Iterator[Finding]:
    """What the connectors have against their options; values are not shown, they may be secret."""
    for number, entry in entries:
        name, profile = entry.get("connector"), entry.get("profile", "")
        if not isinstance(name, str):
            continue
        try:
            connector = load_connector(name)
        except ConfigurationError as error:
            yield Finding(("connections", number, "connector"), str(error))
            if (
                isinstance(profile, str) and profile
            ):  # which is known or not, whatever the connector
                yield from _unknown_profile(number, name, profile)
            continue
        try:
            connector.config_model.model_validate(entry.get("options", {}))
        except ValidationError as error:
            for each in error.errors(include_input=False, include_url=False):
                place = ("connections", number, "options", *_place(each))
                yield Finding(place, _sentence(each, connector.config_model, shown=False))
        yield from _unknown_profile(number, name, profile)


def _unknown_profile(number: int, connector: str, profile: object) -> Iterator[Finding]:
    try:
        profile_of(connector, profile if isinstance(profile, str) else "")
    except (ConfigurationError, LookupError) as error:
        yield Finding(("connections", number, "profile"), str(error.args[0]))


def _place(error: ErrorDetails) -> Place:
    return tuple(step for step in error["loc"] if step != "[key]")


def _sentence(error: ErrorDetails, model: type[BaseModel], *, shown: bool = True) -> str:
    """A finding of pydantic's in the words of this file."""
    context, value = error.get("ctx", {}), error.get("input")
    match error["type"]:
        case "missing":
            return "it is missing, and has no default"
        case "extra_forbidden":
            return _unknown(str(error["loc"][-1]), _keys_at(model, error["loc"][:-1]))
        case "enum" | "literal_error" if shown:
            known = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            return _unknown(str(value), known, what=f"{_quoted(value)} is not known here")
        case "string_pattern_mismatch" if shown and context["pattern"] in _PATTERNS:
            return f"{_quoted(value)}: {_PATTERNS[context['pattern']]}"
        case "value_error":
            return str(context["error"])
        case "int_type" | "int_from_float" if shown:
            return f"a whole number stands here{_bare(value)} not {_quoted(value)}"
        case "bool_type" if shown:
            return f"true or false stands here, without quotation marks; not {_quoted(value)}"
    said = error["msg"][0].lower() + error["msg"][1:]
    return f"{said}, not {_quoted(value)}" if shown and isinstance(value, str | int) else said


def _bare(value: object) -> str:
    """Quotation marks are what is wrong only where a number stands within them."""
    is_number = isinstance(value, str) and value.removeprefix("-").isdecimal()
    return ", without quotation marks;" if is_number else ","


def _unknown(name: str, known: Sequence[str], *, what: str = "there is no such key here") -> str:
    close = get_close_matches(name, known, n=1)
    return f"{what}; did you mean {close[0]}?" if close else f"{what}; known are {', '.join(known)}"


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that are known at a place of the document."""
    at: Any = model
    for step in place:
        if not isinstance(step, int):
            at = _model_in(at.model_fields[step].annotation)
    return list(at.model_fields)


def _model_in(annotation: Any) -> Any:  # noqa: ANN401 - what a type says of itself
    """The model within ``Model``, ``list[Model]`` or either ``| None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(each) for each in getattr(annotation, "__args__", ()))
    return next((each for each in found if each is not None), None)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
