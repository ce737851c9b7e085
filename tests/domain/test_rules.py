"""What must hold before an item is sent: for each rule a row that passes and one that is refused."""

from decimal import Decimal
from typing import Any, Final

import pytest

from gatepost.domain.content import Content, CostLine, total_of
from gatepost.domain.errors import NotSendable
from gatepost.domain.items import Party
from gatepost.domain.kinds import Kind
from gatepost.domain.rules import RULES, Submission, problems
from tests.domain.making import CONTENT, PARENT, RITA, UMA, company, content_of, sending

PROJECT, SUB_JOB, COMMITMENT, CHANGE_ORDER, INVOICE = (
    Kind.PROJECT,
    Kind.SUB_JOB,
    Kind.COMMITMENT,
    Kind.CHANGE_ORDER,
    Kind.INVOICE,
)


def submission(
    kind: Kind, *, parent_sent: bool = True, content: Content | None = None, **changes: Any
) -> Submission:
    return Submission(
        sending(kind, **changes), content or CONTENT[kind], company(), parent_sent=parent_sent
    )


def found(submitted: Submission) -> list[tuple[str, str]]:
    return [(problem.field, problem.rule) for problem in problems(submitted)]


def lines(*cost_codes: str, amount: str = "10.00") -> tuple[CostLine, ...]:
    return tuple(
        CostLine(f"l-{at}", Decimal(amount), cost_code) for at, cost_code in enumerate(cost_codes)
    )


def with_lines(kind: Kind, *cost_codes: str) -> Content:
    total = Decimal("10.00") * len(cost_codes)
    return content_of(kind, lines=lines(*cost_codes), total=total)


@pytest.mark.parametrize("kind", Kind)
def test_an_item_fit_to_be_sent_has_no_problems(kind: Kind) -> None:
    assert found(submission(kind)) == []


# --- status --------------------------------------------------------------------------------------

SENDABLE: Final = {
    PROJECT: {"active"},
    SUB_JOB: {"approved"},
    COMMITMENT: {"approved", "complete"},  # a subcontract; see below for a purchase order
    CHANGE_ORDER: {"approved"},
    INVOICE: {"approved", "approved_as_noted", "pending_owner_approval"},
}
STATUSES: Final = sorted(set().union(*SENDABLE.values()) | {"draft", "void", "Approved", ""})


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("kind", Kind)
def test_only_a_settled_status_lets_an_item_pass(kind: Kind, status: str) -> None:
    refused = [] if status in SENDABLE[kind] else [("status", "status")]
    assert found(submission(kind, status=status)) == refused


def test_a_purchase_order_is_not_complete() -> None:
    content = content_of(COMMITMENT, contract_type="purchase_order")
    assert found(submission(COMMITMENT, content=content)) == []
    (problem,) = problems(submission(COMMITMENT, content=content, status="complete"))
    assert problem.message == 'a commitment must be "approved"; it is "complete"'


# --- sender --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_a_sender_needs_admin_on_the_owning_tool(kind: Kind) -> None:
    assert found(submission(kind, sent_by=Party(UMA.email))) == []
    (problem,) = problems(submission(kind, sent_by=Party(RITA.email)))
    tool = "admin" if kind in (PROJECT, SUB_JOB) else "commitments"
    assert problem.rule == "sender_right"
    assert f'Rita Holm needs the level Admin on the tool "{tool}"' in problem.message


@pytest.mark.parametrize("kind", Kind)
def test_the_source_vouches_for_senders_the_directory_does_not_list(kind: Kind) -> None:
    assert found(submission(kind, sent_by=Party("sam@elsewhere.example"))) == []


# --- parent --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "field", "sentence"),
    [
        (SUB_JOB, "project", "its project pm-12 is not known"),
        (COMMITMENT, "project", "its project pm-12 is not known"),
        (CHANGE_ORDER, "parent", "its commitment pm-558 was not sent yet"),
        (INVOICE, "parent", "its commitment pm-558 was not sent yet"),
    ],
)
def test_a_child_needs_its_parent(kind: Kind, field: str, sentence: str) -> None:
    (problem,) = problems(submission(kind, parent_sent=False))
    assert (problem.field, problem.rule, problem.message) == (field, "parent_sent", sentence)


@pytest.mark.parametrize("kind", PARENT)
def test_a_child_names_its_parent(kind: Kind) -> None:
    nameless = submission(kind, project=None, parent=None, parent_sent=False)
    assert found(nameless) == [("project" if kind is SUB_JOB else "parent", "parent_named")]


def test_a_commitment_may_belong_to_no_project() -> None:
    assert found(submission(COMMITMENT, project=None, parent_sent=False)) == []


