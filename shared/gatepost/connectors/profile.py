"""A profile: what an ERP can hold, as data. It checks items long before the ERP is asked.

Nothing is ever cut to fit: what is too long is refused, with its length and the ERP's.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from gatepost.connectors.entries import Entry, entry_problems
from gatepost.connectors.places import amounts_at, is_amount, is_place, values_at
from gatepost.domain.content import Content, total_of
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Sending
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company
from gatepost.domain.unread import is_unread

SENDER = "the sender: correct it at its source and send it again"


class Count(StrEnum):
    """What an ERP counts when it says how long a field may be."""

    CHARACTERS = "characters"
    BYTES = "bytes"  # in UTF-8

    def length(self, text: str) -> int:
        """How long a text is to this ERP."""
        return len(text) if self is Count.CHARACTERS else len(text.encode())


@dataclass(frozen=True, slots=True)
class KindProfile:
    """What the ERP takes of one kind.

    ``limits`` are the largest lengths by place, ``digits`` the most an amount may have before its
    point, ``required`` the places that may not be empty, ``forbids`` the characters that may not
    stand in a place. ``updates``: whether a record can be changed once it is written; ``credits``:
    whether a total may be negative.
    """

    limits: dict[str, int] = field(default_factory=dict)
    digits: dict[str, int] = field(default_factory=dict)
    updates: bool = True
    required: tuple[str, ...] = ()
    forbids: dict[str, str] = field(default_factory=dict)
    credits: bool = True
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """An ERP's kinds and their limits. A profile without a connector still checks."""

    key: str
    title: str
    kinds: dict[Kind, KindProfile]
    count: Count = Count.CHARACTERS
    listable: tuple[RecordKind, ...] = ()  # what its connector can list; parents before children

    def problems(
        self, sending: Sending, content: Content | None, company: Company
    ) -> Iterator[FieldProblem]:
        """Everything in a sending that this ERP could not hold; None: its content was not read."""
        kind = sending.ref.kind
        profile = self.kinds.get(kind)
        if profile is None:
            yield FieldProblem(
                "kind",
                "kind_enabled",
                f"{self.title} takes no {kind.words}s",
                "whoever keeps the company's connection",
            )
            return
        for place, rule, message in self._objections(profile, sending, content, company):
            yield FieldProblem(place, rule, message, SENDER)

    def entries_of(self, kind: Kind) -> tuple[Entry, ...]:
        """What is to be entered when an item of that kind is accepted."""
        profile = self.kinds.get(kind)
        return profile.entries if profile else ()

    def entry_problems(
        self,
        kind: Kind,
        given: Mapping[str, str],
        known: Mapping[str, Collection[str]] | None = None,
    ) -> list[FieldProblem]:
        """Everything wrong with the entries of an acceptance; ``known`` are the ids to choose from."""
        return entry_problems(self.entries_of(kind), given, self.title, known)

    def _objections(
        self, profile: KindProfile, sending: Sending, content: Content | None, company: Company
    ) -> Iterator[tuple[str, str, str]]:
        for name in profile.required:
            for place, value in values_at(name, sending, content, company):
                if not value.strip():
                    yield place, "required", f"{place} is empty; {self.title} needs it"
        for name, limit in profile.limits.items():
            for place, value in values_at(name, sending, content, company):
                if (length := self.count.length(value)) > limit:
                    said = f"{place} has {length} {self.count}; {self.title} takes at most {limit}"
                    yield place, "max_length", said
        for name, digits in profile.digits.items():
            for place, amount in amounts_at(name, content):
                if abs(amount) >= 10**digits:
                    said = f"{place} is {amount}; {self.title} takes at most {digits} digits before the point"
                    yield place, "max_digits", said
        for name, characters in profile.forbids.items():
            for place, value in values_at(name, sending, content, company):
                if found := sorted(set(characters) & set(value)):
                    said = f"{place} has {' and '.join(found)} in it; {self.title} takes none there"
                    yield place, "forbidden_character", said
        total = total_of(content) if content else None
        if not profile.credits and total is not None and not is_unread(total) and total < 0:
            said = f"the total is {total}; {self.title} takes no negative {sending.ref.kind.words}s"
            yield "content.total", "not_negative", said


@dataclass(frozen=True, slots=True)
class _Document:
    """A profile's file; a word it does not know is a mistake in it."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    title: str
    kinds: dict[Kind, KindProfile]
    count: Count = Count.CHARACTERS
    listable: tuple[RecordKind, ...] = ()


_DOCUMENT: TypeAdapter[_Document] = TypeAdapter(_Document)


@lru_cache
def load_profile(key: str) -> Profile:
    """A profile by its key.

    Raises:
        LookupError: there is none of that key.

    """
    if key not in profile_names():
        raise LookupError(f"there is no profile {key}; there are {', '.join(profile_names())}")
    return read_profile(key, (_folder() / f"{key}.toml").read_text(encoding="utf-8"))


@lru_cache
def profile_names() -> tuple[str, ...]:
    """The keys of all profiles that come with Gatepost."""
    names = (each.name for each in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def read_profile(key: str, text: str) -> Profile:
    """A profile from the text of its file.

    Raises:
        ValueError: it is no TOML, has an unknown word, or speaks of a place no item has.

    """
    document = _DOCUMENT.validate_python(tomllib.loads(text))
    for kind, profile in document.kinds.items():
        for name in (*profile.limits, *profile.required, *profile.forbids):
            if not is_place(name, kind):
                raise ValueError(f"{key}: a {kind.words} has no place {name}")
        for name in profile.digits:
            if not is_amount(name, kind):
                raise ValueError(f"{key}: a {kind.words} has no amount {name}")
    return Profile(key, document.title, document.kinds, document.count, document.listable)


def _folder() -> Any:  # noqa: ANN401 - a folder wherever the package is
    return files("gatepost.connectors") / "profiles"
