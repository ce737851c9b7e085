"""What is wrong with a document's shape: in plain sentences, and beside all that the rules find."""

from typing import Any, Final

import orjson
import pytest

from gatepost.domain.content import CONTENT
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Company, Vendor
from gatepost.domain.rules import Agreement, Submission, problems
from gatepost.messages.contents import read_as_far_as_it_goes
from gatepost.messages.item_events import read_what_can_be
from tests.messages.writing import data, envelope

COMPANY: Final = Company("acme", "Acme", vendors={"v-7": Vendor("v-7", "Aker", "V-100")})
COMMITMENT: Final = data()["content"]
LINE: Final = COMMITMENT["lines"][0]
INVOICE: Final = {
    "billing_date": "2026-11-10",
    "lines": [{"commitment_line": "l-1", "amount": "620.00", "retainage": "62.00"}],
    "total": "620.00",
}


def found(kind: str, content: dict[str, Any], **changes: Any) -> set[tuple[str, str]]:
    """The shape's problems and the rules', by field and rule."""
    parent = None if kind in ("project", "commitment") else "pm-1"
    event = {"kind": kind, "parent": parent, "content": content, **changes}
    reading = read_what_can_be(envelope(**event))
    assert reading.sending
    agreement = Agreement("commitment SC-1", "USD")
    submission = Submission(
        reading.sending, reading.content, COMPANY, parent_sent=True, agreement=agreement
    )
    said = [*reading.problems, *problems(submission)]
    return {(each.field, each.rule) for each in said}


def commitment(*lines: object, **changes: Any) -> dict[str, Any]:
    return {**COMMITMENT, "lines": list(lines) or COMMITMENT["lines"], **changes}


def line(**changes: Any) -> dict[str, Any]:
    return {**LINE, **changes}


SHAPE: Final = "string_type"
TABLE: Final[list[tuple[str, dict[str, Any], set[tuple[str, str]]]]] = [
    # A vendor is looked up although the total is no amount; whether the lines add up is not known.
    ("commitment", commitment(total=5, vendor="v-9"),
     {("content.total", SHAPE), ("content.vendor", "vendor_linked")}),
    # A vendor that is no text is not looked up, and the sum is told.
    ("commitment", commitment(vendor=7, total="1"),
     {("content.vendor", SHAPE), ("content.total", "adds_up")}),
    # Of two lines the readable one is judged by every rule, and of the other what is readable.
    ("commitment", commitment(line(amount=1, cost_code=""), line(external_id="l-2", quantity="3")),
     {("content.lines[0].amount", SHAPE), ("content.lines[0].cost_code", "cost_code"),
      ("content.lines[1].amount", "quantity")}),
    # A line without a name of its own is called by its place.
    ("commitment", commitment({"amount": "12400.00"}),
     {("content.lines[0].external_id", "missing"), ("content.lines[0].cost_code", "cost_code")}),
    # What is no line has nothing to be judged by; the lines beside it are compared.
    ("commitment", commitment("l-0", line(), line()),
     {("content.lines[0]", "dataclass_type"), ("content.lines[2].external_id", "unique")}),
    # Lines that are no list are not "no lines".
    ("commitment", {**COMMITMENT, "lines": "none", "currency": "ZZZ"},
     {("content.lines", "tuple_type"), ("content.currency", "currency")}),
    # How many decimals there may be is not known without a currency.
    ("commitment", commitment(line(amount="1.234", quantity=None), currency=None, total="1.234"),
     {("content.currency", SHAPE)}),
    # Lines that are left out are no lines: that is a rule, and said beside the shape.
    ("change_order", {"total": 1}, {("content.total", SHAPE), ("content.lines", "lines")}),
    # A day that is none does not hide what is billed beyond what was agreed.
    ("invoice", {**INVOICE, "billing_date": "soon", "total": "0"},
     {("content.billing_date", "string_pattern_mismatch"), ("content.total", "not_zero"),
      ("content.lines[0].commitment_line", "commitment_line"), ("content.total", "adds_up")}),
    # What is kept back of an unknown amount may be right; the other line is judged.
    ("invoice", {**INVOICE, "lines": [{"commitment_line": 1, "amount": None, "retainage": "5"},
                                      {"commitment_line": "l-2", "amount": "5", "retainage": "6"}]},
     {("content.lines[0].commitment_line", SHAPE), ("content.lines[0].amount", SHAPE),
      ("content.lines[1].commitment_line", "commitment_line"),
      ("content.lines[1].retainage", "retainage")}),
    ("sub_job", {"name": 7, "code": "x" * 31},
     {("content.name", SHAPE), ("content.code", "max_length")}),
    ("project", {"number": "12", "address": {"city": 7}},
     {("content.name", "missing"), ("content.address.city", SHAPE)}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "expected"), TABLE)
