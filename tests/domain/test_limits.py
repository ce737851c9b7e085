"""A profile holds an item against the lengths an ERP takes: before it is sent, never by cutting."""

from dataclasses import replace
from typing import Any, Final

import pytest

from gatepost.connectors.profile import KindProfile, Profile, load_profile
from gatepost.domain.content import Content
from gatepost.domain.errors import FieldProblem
from gatepost.domain.kinds import Kind
from tests.domain.making import ACME, CONTENT, content_of, sending

# The lengths of one well-known ERP.
DESKTOP: Final = Profile(
    "desktop",
    "the desktop ERP",
    {
        Kind.PROJECT: KindProfile({"content.name": 41}),
        Kind.COMMITMENT: KindProfile({"number": 11, "title": 255, "vendor.name": 13}),
        Kind.INVOICE: KindProfile({"number": 20}, updates=False),
    },
)


def against(
    profile: Profile, kind: Kind, content: Content | None = None, **changes: Any
) -> list[FieldProblem]:
    sent = sending(kind, **changes)
    return list(profile.problems(sent, content or CONTENT[kind], ACME))


@pytest.mark.parametrize("letter", ["x", "é", "東", "😀"])  # 1, 2, 3 and 4 bytes in UTF-8
@pytest.mark.parametrize(
    ("kind", "field", "limit"),
    [
        (Kind.COMMITMENT, "number", 11),
        (Kind.COMMITMENT, "title", 255),
        (Kind.INVOICE, "number", 20),
    ],
)
def test_a_limit_counts_characters(kind: Kind, field: str, limit: int, letter: str) -> None:
    assert against(DESKTOP, kind, **_field(field, letter * limit)) == []
    (problem,) = against(DESKTOP, kind, **_field(field, letter * (limit + 1)))
    assert (problem.field, problem.rule) == (field, "max_length")
    assert problem.message == (
        f"{field} has {limit + 1} characters; the desktop ERP takes at most {limit}"
    )


def test_a_limit_holds_for_a_field_of_the_content() -> None:
    fits, too_long = (content_of(Kind.PROJECT, name="x" * length) for length in (41, 42))
    assert against(DESKTOP, Kind.PROJECT, fits) == []
    (problem,) = against(DESKTOP, Kind.PROJECT, too_long)
    assert problem.field == "content.name"


def test_a_limit_holds_for_the_vendors_name() -> None:
    assert against(DESKTOP, Kind.COMMITMENT) == []  # "Aker Steel AS" has 13 characters
    tighter = replace(DESKTOP, kinds={Kind.COMMITMENT: KindProfile({"vendor.name": 12})})
    assert [problem.field for problem in against(tighter, Kind.COMMITMENT)] == ["vendor.name"]


def test_all_lengths_are_checked_at_once() -> None:
    found = against(DESKTOP, Kind.COMMITMENT, number="x" * 12, title="x" * 256)
    assert [problem.field for problem in found] == ["number", "title"]


@pytest.mark.parametrize("kind", [Kind.SUB_JOB, Kind.CHANGE_ORDER])
def test_a_kind_the_erp_does_not_take_is_refused(kind: Kind) -> None:
    (problem,) = against(DESKTOP, kind)
    words = kind.value.replace("_", " ")
    assert (problem.field, problem.rule) == ("kind", "kind_enabled")
    assert problem.message == f"the desktop ERP takes no {words}s"


@pytest.mark.parametrize("kind", Kind)
def test_the_sandbox_takes_every_kind(kind: Kind) -> None:
    assert against(load_profile("sandbox"), kind) == []


@pytest.mark.parametrize("key", ["nothing", "../profiles/sandbox", ""])
def test_a_profile_that_is_not_there_is_said_so(key: str) -> None:
    with pytest.raises(LookupError, match="there is no profile"):
        load_profile(key)


def _field(name: str, value: str) -> dict[str, Any]:
    return {name: value}
