"""The profiles hold what their ERPs publish: nothing is cut, one character too many is refused."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from gatepost.connectors.profile import (
    Count,
    KindProfile,
    Profile,
    load_profile,
    profile_names,
    read_profile,
)
from gatepost.domain.content import Address, Content, InvoiceContent
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Sending
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company, Vendor
from tests.domain.making import ACME, CONTENT, content_of, sending

PROJECT, SUB_JOB, COMMITMENT, CHANGE_ORDER, INVOICE = Kind

#: By hand, from what the ERPs publish; what is not in a row has no limit there.
PUBLISHED: Final[dict[str, dict[tuple[Kind, str], int]]] = {
    "quickbooks_desktop": {
        (PROJECT, "content.name"): 41,
        (PROJECT, "content.address.lines[]"): 41,
        (PROJECT, "content.address.city"): 31,
        (PROJECT, "content.address.state"): 21,
        (PROJECT, "content.address.postal_code"): 13,
        (PROJECT, "content.address.country"): 31,
        (PROJECT, "number"): 99,
        (SUB_JOB, "content.name"): 41,
        (SUB_JOB, "content.code"): 99,
        (COMMITMENT, "number"): 11,
        (COMMITMENT, "title"): 255,
        (COMMITMENT, "vendor.name"): 41,
        (COMMITMENT, "content.lines[].cost_code"): 31,
        (COMMITMENT, "content.lines[].description"): 4095,
        (CHANGE_ORDER, "number"): 11,
        (CHANGE_ORDER, "title"): 4095,
        (CHANGE_ORDER, "content.lines[].cost_code"): 31,
        (CHANGE_ORDER, "content.lines[].description"): 4095,
        (INVOICE, "number"): 20,
        (INVOICE, "title"): 4095,
    },
    "sage_100": {
        (COMMITMENT, "number"): 12,
        (COMMITMENT, "title"): 30,
        (COMMITMENT, "vendor.name"): 30,
    },
    "sage_300_cre": {
        (PROJECT, "content.name"): 30,
        (PROJECT, "content.address.lines[]"): 30,
        (PROJECT, "content.address.city"): 15,
        (PROJECT, "content.address.state"): 4,
        (PROJECT, "content.address.postal_code"): 10,
        (SUB_JOB, "content.code"): 10,
        (SUB_JOB, "content.name"): 30,
        (COMMITMENT, "number"): 12,
        (COMMITMENT, "title"): 30,
        (COMMITMENT, "vendor.name"): 30,
        (COMMITMENT, "content.lines[].unit"): 6,
        (CHANGE_ORDER, "number"): 5,
        (CHANGE_ORDER, "title"): 30,
        (CHANGE_ORDER, "content.lines[].description"): 30,
        (CHANGE_ORDER, "content.lines[].unit"): 6,
        (INVOICE, "number"): 15,
        (INVOICE, "title"): 30,
    },
    "spectrum": {
        (PROJECT, "content.name"): 30,
        (COMMITMENT, "number"): 10,
        (COMMITMENT, "title"): 255,
        (COMMITMENT, "vendor.name"): 30,
    },
    "vista": {
        (PROJECT, "content.name"): 60,
        (COMMITMENT, "number"): 30,
        (COMMITMENT, "title"): 60,
        (COMMITMENT, "vendor.name"): 60,
    },
    "yardi": {(COMMITMENT, "number"): 15, (COMMITMENT, "title"): 30},
    "acumatica": {(COMMITMENT, "title"): 60},
    "xero": {(COMMITMENT, "number"): 255, (COMMITMENT, "title"): 255},
    "quickbooks_online": {(COMMITMENT, "vendor.name"): 100},
    "file_drop": {  # ours: a file has no lengths of its own
        (PROJECT, "number"): 100,
        (PROJECT, "content.name"): 255,
        (SUB_JOB, "number"): 100,
        (SUB_JOB, "content.name"): 255,
        (COMMITMENT, "number"): 100,
        (COMMITMENT, "title"): 255,
        (COMMITMENT, "content.lines[].description"): 4000,
        (CHANGE_ORDER, "number"): 100,
        (CHANGE_ORDER, "title"): 255,
        (CHANGE_ORDER, "content.lines[].description"): 4000,
        (INVOICE, "number"): 100,
        (INVOICE, "title"): 255,
    },
    "odoo": {},
    "sandbox": {
        (PROJECT, "content.name"): 60,
        (SUB_JOB, "content.name"): 60,
        (COMMITMENT, "number"): 30,
        (COMMITMENT, "title"): 255,
        (CHANGE_ORDER, "number"): 30,
        (CHANGE_ORDER, "title"): 255,
        (INVOICE, "number"): 30,
    },
    "tryton": {},  # texts of any length
}


def limits() -> Iterator[tuple[str, Kind, str, int]]:
    """Every limit of every profile, from the profiles themselves."""
    for key in profile_names():
        for kind, profile in load_profile(key).kinds.items():
            for place, limit in profile.limits.items():
                yield key, kind, place, limit


def test_the_profiles_say_what_was_published() -> None:
    said: dict[str, dict[tuple[Kind, str], int]] = {key: {} for key in profile_names()}
    for key, kind, place, limit in limits():
        said[key][kind, place] = limit
    assert said == PUBLISHED


# 1, 2, 3 and 4 bytes in UTF-8, and one letter that is two characters.
LETTERS: Final = ["x", "é", "東", "😀", "e\u0301"]


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(("key", "kind", "place", "limit"), list(limits()))
def test_what_fits_passes_and_one_character_more_is_refused(
    key: str, kind: Kind, place: str, limit: int, letter: str
) -> None:
    profile = load_profile(key)
    longest = (letter * limit)[:limit]
    assert _problems(profile, kind, place, longest) == []
    (problem,) = _problems(profile, kind, place, longest + "x")
    assert problem.rule == "max_length"
    assert problem.field.replace("[0]", "[]") == place
    assert f"has {limit + 1} characters; {profile.title} takes at most {limit}" in problem.message


@pytest.mark.parametrize(
    ("letter", "fits"),  # in 12 bytes of UTF-8
    [("x", 12), ("é", 6), ("東", 4), ("😀", 3)],
)
def test_an_erp_that_counts_bytes_is_told_bytes(letter: str, fits: int) -> None:
    profile = Profile("b", "Bytes", {COMMITMENT: KindProfile({"number": 12})}, Count.BYTES)
    assert _problems(profile, COMMITMENT, "number", letter * fits) == []
    (problem,) = _problems(profile, COMMITMENT, "number", letter * fits + "x")
    assert problem.message == "number has 13 bytes; Bytes takes at most 12"


def test_every_line_that_is_too_long_is_named() -> None:
    profile = load_profile("sage_300_cre")
    long = replace(CONTENT[COMMITMENT].lines[0], unit="x" * 7)  # type: ignore[union-attr]
    content = content_of(COMMITMENT, lines=(long, replace(long, unit="t"), long))
    found = list(profile.problems(sending(COMMITMENT), content, ACME))
    assert [each.field for each in found] == ["content.lines[0].unit", "content.lines[2].unit"]


@pytest.mark.parametrize(
    ("key", "kind", "place"),
    [
        ("quickbooks_desktop", PROJECT, "content.name"),
        ("quickbooks_desktop", COMMITMENT, "number"),
        ("quickbooks_desktop", INVOICE, "number"),
        ("sage_300_cre", COMMITMENT, "number"),
        ("sage_300_cre", CHANGE_ORDER, "number"),
        ("sage_300_cre", INVOICE, "number"),
        ("sandbox", PROJECT, "content.name"),
    ],
)
@pytest.mark.parametrize("nothing", ["", "  "])
def test_what_the_erp_needs_may_not_be_empty(
    key: str, kind: Kind, place: str, nothing: str
) -> None:
    (problem,) = _problems(load_profile(key), kind, place, nothing)
    assert (problem.field, problem.rule) == (place, "required")


@pytest.mark.parametrize(
    ("place", "text", "refused"),
    [
        ("content.name", "Pier 4", False),
        ("content.name", "Port: Pier 4", True),
        ("content.address.lines[]", "1 Quay Street", False),
        ("content.address.lines[]", "1 Quay Street, rear", True),
    ],
)
def test_quickbooks_takes_no_colon_in_a_name_and_no_comma_in_an_address(
    place: str, text: str, refused: bool
) -> None:
    found = _problems(load_profile("quickbooks_desktop"), PROJECT, place, text)
    assert [each.rule for each in found] == (["forbidden_character"] if refused else [])


@pytest.mark.parametrize(("key", "refused"), [("quickbooks_desktop", True), ("sandbox", False)])
def test_a_credit_is_refused_where_the_erp_takes_none(key: str, refused: bool) -> None:
    content = CONTENT[INVOICE]
    assert isinstance(content, InvoiceContent)
    credit = replace(content, total=Decimal("-5.00"))
    found = list(load_profile(key).problems(sending(INVOICE), credit, ACME))
    assert [each.rule for each in found] == (["not_negative"] if refused else [])


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        (COMMITMENT, "amount", "content.lines[0].amount"),
        (COMMITMENT, "quantity", "content.lines[0].quantity"),
        (CHANGE_ORDER, "amount", "content.lines[0].amount"),
        (INVOICE, "amount", "content.lines[0].amount"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_an_amount_with_more_digits_than_quickbooks_holds_is_refused(
    kind: Kind, name: str, place: str, sign: int
) -> None:
    def found(amount: str) -> list[FieldProblem]:
        line = replace(CONTENT[kind].lines[0], **{name: sign * Decimal(amount)})  # type: ignore[union-attr]
        content = content_of(kind, lines=(line,))
        return list(load_profile("quickbooks_desktop").problems(sending(kind), content, ACME))

    assert found("9999999999999.99") == []
    (problem,) = found("10000000000000.00")
    assert (problem.field, problem.rule) == (place, "max_digits")
    assert "takes at most 13 digits before the point" in problem.message


def test_so_is_what_is_retained() -> None:
    content = content_of(INVOICE, retainage=Decimal("10000000000000.00"))
    (problem,) = load_profile("quickbooks_desktop").problems(sending(INVOICE), content, ACME)
    assert (problem.field, problem.rule) == ("content.retainage", "max_digits")


def test_a_kind_the_erp_does_not_take_is_refused() -> None:
    narrow = read_profile("narrow", 'title = "Narrow Books"\n[kinds.project]')
    (problem,) = narrow.problems(sending(SUB_JOB), CONTENT[SUB_JOB], ACME)
    assert (problem.rule, problem.message) == ("kind_enabled", "Narrow Books takes no sub jobs")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title = ", "value"),
        ("[kinds]", "title"),
        ('title = "T"\n[kinds.lease]', "lease"),
        ('title = "T"\n[kinds.project]\nlimit = { number = 3 }', "limit"),
        ('title = "T"\n[kinds.project.limits]\nnumber = "many"', "number"),
        ('title = "T"\n[kinds.project.limits]\n"content.nmae" = 3', "no place content.nmae"),
        ('title = "T"\n[kinds.project.limits]\n"content.address" = 3', "no place"),
        ('title = "T"\n[kinds.project.limits]\n"content.cost_codes" = 3', "no place"),
        ('title = "T"\n[kinds.invoice.limits]\n"content.total" = 3', "no place"),
        ('title = "T"\n[kinds.invoice.limits]\n"vendor.name" = 3', "no place"),
        ('title = "T"\n[kinds.invoice.digits]\n"content.totl" = 3', "no amount content.totl"),
        ('title = "T"\n[kinds.project.digits]\n"content.name" = 3', "no amount content.name"),
        ('title = "T"\ncount = "words"\n[kinds.project]', "count"),
    ],
)
def test_a_mistake_in_a_profile_is_found_when_it_is_read(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_profile("t", text)


def test_no_two_profiles_go_by_the_same_name() -> None:
    assert len({load_profile(key).title for key in profile_names()}) == len(profile_names())


def test_a_profile_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(LookupError, match=r"there is no profile sage; there are .*sage_100, sage"):
        load_profile("sage")


def _problems(profile: Profile, kind: Kind, place: str, text: str) -> list[FieldProblem]:
    """What a profile finds in an item that has a text in one of its places."""
    return list(profile.problems(*_with(kind, place, text)))


def _with(kind: Kind, place: str, text: str) -> tuple[Sending, Content, Company]:
    own: dict[str, Any] = {"number": "SC-1", "title": "Steel"}  # within every limit
    sent = sending(kind, **(own | ({place: text} if place in own else {})))
    content, company = CONTENT[kind], ACME
    match place.split("."):
        case ["vendor", _]:
            company = replace(company, vendors={"v-7": Vendor("v-7", text, "V-100")})
        case ["content", "lines[]", name]:
            line: Any = content.lines[0]  # type: ignore[union-attr]
            content = content_of(kind, lines=(replace(line, **{name: text}),))
        case ["content", "address", "lines[]"]:
            content = content_of(kind, address=Address((text,)))
        case ["content", "address", name]:
            address: Any = Address()
            content = content_of(kind, address=replace(address, **{name: text}))
        case ["content", name]:
            content = content_of(kind, **{name: text})
    return sent, content, company