def test_the_rules_judge_all_of_a_content_that_can_be_read(
    kind: str, content: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    status = "active" if kind == "project" else "approved"
    assert found(kind, content, status=status) == expected


@pytest.mark.parametrize(
    ("status", "refused"),
    [("approved", False), ("complete", False), ("draft", True)],  # a subcontract may be complete
)
def test_a_status_is_judged_without_the_type_of_contract(status: str, refused: bool) -> None:
    said = found("commitment", commitment(contract_type=None), status=status)
    assert (("status", "status") in said) == refused


@pytest.mark.parametrize("kind", Kind)
def test_no_rule_stumbles_over_a_content_of_which_nothing_can_be_read(kind: Kind) -> None:
    nothing = {name: {"a": 1} for name in CONTENT[kind].__dataclass_fields__}
    assert read_as_far_as_it_goes(kind, nothing)
    assert found(kind, nothing)
    assert found(kind, {})


WRONG: Final[list[tuple[str, object, str]]] = [
    ("total", 5, "this is the number 5"),
    ("total", "1,000", 'this is "1,000"'),
    ("total", "", "this is empty"),
    ("total", None, "this is null"),
    ("total", [1], "this is a list"),
    ("retainage_percent", True, "this is true"),
    ("vendor", 7, "it must be a text; it is the number 7"),
    ("vendor", {"id": 7}, "it must be a text; it is an object"),
    ("lines", {"a": 1}, "it must be a list; it is an object"),
    ("lines", ["l-1"], 'it must be an object; it is "l-1"'),
    ("lines", [{}], "lines[0].amount: it is missing"),
    ("lines", [{**LINE, "quantity": 1.5}], 'lines[0].quantity: an amount is a text such as "12'),
    ("lines", [{**LINE, "description": None}], "it must be a text; it is null"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), WRONG)
def test_what_is_wrong_with_a_content_is_said_plainly(
    name: str, value: object, sentence: str
) -> None:
    said = [each.message for each in _problems(content={**COMMITMENT, name: value})]
    assert any(sentence in each for each in said), said


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("value", [7, 1.5, None, True, "?", "", [7], [None], {"a": 1}])
def test_no_sentence_is_the_library_s_own(kind: Kind, value: object) -> None:
    content = dict.fromkeys(CONTENT[kind].__dataclass_fields__, value)
    header = dict.fromkeys(("external_id", "revision", "created_by", "sent_by", "project"), value)
    for each in (*_problems(kind=kind, content=content), *_problems(**header)):
        assert "input" not in each.message.lower(), each
        assert "valid" not in each.message.lower(), each
        assert "pattern" not in each.message.lower(), each


@pytest.mark.parametrize(
    "day", ["2026-02-30", "30.11.2026", "2026-11-30T00:00:00Z", 20261130, None, ""]
)
def test_a_day_that_is_none_is_said_to_be_none(day: object) -> None:
    said = _problems(kind="invoice", parent="pm-1", content={**INVOICE, "billing_date": day})
    assert [each.field for each in said] == ["content.billing_date"]
    assert "2026-11-30" in said[0].message


HIDDEN: Final = [
    *("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u202e"),  # widths of nought, directions
    *("\u2800", "\u3164", "\ufe0f", "\u034f"),  # letters and marks that show as nothing
    *("\x01", "\x7f", "\ue000"),  # control characters, private ones
]


@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda each: f"U+{ord(each):04X}")
def test_an_address_has_no_character_that_cannot_be_seen(hidden: str) -> None:
    (said,) = _problems(sent_by={"email": f"uma{hidden}@acme.example"})
    assert said.field == "sent_by.email"
    assert f"U+{ord(hidden):04X}" in said.message


@pytest.mark.parametrize("address", ["björk@acme.example", "ウマ@例え.jp", "o'neil+x@a.b"])
def test_an_address_may_be_of_any_script(address: str) -> None:
    assert not _problems(sent_by={"email": address})


def test_a_long_value_is_not_repeated_at_length() -> None:
    (said,) = _problems(content={**COMMITMENT, "total": "9" * 5000})
    assert len(said.message) < 250
    assert len(orjson.dumps(said)) < 500


def _problems(**changes: Any) -> list[Any]:
    return list(read_what_can_be(envelope(**changes)).problems)
