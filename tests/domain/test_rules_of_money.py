"""Rules about money: for each a row that passes and one that is refused."""

from decimal import Decimal
from typing import Final

import pytest

from gatepost.domain.content import ChangeOrderContent, Content, CostLine
from gatepost.domain.currencies import DECIMALS
from gatepost.domain.kinds import Kind
from gatepost.domain.rules import Agreement, Submission, problems
from tests.domain.making import CONTENT, company, content_of, sending

COMMITMENT, CHANGE_ORDER, INVOICE = Kind.COMMITMENT, Kind.CHANGE_ORDER, Kind.INVOICE


def found(
    kind: Kind, content: Content | None = None, agreement: Agreement | None = None
) -> list[tuple[str, str]]:
    sent = Submission(sending(kind), content or CONTENT[kind], company(), True, agreement)
    return [(problem.field, problem.rule) for problem in problems(sent)]


def priced(quantity: str, unit_cost: str, amount: str) -> ChangeOrderContent:
    line = CostLine(
        "c-1",
        Decimal(amount),
        "05-120",
        quantity=Decimal(quantity),
        unit_cost=Decimal(unit_cost),
    )
    return ChangeOrderContent(total=Decimal(amount), lines=(line,))


def one_line(amount: str, currency: str) -> Content:
    line = CostLine("l-1", Decimal(amount), "05-120")
    return content_of(COMMITMENT, currency=currency, lines=(line,), total=Decimal(amount))


# Spot checks by hand, against ISO 4217.
@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("CHF", 2),
        ("JPY", 0),
        ("ISK", 0),
        ("KWD", 3),
        ("TND", 3),
        ("CLF", 4),
    ],
)
def test_a_currency_has_its_decimals(currency: str, decimals: int) -> None:
    assert DECIMALS[currency] == decimals


@pytest.mark.parametrize("code", ["ZZZ", "XXX", "XTS", "XAU", "DEM", "usd", "US", ""])
def test_what_nobody_pays_in_is_no_currency(code: str) -> None:
    assert code not in DECIMALS


REFUSED: Final = [("content.lines[0].amount", "decimals"), ("content.total", "decimals")]


@pytest.mark.parametrize(
    ("amount", "currency", "refused"),
    [
        ("12.34", "USD", []),
        ("12.345", "USD", REFUSED),
        ("12.340", "USD", []),  # a nought at the end is no decimal
        ("12", "JPY", []),
        ("12.5", "JPY", REFUSED),
        ("100", "JPY", []),  # noughts before the point are none
        ("12.345", "KWD", []),
        ("12.3456", "KWD", REFUSED),
    ],
)
def test_an_amount_has_no_more_decimals_than_its_currency(
    amount: str, currency: str, refused: list[tuple[str, str]]
) -> None:
    assert found(COMMITMENT, one_line(amount, currency)) == refused


@pytest.mark.parametrize(("amount", "refused"), [("1.00", []), ("1.50", REFUSED)])
def test_a_change_has_the_currency_of_its_commitment(
    amount: str, refused: list[tuple[str, str]]
) -> None:
    change = ChangeOrderContent(Decimal(amount), (CostLine("c-1", Decimal(amount), "05-120"),))
    yen = Agreement("commitment SC-1", "JPY", {"l-1": Decimal(1000)})
    assert found(CHANGE_ORDER, change, yen) == refused
    assert found(CHANGE_ORDER, change) == [], "while the commitment is not here, nothing is known"


@pytest.mark.parametrize(
    ("quantity", "unit_cost", "amount", "fits"),
    [
        ("10", "1240.00", "12400.00", True),
        ("10", "1240.00", "12400.01", False),
        ("3", "0.333", "1.00", True),  # 0.999: rounded up
        ("3", "0.333", "0.99", False),
        ("1", "0.125", "0.13", True),  # half a cent may be rounded either way
        ("1", "0.125", "0.12", True),
        ("1", "0.125", "0.14", False),
        ("-2", "50", "-100.00", True),
        ("-2", "50", "100.00", False),
        ("0", "50", "0", True),
    ],
)
def test_a_quantity_and_its_price_make_the_amount(
    quantity: str, unit_cost: str, amount: str, fits: bool
) -> None:
    refused = [] if fits else [("content.lines[0].amount", "quantity")]
    assert found(CHANGE_ORDER, priced(quantity, unit_cost, amount)) == refused


def test_a_price_per_unit_may_have_more_decimals_than_the_currency() -> None:
    dollars = Agreement("commitment SC-1", "USD", {})
    assert found(CHANGE_ORDER, priced("1000", "0.0375", "37.50"), dollars) == []


@pytest.mark.parametrize(("total", "fits"), [("-0.01", False), ("0.00", True), ("0.01", True)])
def test_a_commitments_total_is_not_negative(total: str, fits: bool) -> None:
    content = one_line(total, "USD")
    assert found(COMMITMENT, content) == ([] if fits else [("content.total", "not_negative")])


@pytest.mark.parametrize(
    ("percent", "fits"), [("0", True), ("100", True), ("-1", False), ("100.01", False)]
)
def test_retainage_is_a_share(percent: str, fits: bool) -> None:
    content = content_of(COMMITMENT, retainage_percent=Decimal(percent))
    refused = [("content.retainage_percent", "retainage_percent")]
    assert found(COMMITMENT, content) == ([] if fits else refused)
