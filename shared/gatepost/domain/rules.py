"""What must hold before an item may be sent: one small function per rule, all asked at once.

A rule sees the :class:`Submission` and yields every problem it finds. The limits of the ERP behind
the company's connection are rules too (:mod:`gatepost.connectors.profile`); these here hold for any.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gatepost.domain.content import (
    ChangeOrderContent,
    CommitmentContent,
    Content,
    InvoiceContent,
    SubJobContent,
    total_of,
)
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Sending
from gatepost.domain.kinds import SENDER_TOOL, Kind
from gatepost.domain.people import Company

SUB_JOB_CODE_LIMIT: Final = 30
CONTRACT_TYPES: Final = ("subcontract", "purchase_order")

SENDABLE_STATUS: Final[dict[Kind, frozenset[str]]] = {
    Kind.PROJECT: frozenset({"active"}),
    Kind.SUB_JOB: frozenset({"approved"}),
    Kind.COMMITMENT: frozenset({"approved"}),
    Kind.CHANGE_ORDER: frozenset({"approved"}),
    Kind.INVOICE: frozenset({"approved", "approved_as_noted", "pending_owner_approval"}),
}

SENDER: Final = "the sender: correct it at its source and send it again"


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be sent, and what is known around it."""

    sending: Sending
    content: Content
    company: Company
    parent_sent: bool  # its project or commitment is here already, or was announced


Rule = Callable[[Submission], Iterator[FieldProblem]]


def problems(submission: Submission) -> list[FieldProblem]:
    """Everything the rules of its kind find against a submission."""
    return [found for rule in RULES[submission.sending.ref.kind] for found in rule(submission)]


def status_lets_it_pass(submission: Submission) -> Iterator[FieldProblem]:
    kind, status = submission.sending.ref.kind, submission.sending.status
    wanted = SENDABLE_STATUS[kind]
    content = submission.content
    if isinstance(content, CommitmentContent) and content.contract_type == "subcontract":
        wanted = wanted | {"complete"}
    if status not in wanted:
        words = " or ".join(f'"{each}"' for each in sorted(wanted))
        yield FieldProblem(
            "status", "status", f'a {kind.words} must be {words}; it is "{status}"', SENDER
        )


def sender_has_the_right(submission: Submission) -> Iterator[FieldProblem]:
    """A sender the directory lists needs the tool; the source vouches for those it does not list."""
    sending = submission.sending
    person = submission.company.person(sending.sent_by.email)
    if person and not person.may_send(sending.ref.kind):
        tool = SENDER_TOOL[sending.ref.kind]
        yield FieldProblem(
            "sent_by",
            "sender_right",
            f'{person.name} needs the level Admin on the tool "{tool}" '
            f"to send a {sending.ref.kind.words}",
            "whoever keeps the company's directory can grant it",
        )


def parent_is_known(submission: Submission) -> Iterator[FieldProblem]:
    sending = submission.sending
    parent = sending.parent_ref
    field = "project" if sending.ref.kind in (Kind.SUB_JOB, Kind.COMMITMENT) else "parent"
    if parent is None:
        if sending.ref.kind is not Kind.COMMITMENT:
            yield FieldProblem(
                field, "parent_named", f"a {sending.ref.kind.words} must name its {field}", SENDER
            )
    elif not submission.parent_sent:
        verb = "is not known" if parent.kind is Kind.PROJECT else "was not sent yet"
        yield FieldProblem(
            field,
            "parent_sent",
            f"its {parent.kind.words} {parent.external_id} {verb}",
            f"the sender: send the {parent.kind.words} first",
        )


def code_is_short_enough(submission: Submission) -> Iterator[FieldProblem]:
    if isinstance(submission.content, SubJobContent):
        length = len(submission.content.code)
        if not 0 < length <= SUB_JOB_CODE_LIMIT:
            yield FieldProblem(
                "content.code",
                "max_length",
                f"the code has {length} characters; a sub job has at most {SUB_JOB_CODE_LIMIT}",
                SENDER,
            )


def vendor_is_linked(submission: Submission) -> Iterator[FieldProblem]:
    if not isinstance(submission.content, CommitmentContent):
        return
    vendor = submission.company.vendors.get(submission.content.vendor)
    if vendor is None or vendor.origin is None:
        name = vendor.name if vendor else submission.content.vendor or "(none)"
        yield FieldProblem(
            "content.vendor",
            "vendor_linked",
            f"the vendor {name} is not linked to a vendor of the ERP",
            "whoever keeps the company's vendors: link it",
        )


