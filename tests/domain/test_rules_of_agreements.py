"""A change order or an invoice may not contradict its commitment: a row for each way it can."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

import pytest

from gatepost.domain.content import (
    ChangeOrderContent,
    Content,
    CostLine,
    InvoiceContent,
    InvoiceLine,
)
from gatepost.domain.kinds import Kind
from gatepost.domain.rules import Agreement, Submission, problems
from tests.domain.making import company, sending

CHANGE_ORDER, INVOICE = Kind.CHANGE_ORDER, Kind.INVOICE

#: 20,000: steel, a discount, and by the change order co-1 300 more steel and a line of its own.
AGREED: Final = Agreement(
    "commitment SC-1001",
    "USD",
    {"l-1": Decimal(12400), "l-2": Decimal(7800), "l-3": Decimal(-200)},
    {"co-1": {"l-1": Decimal(300), "c-1": Decimal(900)}, "co-2": {"l-2": Decimal(-800)}},
)


def found(
    kind: Kind, content: Content, agreement: Agreement | None = AGREED
) -> list[tuple[str, str]]:
    sent = Submission(sending(kind), content, company(), True, agreement)
    return [(problem.field, problem.rule) for problem in problems(sent)]


def bills(*lines: tuple[str, str] | tuple[str, str, str], retainage: str = "") -> InvoiceContent:
    """An invoice that bills so much on lines of the commitment, and keeps so much back of each."""
    billed = tuple(
        InvoiceLine(name, Decimal(amount), Decimal(kept[0]) if kept else None)
        for name, amount, *kept in lines
    )
    return InvoiceContent(
        billing_date=date(2026, 11, 20),
        total=sum((line.amount for line in billed), Decimal(0)),
        lines=billed,
        retainage=Decimal(retainage) if retainage else None,
    )


def changes(amount: str) -> ChangeOrderContent:
    return ChangeOrderContent(Decimal(amount), (CostLine("c-9", Decimal(amount), "05-120"),))


@pytest.mark.parametrize(
    ("line", "amount", "refused"),
    [
        ("l-1", "12700.00", ""),  # with the 300 of the change order, to the cent
        ("l-1", "12700.01", "over_billed"),
        ("l-2", "7000.00", ""),  # a change may take away
        ("l-2", "7000.01", "over_billed"),
        ("c-1", "900.00", ""),  # a line that a change order brought
        ("l-1", "-12700.00", ""),  # a credit, of no more than was agreed
        ("l-1", "-12700.01", "over_billed"),
        ("l-3", "-200.00", ""),  # a discount is billed as one
        ("l-3", "-200.01", "over_billed"),
        ("l-3", "0.01", "over_billed"),
    ],
)
def test_no_more_is_billed_on_a_line_than_was_agreed(line: str, amount: str, refused: str) -> None:
    expected = [("content.lines[0].amount", refused)] if refused else []
    assert found(INVOICE, bills((line, amount))) == expected


@pytest.mark.parametrize(("total", "refused"), [("20400.00", False), ("20400.01", True)])
def test_an_invoice_without_lines_bills_no_more_than_the_whole(total: str, refused: bool) -> None:
    content = replace(bills(), total=Decimal(total))
    assert found(INVOICE, content) == ([("content.total", "over_billed")] if refused else [])


def test_a_line_nobody_agreed_on_is_not_billed() -> None:
    assert found(INVOICE, bills(("l-1", "1.00"), ("l-9", "1.00"))) == [
        ("content.lines[1].commitment_line", "commitment_line")
    ]


def test_a_line_is_billed_once_in_an_invoice() -> None:
    assert found(INVOICE, bills(("l-1", "1.00"), ("l-2", "1.00"), ("l-1", "1.00"))) == [
        ("content.lines[2].commitment_line", "unique")
    ]


@pytest.mark.parametrize(
    ("amount", "kept", "fits"),
    [
        ("100.00", "0.00", True),
        ("100.00", "100.00", True),
        ("100.00", "100.01", False),
        ("100.00", "-0.01", False),
        ("-100.00", "-10.00", True),  # a credit gives back what was kept
        ("-100.00", "-100.01", False),
        ("-100.00", "10.00", False),
    ],
)
def test_retainage_is_a_part_of_what_is_billed(amount: str, kept: str, fits: bool) -> None:
    content = bills(("l-1", amount, kept), retainage=kept)
    assert found(INVOICE, content) == (
        [] if fits else [("content.lines[0].retainage", "retainage")]
    )
    alone = replace(bills(("l-1", amount)), retainage=Decimal(kept))
    assert found(INVOICE, alone) == ([] if fits else [("content.retainage", "retainage")])


@pytest.mark.parametrize(
    ("retainage", "fits"),
    [("30.00", True), ("30.01", False), ("0.00", False), ("", True)],  # the sum need not be said
)
def test_retainage_is_the_sum_of_the_lines(retainage: str, fits: bool) -> None:
    content = bills(("l-1", "100.00", "10.00"), ("l-2", "200.00", "20.00"), retainage=retainage)
    refused = [("content.retainage", "retainage_adds_up")]
    assert found(INVOICE, content) == ([] if fits else refused)


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), True),
        (date(2026, 11, 1), date(2026, 11, 1), True),
        (date(2026, 11, 2), date(2026, 11, 1), False),
        (date(2026, 11, 2), None, True),
        (None, None, True),
    ],
)
def test_a_period_begins_before_it_ends(start: date | None, end: date | None, fits: bool) -> None:
    content = replace(bills(("l-1", "1.00")), period_start=start, period_end=end)
    assert found(INVOICE, content) == ([] if fits else [("content.period_start", "period")])


@pytest.mark.parametrize(
    ("amount", "refused"),
    [("-20400.00", False), ("-20400.01", True), ("99999.00", False)],
)
def test_a_change_leaves_no_less_than_nothing(amount: str, refused: bool) -> None:
    expected = [("content.total", "below_zero")] if refused else []
    assert found(CHANGE_ORDER, changes(amount)) == expected


def test_a_change_that_is_sent_again_is_not_counted_twice() -> None:
    # Given a change order that took 15,000 of 20,000 away, and is corrected
    agreed = Agreement("commitment SC-1", "USD", {"l-1": Decimal(20000)},
                       {"pm-558": {"c-9": Decimal(-15000)}})  # fmt: skip
    # Then it is held against the 20,000, not against what it left itself
    assert found(CHANGE_ORDER, changes("-16000.00"), agreed) == []


def test_nothing_is_said_of_a_commitment_that_is_not_here() -> None:
    assert found(INVOICE, bills(("l-9", "999999.00")), None) == []
    assert found(CHANGE_ORDER, changes("-999999.00"), None) == []


def test_every_contradiction_is_said_at_once() -> None:
    content = replace(
        bills(("l-1", "99999.00", "100000.00"), ("l-9", "1.005"), retainage="5.00"),
        total=Decimal(0),
        period_start=date(2026, 11, 2),
        period_end=date(2026, 11, 1),
    )
    assert found(INVOICE, content) == [
        ("content.period_start", "period"),
        ("content.lines[1].commitment_line", "commitment_line"),
        ("content.lines[0].amount", "over_billed"),
        ("content.lines[0].retainage", "retainage"),
        ("content.retainage", "retainage_adds_up"),
        ("content.lines[1].amount", "decimals"),
        ("content.total", "adds_up"),
        ("content.total", "not_zero"),
    ]


@pytest.mark.parametrize("kind", [CHANGE_ORDER, INVOICE])
@pytest.mark.parametrize(
    ("named", "agreed", "known", "refused"),
    [
        ("pm-12", "pm-12", True, None),
        ("pm-13", "pm-12", True, "commitment_project"),  # known, but another
        ("pm-13", "", True, None),  # its commitment belongs to no project
        ("pm-99", "", False, "project_known"),
        (None, "pm-12", True, None),  # its commitment says which it is
    ],
)
def test_a_child_belongs_to_the_project_of_its_commitment(
    kind: Kind, named: str | None, agreed: str, known: bool, refused: str | None
) -> None:
    agreement = replace(AGREED, project=agreed)
    content = changes("5.00") if kind is CHANGE_ORDER else bills(("l-1", "5.00"))
    sent = sending(kind, project=named)
    submission = Submission(sent, content, company(), True, agreement, project_known=known)
    found = [(each.field, each.rule, each.message) for each in problems(submission)]
    assert [each[:2] for each in found] == ([("project", refused)] if refused else [])
    if refused == "commitment_project":
        assert found[0][2] == ("it names the project pm-13; commitment SC-1001 belongs to pm-12")