def test_a_project_needs_nothing_before_it() -> None:
    assert found(submission(PROJECT, parent_sent=False)) == []


# --- name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "title", "refused"),
    [
        ("SC-1001", "", False),
        ("", "Steel erection", False),
        ("SC 1001/2 (a)", "Quay \u2013 \u201cnorth\u201d, 12 m\u00b2", False),
        ("\u5951-12", "\u6a4b\u6881\u5de5\u4e8b", False),  # letters of any script
        ("1", "crew \U0001f477\u200d\u2640\ufe0f", False),  # an emoji of several characters
        ("1", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", False),  # Persian joins not
        ("", "", True),
        (" ", "\t", True),
        ("", "\u200b\u2800", True),  # shown as nothing
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_an_item_has_a_number_or_a_title(
    kind: Kind, number: str, title: str, refused: bool
) -> None:
    said = found(submission(kind, number=number, title=title))
    assert (("number", "named") in said) is refused
    assert refused or said == []


@pytest.mark.parametrize(
    ("unseen", "in_titles_too"),
    [
        *[(each, True) for each in "\r\n\t\x07\x7f\x85"],  # control characters
        ("\u202e", True),  # turns the direction of what follows
        ("\u2066", True),
        ("\u2028", True),  # the end of a line
        ("\u200b", True),  # no width
        ("\u00ad", True),
        ("\u200d", False),  # what emoji and scripts need is no part of a number
        ("\u200f", False),
        ("\u00a0", False),  # passes for a blank
        ("\u3164", False),
    ],
)
def test_no_character_that_cannot_be_seen_is_in_a_name(unseen: str, in_titles_too: bool) -> None:
    (said,) = problems(submission(COMMITMENT, number=f"SC{unseen}1"))
    assert (said.field, said.rule) == ("number", "hidden_character")
    assert f"U+{ord(unseen):04X}" in said.message
    expected = [("title", "hidden_character")] if in_titles_too else []
    assert found(submission(COMMITMENT, title=f"Steel{unseen}erection")) == expected


# --- link ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://pm.example/acme/558", False),
        ("http://10.0.0.5:8000/x?y=1#z", False),
        ("", False),  # it may have none
        ("javascript:alert(1)", True),
        ("ftp://pm.example/558", True),
        ("https://", True),
        ("//pm.example/558", True),
        ("http://[", True),
        ("https://pm.example/\n558", True),
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_a_link_leads_to_a_web_page(kind: Kind, url: str, refused: bool) -> None:
    assert found(submission(kind, url=url)) == ([("url", "url")] if refused else [])


# --- sub jobs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "length"),
    [
        ("x" * 30, None),
        ("x" * 31, 31),
        ("é" * 30, None),  # characters, not bytes
        ("é" * 31, 31),
        ("", 0),
    ],
)
def test_a_sub_jobs_code_has_at_most_30_characters(code: str, length: int | None) -> None:
    submitted = submission(SUB_JOB, content=content_of(SUB_JOB, code=code))
    if length is None:
        assert found(submitted) == []
    else:
        (problem,) = problems(submitted)
        assert (problem.field, problem.rule) == ("content.code", "max_length")
        assert f"{length} characters" in problem.message


# --- commitments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "called"),
    [
        ("v-7", None),  # linked
        ("v-9", "Skagen Coatings"),  # known, not linked
        ("v-0", "v-0"),  # unknown
        ("", "(none)"),
    ],
)
def test_a_commitments_vendor_is_linked(vendor: str, called: str | None) -> None:
    submitted = submission(COMMITMENT, content=content_of(COMMITMENT, vendor=vendor))
    if called is None:
        assert found(submitted) == []
    else:
        (problem,) = problems(submitted)
        assert problem.rule == "vendor_linked"
        assert problem.message == f"the vendor {called} is not linked to a vendor of the ERP"


@pytest.mark.parametrize("currency", ["", "  ", "ZZZ", "usd", "XAU", "dollars"])
def test_money_has_a_currency(currency: str) -> None:
    content = content_of(COMMITMENT, currency=currency)
    assert found(submission(COMMITMENT, content=content)) == [("content.currency", "currency")]


@pytest.mark.parametrize(
    ("contract_type", "refused"),
    [("subcontract", False), ("purchase_order", False), ("lease", True), ("", True)],
)
def test_a_commitment_is_a_subcontract_or_a_purchase_order(
    contract_type: str, refused: bool
) -> None:
    content = content_of(COMMITMENT, contract_type=contract_type)
    expected = [("content.contract_type", "contract_type")] if refused else []
    assert found(submission(COMMITMENT, content=content)) == expected


