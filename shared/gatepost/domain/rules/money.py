"""Rules about money: currency, decimals, lines that add up."""

from collections.abc import Iterator
from decimal import Decimal

from gatepost.domain.content import (
    ChangeOrderContent,
    CommitmentContent,
    CostLine,
    InvoiceContent,
)
from gatepost.domain.currencies import DECIMALS, DEFAULT_DECIMALS
from gatepost.domain.rules.submission import Found, Submission, rule
from gatepost.domain.unread import each, is_unread
from gatepost.domain.wording import counted


@rule("currency")
def money_has_a_currency(submission: Submission) -> Found:
    """Its currency is one of ISO 4217, as three capital letters."""
    content = submission.content
    if not isinstance(content, CommitmentContent) or content.currency in DECIMALS:
        return
    if not content.currency.strip():
        yield "content.currency", "it names no currency"
    else:
        code = content.currency[:20]
        yield "content.currency", f'"{code}" is no currency of ISO 4217, such as USD or EUR'


@rule("decimals")
def amounts_have_the_currencys_decimals(submission: Submission) -> Found:
    """No amount has more decimals than its currency; a price per unit may."""
    allowed = submission.decimals
    if allowed is None:
        return
    unit = Decimal(1).scaleb(-allowed)

    def judge(_: int, found: tuple[str, Decimal]) -> Found:
        place, amount = found
        if amount.quantize(unit) != amount:
            yield (
                place,
                f"{amount} has {counted(_decimals(amount), 'decimal')}; an amount in {submission.currency} "
                f"has at most {allowed}",
            )

    yield from each(_amounts(submission), judge)


@rule("quantity")
def quantities_make_their_amounts(submission: Submission) -> Found:
    """Where a line has a quantity and a price per unit, they make its amount, rounded."""
    content = submission.content
    if not isinstance(content, CommitmentContent | ChangeOrderContent):
        return
    decimals = submission.decimals
    unit = Decimal(1).scaleb(-(DEFAULT_DECIMALS if decimals is None else decimals))

    def judge(at: int, line: CostLine) -> Found:
        if line.quantity is None or line.unit_cost is None:
            return
        product = line.quantity * line.unit_cost
        if abs(product - line.amount) * 2 > unit:  # half a cent up or down are both roundings
            yield (
                f"content.lines[{at}].amount",
                f"{line.quantity} times {line.unit_cost} is {_plain(product)}, "
                f"the amount says {line.amount}",
            )

    yield from each(content.lines, judge)


@rule("adds_up")
def lines_add_up(submission: Submission) -> Found:
    """Its lines add up to its total, to the cent."""
    content = submission.content
    if not isinstance(content, CommitmentContent | ChangeOrderContent | InvoiceContent):
        return
    if (
        content.lines
        and (added := sum((line.amount for line in content.lines), Decimal(0))) != content.total
    ):
        yield "content.total", f"the lines add up to {added}, the total says {content.total}"


def _amounts(submission: Submission) -> Iterator[tuple[str, Decimal]]:
    content = submission.content
    if not isinstance(content, CommitmentContent | ChangeOrderContent | InvoiceContent):
        return
    has_lines = not is_unread(content.lines)
    amounts = [line.amount for line in content.lines] if has_lines else []
    for at, amount in enumerate(amounts):
        yield f"content.lines[{at}].amount", amount
    if isinstance(content, InvoiceContent):
        for at, billed in enumerate(content.lines if has_lines else ()):
            if billed.retainage is not None:
                yield f"content.lines[{at}].retainage", billed.retainage
        if content.retainage is not None:
            yield "content.retainage", content.retainage
    yield "content.total", content.total


def _decimals(amount: Decimal) -> int:
    """How many decimals an amount needs: a nought at the end is none."""
    return len(_plain(amount).partition(".")[2])


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
