"""Rules for invoices: what is billed was agreed, what is kept back is a part of it.

A credit is an invoice with a negative total; an ERP that takes none says so in its profile.
"""

from decimal import Decimal
from typing import Final

from gatepost.domain.content import InvoiceContent, InvoiceLine
from gatepost.domain.rules.submission import Found, Submission, rule
from gatepost.domain.unread import each

ZERO: Final = Decimal(0)


@rule("not_zero")
def invoice_has_a_total(submission: Submission) -> Found:
    """The total is not 0; it may be negative, as a credit."""
    if isinstance(submission.content, InvoiceContent) and submission.content.total == 0:
        yield "content.total", "an invoice's total may not be 0"


@rule("period")
def period_begins_before_it_ends(submission: Submission) -> Found:
    """The period begins before it ends."""
    content = submission.content
    if not isinstance(content, InvoiceContent):
        return
    start, end = content.period_start, content.period_end
    if start and end and start > end:
        yield "content.period_start", f"the period begins on {start} and ends before, on {end}"


@rule("unique")
def no_line_is_billed_twice(submission: Submission) -> Found:
    """No two lines bill the same line of the commitment."""
    if not isinstance(submission.content, InvoiceContent):
        return
    seen: set[str] = set()

    def judge(at: int, line: InvoiceLine) -> Found:
        if line.commitment_line in seen:
            place = f"content.lines[{at}].commitment_line"
            yield place, f"two lines bill the line {line.commitment_line}"
        seen.add(line.commitment_line)

    yield from each(submission.content.lines, judge)


@rule("commitment_line", "the sender: name a line of the commitment, or have its change accepted")
def billed_lines_were_agreed(submission: Submission) -> Found:
    """Each line bills a line of the commitment or of one of its accepted change orders."""
    content, agreement = submission.content, submission.agreement
    if not isinstance(content, InvoiceContent) or agreement is None:
        return
    known = agreement

    def judge(at: int, line: InvoiceLine) -> Found:
        if known.agreed(line.commitment_line) is None:
            yield (
                f"content.lines[{at}].commitment_line",
                f"neither {known.label} nor an accepted change order of it "
                f"has a line {line.commitment_line}",
            )

    yield from each(content.lines, judge)


@rule("over_billed")
def nothing_is_billed_beyond_the_agreement(submission: Submission) -> Found:
    """No line bills more than was agreed for it, change orders included."""
    content, agreement = submission.content, submission.agreement
    if not isinstance(content, InvoiceContent) or agreement is None:
        return
    known = agreement

    def judge(at: int, line: InvoiceLine) -> Found:
        agreed = known.agreed(line.commitment_line)
        if agreed is not None:
            name = f"the line {line.commitment_line} of {known.label}"
            yield from _beyond(f"content.lines[{at}].amount", name, line.amount, agreed)

    yield from each(content.lines, judge)
    if not content.lines:
        yield from _beyond("content.total", known.label, content.total, known.total())


@rule("retainage_adds_up")
def retainage_adds_up(submission: Submission) -> Found:
    """The retainage is the sum of what the lines keep back; left out, it is that sum."""
    content = submission.content
    if not isinstance(content, InvoiceContent) or content.retainage is None:
        return
    kept = [line.retainage for line in content.lines if line.retainage is not None]
    if kept and (added := sum(kept, ZERO)) != content.retainage:
        yield (
            "content.retainage",
            f"the lines keep back {added}, the retainage says {content.retainage}",
        )


@rule("retainage")
def retainage_is_a_part(submission: Submission) -> Found:
    """What is kept back is not negative, nor more than is billed; of a credit, the other way round."""
    content = submission.content
    if not isinstance(content, InvoiceContent):
        return

    def judge(at: int, line: InvoiceLine) -> Found:
        if line.retainage is not None:
            yield from _not_a_part(f"content.lines[{at}].retainage", line.retainage, line.amount)

    yield from each(content.lines, judge)
    in_lines = any(line.retainage is not None for line in content.lines)
    if content.retainage is not None and not in_lines:  # else it is the sum of theirs
        yield from _not_a_part("content.retainage", content.retainage, content.total)


def _beyond(place: str, name: str, billed: Decimal, agreed: Decimal) -> Found:
    if billed > max(agreed, ZERO) or billed < -abs(agreed):
        yield place, f"{billed} is billed on {name}; {agreed} was agreed"


def _not_a_part(place: str, kept: Decimal, billed: Decimal) -> Found:
    if not min(billed, ZERO) <= kept <= max(billed, ZERO):
        yield place, f"{kept} is kept back of {billed}; it lies between 0 and that"