# --- lines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost_codes", "refused"),
    [
        (("05-120",), []),
        (("05-120", "05-130"), []),
        ((), [("content.lines", "lines")]),
        (("05-120", ""), [("content.lines[1].cost_code", "cost_code")]),  # every line has one
        (
            ("", ""),
            [
                ("content.lines[0].cost_code", "cost_code"),
                ("content.lines[1].cost_code", "cost_code"),
            ],
        ),
    ],
)
def test_every_line_of_a_commitment_has_a_cost_code(
    cost_codes: tuple[str, ...], refused: list[tuple[str, str]]
) -> None:
    content = with_lines(COMMITMENT, *cost_codes)
    assert found(submission(COMMITMENT, content=content)) == refused


@pytest.mark.parametrize(
    ("cost_codes", "refused"),
    [
        (("05-120",), []),
        (("05-120", ""), []),  # one line with a cost code is enough
        ((), [("content.lines", "lines")]),
        (("", ""), [("content.lines", "cost_code")]),
    ],
)
def test_one_line_of_a_change_order_has_a_cost_code(
    cost_codes: tuple[str, ...], refused: list[tuple[str, str]]
) -> None:
    content = with_lines(CHANGE_ORDER, *cost_codes)
    assert found(submission(CHANGE_ORDER, content=content)) == refused


@pytest.mark.parametrize("kind", [COMMITMENT, CHANGE_ORDER])
def test_each_line_has_an_id_of_its_own(kind: Kind) -> None:
    line = CostLine("l-1", Decimal("10.00"), "05-120")
    content = content_of(kind, lines=(line, line, line), total=Decimal("30.00"))
    assert found(submission(kind, content=content)) == [
        ("content.lines[1].external_id", "unique"),
        ("content.lines[2].external_id", "unique"),
    ]


@pytest.mark.parametrize("kind", [COMMITMENT, CHANGE_ORDER, INVOICE])
def test_lines_add_up_to_the_total(kind: Kind) -> None:
    total = total_of(CONTENT[kind])
    assert total is not None
    assert found(submission(kind, content=content_of(kind, total=total.quantize(1)))) == []
    more = total + Decimal("0.01")
    off = content_of(kind, total=more)
    (problem,) = problems(submission(kind, content=off))
    assert (problem.field, problem.rule) == ("content.total", "adds_up")
    assert problem.message == f"the lines add up to {total}, the total says {more}"


def test_cents_add_up_exactly() -> None:
    # ten times 0.1 is 1 in decimals; in binary floating point it is not
    content = content_of(COMMITMENT, lines=lines(*["05-120"] * 10, amount="0.1"), total=Decimal(1))
    assert found(submission(COMMITMENT, content=content)) == []


# --- invoices ------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", ["0", "0.00", "-0"])
def test_an_invoices_total_is_not_0(total: str) -> None:
    content = content_of(INVOICE, total=Decimal(total), lines=())
    assert found(submission(INVOICE, content=content)) == [("content.total", "not_zero")]


def test_an_invoice_may_be_a_credit() -> None:
    content = content_of(INVOICE, total=Decimal("-5.00"), lines=())
    assert found(submission(INVOICE, content=content)) == []


# --- all of them ---------------------------------------------------------------------------------


def test_every_reason_is_given_at_once() -> None:
    # Given a commitment with which everything is wrong
    content = content_of(
        COMMITMENT, vendor="v-9", lines=lines("05-120", ""), total=Decimal("99.00")
    )
    submitted = submission(
        COMMITMENT,
        content=content,
        status="draft",
        sent_by=Party(RITA.email),
        parent_sent=False,
    )
    # Then each reason is there, with who can do something about it
    assert found(submitted) == [
        ("status", "status"),
        ("sent_by", "sender_right"),
        ("project", "parent_sent"),
        ("content.vendor", "vendor_linked"),
        ("content.lines[1].cost_code", "cost_code"),
        ("content.total", "adds_up"),
    ]
    assert all(problem.message and problem.who_can_fix for problem in problems(submitted))
    # And the refusal says all of it
    refusal = NotSendable(problems(submitted))
    assert all(problem.message in str(refusal) for problem in refusal.problems)


def test_every_kind_has_rules_and_every_rule_says_what_must_hold() -> None:
    assert set(RULES) == set(Kind)
    assert all(rule.sentence and rule.key and rule.who_can_fix for rule in sum(RULES.values(), ()))


@pytest.mark.parametrize("kind", Kind)
def test_what_could_not_be_read_is_not_spoken_of(kind: Kind) -> None:
    # Given an item of which only the frame could be read
    unread = Submission(sending(kind, status="draft"), None, company(), parent_sent=True)
    # Then the frame is held against the rules
    assert found(unread) == [("status", "status")]
