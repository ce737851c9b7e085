"""Rules for sub jobs, and for commitments and their change orders: what is agreed with a vendor."""

from decimal import Decimal
from typing import Final

from gatepost.domain.content import (
    ChangeOrderContent,
    CommitmentContent,
    CostLine,
    SubJobContent,
)
from gatepost.domain.rules.submission import Found, Submission, rule
from gatepost.domain.unread import each, is_unread

SUB_JOB_CODE_LIMIT: Final = 30
CONTRACT_TYPES: Final = ("subcontract", "purchase_order")


@rule("max_length")
def code_is_short_enough(submission: Submission) -> Found:
    """The code of a sub job has 1 to 30 characters."""
    if isinstance(submission.content, SubJobContent):
        length = len(submission.content.code.strip())
        if not 0 < length <= SUB_JOB_CODE_LIMIT:
            yield (
                "content.code",
                f"the code has {length} characters; a sub job has at most {SUB_JOB_CODE_LIMIT}",
            )


@rule("vendor_linked", "whoever keeps the company's vendors: link it")
def vendor_is_linked(submission: Submission) -> Found:
    """The vendor is in the directory and linked to a vendor of the ERP."""
    if not isinstance(submission.content, CommitmentContent):
        return
    vendor = submission.company.vendors.get(submission.content.vendor)
    if vendor is None or not vendor.origin:
        name = vendor.name if vendor else submission.content.vendor or "(none)"
        yield "content.vendor", f"the vendor {name} is not linked to a vendor of the ERP"


@rule("contract_type")
def contract_type_is_known(submission: Submission) -> Found:
    """A commitment is a subcontract or a purchase order."""
    content = submission.content
    if isinstance(content, CommitmentContent) and content.contract_type not in CONTRACT_TYPES:
        yield (
            "content.contract_type",
            f"a commitment is a {' or a '.join(CONTRACT_TYPES)}; "
            f'its type says "{content.contract_type}"',
        )


@rule("retainage_percent")
def retainage_is_a_share(submission: Submission) -> Found:
    """The retainage in per cent is between 0 and 100."""
    content = submission.content
    if not isinstance(content, CommitmentContent) or content.retainage_percent is None:
        return
    if not 0 <= content.retainage_percent <= 100:
        yield (
            "content.retainage_percent",
            f"a retainage of {content.retainage_percent} per cent is not between 0 and 100",
        )


@rule("lines")
def there_is_a_line(submission: Submission) -> Found:
    """There is at least one line."""
    content = submission.content
    if isinstance(content, CommitmentContent | ChangeOrderContent) and not content.lines:
        yield "content.lines", "it needs at least one line"


@rule("cost_code")
def every_line_has_a_cost_code(submission: Submission) -> Found:
    """Every line has a cost code."""
    if not isinstance(submission.content, CommitmentContent):
        return

    def judge(at: int, line: CostLine) -> Found:
        if not line.cost_code.strip():
            name = f"number {at + 1}" if is_unread(line.external_id) else line.external_id
            yield f"content.lines[{at}].cost_code", f"line {name} has no cost code"

    yield from each(submission.content.lines, judge)


@rule("cost_code")
def a_line_has_a_cost_code(submission: Submission) -> Found:
    """At least one line has a cost code; the others of a change order may be without."""
    if not isinstance(submission.content, ChangeOrderContent):
        return
    lines = submission.content.lines
    if lines and not any(line.cost_code.strip() for line in lines):
        yield "content.lines", "at least one line needs a cost code"


@rule("unique")
def line_ids_are_unique(submission: Submission) -> Found:
    """No two lines have the same id: the ERP's answer is mapped line by line."""
    if not isinstance(submission.content, CommitmentContent | ChangeOrderContent):
        return
    seen: set[str] = set()

    def judge(at: int, line: CostLine) -> Found:
        if line.external_id in seen:
            place = f"content.lines[{at}].external_id"
            yield place, f"two lines have the id {line.external_id}"
        seen.add(line.external_id)

    yield from each(submission.content.lines, judge)


@rule("not_negative")
def a_commitment_costs_something(submission: Submission) -> Found:
    """A commitment's total is not negative; single lines may be."""
    content = submission.content
    if isinstance(content, CommitmentContent) and content.total < 0:
        yield "content.total", f"a commitment's total may not be negative; it is {content.total}"


@rule("below_zero")
def a_change_leaves_something(submission: Submission) -> Found:
    """A change order takes no more away than its commitment, as it stands, is worth."""
    agreement = submission.agreement
    if not isinstance(submission.content, ChangeOrderContent) or agreement is None:
        return
    change = submission.content.total
    before = agreement.total(without=submission.sending.ref.external_id)
    if change < 0 and before + change < Decimal(0):
        yield (
            "content.total",
            f"the change of {change} leaves less than nothing: {agreement.label} is worth {before}",
        )
