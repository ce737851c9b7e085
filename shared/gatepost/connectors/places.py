"""Places in an item, as a profile names them.

``number`` and ``title`` are the item's own, ``vendor.name`` is the name of its vendor in the
directory; all others begin with ``content``, such as ``content.address.city`` or
``content.lines[].description``.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from gatepost.domain.content import CONTENT, CommitmentContent, Content
from gatepost.domain.items import Sending
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company
from gatepost.domain.unread import is_unread

VENDOR: Final = "vendor.name"


def is_place(name: str, kind: Kind) -> bool:
    """Whether items of a kind have such a place, and there is a text in it."""
    if name in ("number", "title"):
        return True
    if name == VENDOR:
        return kind is Kind.COMMITMENT
    first, *steps = name.split(".")
    return first == "content" and bool(steps) and _leads_to(str, CONTENT[kind], steps)


def is_amount(name: str, kind: Kind) -> bool:
    """Whether items of a kind have such a place, and there is an amount in it."""
    first, *steps = name.split(".")
    return first == "content" and bool(steps) and _leads_to(Decimal, CONTENT[kind], steps)


def amounts_at(name: str, content: Content | None) -> Iterator[tuple[str, Decimal]]:
    """The amounts that stand there, each with its place; what could not be read is passed over."""
    if content is not None:
        first, *steps = name.split(".")
        yield from _walk(first, content, steps)


def values_at(
    name: str, sending: Sending, content: Content | None, company: Company
) -> Iterator[tuple[str, str]]:
    """What stands there, each with its place written ``content.lines[0].description``.

    What could not be read is passed over.
    """
    if name in ("number", "title"):
        yield name, sending.number if name == "number" else sending.title
    elif name == VENDOR:
        key = content.vendor if isinstance(content, CommitmentContent) else ""
        if not is_unread(key) and key in company.vendors:
            yield name, company.vendors[key].name
    elif content is not None:
        first, *steps = name.split(".")
        yield from _walk(first, content, steps)


def _walk(place: str, value: Any, steps: list[str]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a content or a part of one
    if is_unread(value):
        return
    if not steps:
        yield place, value
        return
    step, *rest = steps
    part = getattr(value, step.removesuffix("[]"), None)
    place = f"{place}.{step.removesuffix('[]')}"
    if step.endswith("[]"):
        for at, each in enumerate(() if is_unread(part) else part or ()):
            yield from _walk(f"{place}[{at}]", each, rest)
    elif part is not None:
        yield from _walk(place, part, rest)


def _leads_to(wanted: type, holder: Any, steps: list[str]) -> bool:  # noqa: ANN401 - a type
    if not steps:
        return holder is wanted
    step, *rest = steps
    name, many = step.removesuffix("[]"), step.endswith("[]")
    if not is_dataclass(holder) or name not in {each.name for each in fields(holder)}:
        return False
    hint = get_type_hints(holder)[name]
    if get_origin(hint) in (Union, UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if many != (get_origin(hint) is tuple):
        return False
    return _leads_to(wanted, get_args(hint)[0] if many else hint, rest)
