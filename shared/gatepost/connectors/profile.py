"""A profile: what an ERP can hold, as data. It checks items long before the ERP is asked."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gatepost.domain.content import CommitmentContent, Content
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Sending
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company


@dataclass(frozen=True, slots=True)
class KindProfile:
    """What the ERP takes of one kind: lengths by field, in characters."""

    limits: dict[str, int] = field(default_factory=dict)
    updates: bool = True


@dataclass(frozen=True, slots=True)
class Profile:
    """An ERP's kinds and their limits. A profile without a connector still checks."""

    key: str
    title: str
    kinds: dict[Kind, KindProfile]
    listable: tuple[RecordKind, ...] = ()  # what its connector can list; parents before children

    def problems(
        self, sending: Sending, content: Content, company: Company
    ) -> Iterator[FieldProblem]:
        """Everything in a sending that this ERP could not hold."""
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
        for name, limit in profile.limits.items():
            value = _value(name, sending, content, company)
            if len(value) > limit:
                yield FieldProblem(
                    name,
                    "max_length",
                    f"{name} has {len(value)} characters; {self.title} takes at most {limit}",
                    "the sender: shorten it at its source and send it again",
                )


def _value(name: str, sending: Sending, content: Content, company: Company) -> str:
    if name == "vendor.name":
        vendor = content.vendor if isinstance(content, CommitmentContent) else ""
        return company.vendors[vendor].name if vendor in company.vendors else ""
    if name in ("number", "title"):
        return str(getattr(sending, name))
    return str(getattr(content, name.removeprefix("content."), ""))


@lru_cache
def load_profile(key: str) -> Profile:
    """A profile by its key.

    Raises:
        LookupError: there is none of that key.

    """
    document = files("gatepost.connectors") / "profiles" / f"{key}.toml"
    if "/" in key or not document.is_file():
        raise LookupError(f"there is no profile {key}")
    data: dict[str, Any] = tomllib.loads(document.read_text(encoding="utf-8"))
    kinds = {
        Kind(kind): KindProfile(dict(each.get("limits", {})), bool(each.get("updates", True)))
        for kind, each in data["kinds"].items()
    }
    listable = tuple(RecordKind(kind) for kind in data.get("listable", ()))
    return Profile(key=key, title=data["title"], kinds=kinds, listable=listable)
