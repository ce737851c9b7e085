"""The content of an item, read from JSON into the domain's types: whole, or as far as it can be."""

from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from gatepost.domain.content import CONTENT, Content
from gatepost.domain.errors import NotSendable
from gatepost.domain.kinds import Kind
from gatepost.domain.unread import UNREAD
from gatepost.messages.shapes import field_problems

_CONTENT: Final = {kind: TypeAdapter[Content](content) for kind, content in CONTENT.items()}


def read_content(kind: Kind, document: Any) -> Content:  # noqa: ANN401 - a JSON document
    """The content of an item.

    Raises:
        NotSendable: it is not of the shape that its kind has; every place is listed.
    """
    try:
        return _CONTENT[kind].validate_python(document)
    except ValidationError as error:
        raise NotSendable(field_problems(error, "content")) from None


def read_as_far_as_it_goes(kind: Kind, document: dict[str, Any]) -> Content:
    """The same, with ``UNREAD`` wherever a value is missing or of the wrong shape."""
    return cast("Content", _parts(CONTENT[kind], document))


def _parts(shape: type, document: Any) -> object:  # noqa: ANN401 - a JSON document
    known = _fields(shape)
    if not isinstance(document, dict):
        return shape(**dict.fromkeys(known, UNREAD))
    read = {}
    for name, (hint, is_needed) in known.items():
        if name in document:
            read[name] = _read(hint, document[name])
        elif is_needed:
            read[name] = UNREAD
    return shape(**read)


def _read(hint: Any, value: Any) -> object:  # noqa: ANN401 - a type, and a JSON document
    try:
        return _adapter(hint).validate_python(value)
    except ValidationError:
        pass
    if get_origin(hint) is tuple:
        many = isinstance(value, list)
        return tuple(_read(get_args(hint)[0], each) for each in value) if many else UNREAD
    if is_dataclass(hint):
        return _parts(cast("type", hint), value)
    shapes = [each for each in get_args(hint) if is_dataclass(each)]
    return _parts(cast("type", shapes[0]), value) if shapes and isinstance(value, dict) else UNREAD


@lru_cache
def _fields(shape: type) -> dict[str, tuple[Any, bool]]:
    """The fields of a part of a content: their types, and whether they must be there."""
    hints = get_type_hints(shape, include_extras=True)
    return {each.name: (hints[each.name], each.default is MISSING) for each in fields(shape)}


@lru_cache
def _adapter(hint: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type
    return TypeAdapter(hint)