def money_has_a_currency(submission: Submission) -> Iterator[FieldProblem]:
    content = submission.content
    if isinstance(content, CommitmentContent) and not content.currency.strip():
        yield FieldProblem("content.currency", "currency", "it names no currency", SENDER)


def contract_type_is_known(submission: Submission) -> Iterator[FieldProblem]:
    content = submission.content
    if isinstance(content, CommitmentContent) and content.contract_type not in CONTRACT_TYPES:
        yield FieldProblem(
            "content.contract_type",
            "contract_type",
            f"a commitment is a {' or a '.join(CONTRACT_TYPES)}; "
            f'its type says "{content.contract_type}"',
            SENDER,
        )


def there_is_a_line(submission: Submission) -> Iterator[FieldProblem]:
    content = submission.content
    if isinstance(content, CommitmentContent | ChangeOrderContent) and not content.lines:
        yield FieldProblem("content.lines", "lines", "it needs at least one line", SENDER)


def every_line_has_a_cost_code(submission: Submission) -> Iterator[FieldProblem]:
    if not isinstance(submission.content, CommitmentContent):
        return
    for at, line in enumerate(submission.content.lines):
        if not line.cost_code:
            yield FieldProblem(
                f"content.lines[{at}].cost_code",
                "cost_code",
                f"line {line.external_id} has no cost code",
                SENDER,
            )


def a_line_has_a_cost_code(submission: Submission) -> Iterator[FieldProblem]:
    """A change order may have lines without one, as long as one line has it."""
    if not isinstance(submission.content, ChangeOrderContent):
        return
    lines = submission.content.lines
    if lines and not any(line.cost_code for line in lines):
        yield FieldProblem(
            "content.lines", "cost_code", "at least one line needs a cost code", SENDER
        )


def line_ids_are_unique(submission: Submission) -> Iterator[FieldProblem]:
    """The ERP's answer is mapped line by line, so each line needs a name of its own."""
    if not isinstance(submission.content, CommitmentContent | ChangeOrderContent):
        return
    seen: set[str] = set()
    for at, line in enumerate(submission.content.lines):
        if line.external_id in seen:
            yield FieldProblem(
                f"content.lines[{at}].external_id",
                "unique",
                f"two lines have the id {line.external_id}",
                SENDER,
            )
        seen.add(line.external_id)


def lines_add_up(submission: Submission) -> Iterator[FieldProblem]:
    content = submission.content
    if not isinstance(content, CommitmentContent | ChangeOrderContent | InvoiceContent):
        return
    if (
        content.lines
        and (added := sum((line.amount for line in content.lines), Decimal(0))) != content.total
    ):
        yield FieldProblem(
            "content.total",
            "adds_up",
            f"the lines add up to {added}, the total says {content.total}",
            SENDER,
        )


def invoice_has_a_total(submission: Submission) -> Iterator[FieldProblem]:
    if total_of(submission.content) == 0:
        yield FieldProblem("content.total", "not_zero", "an invoice's total may not be 0", SENDER)


RULES: Final[dict[Kind, tuple[Rule, ...]]] = {
    Kind.PROJECT: (status_lets_it_pass, sender_has_the_right),
    Kind.SUB_JOB: (
        status_lets_it_pass,
        sender_has_the_right,
        parent_is_known,
        code_is_short_enough,
    ),
    Kind.COMMITMENT: (
        status_lets_it_pass,
        sender_has_the_right,
        parent_is_known,
        contract_type_is_known,
        money_has_a_currency,
        vendor_is_linked,
        there_is_a_line,
        every_line_has_a_cost_code,
        line_ids_are_unique,
        lines_add_up,
    ),
    Kind.CHANGE_ORDER: (
        status_lets_it_pass,
        sender_has_the_right,
        parent_is_known,
        there_is_a_line,
        a_line_has_a_cost_code,
        line_ids_are_unique,
        lines_add_up,
    ),
    Kind.INVOICE: (
        status_lets_it_pass,
        sender_has_the_right,
        parent_is_known,
        lines_add_up,
        invoice_has_a_total,
    ),
}
