"""What must hold before an item may be sent: one small function per rule, all asked at once.

A rule sees the :class:`Submission` and says everything it finds. The limits of the ERP behind the
company's connection are rules too (:mod:`gatepost.connectors.profile`); these here hold for any.
"""

from typing import Final

from gatepost.domain.errors import FieldProblem
from gatepost.domain.kinds import Kind
from gatepost.domain.rules import agreements, any_kind, invoices, money
from gatepost.domain.rules.submission import Agreement, Rule, Submission

__all__ = ["RULES", "Agreement", "Rule", "Submission", "problems", "problems_again"]


def problems_again(submission: Submission) -> list[FieldProblem]:
    """What may have come to stand against it since it was sent: asked once more before it is written."""
    rules = _AGAIN.get(submission.sending.ref.kind, ())
    return [found for rule in rules for found in rule.problems(submission)]


def problems(submission: Submission) -> list[FieldProblem]:
    """Everything the rules of its kind find against a submission."""
    rules = RULES[submission.sending.ref.kind]
    return [found for rule in rules for found in rule.problems(submission)]


_ANY: Final = (
    any_kind.status_lets_it_pass,
    any_kind.sender_has_the_right,
    any_kind.it_has_a_name,
    any_kind.its_names_can_be_seen,
    any_kind.link_leads_to_a_page,
)
_CHILD: Final = (*_ANY, any_kind.parent_is_named, any_kind.parent_is_known)
_UNDER_COMMITMENT: Final = (
    *_CHILD,
    any_kind.project_is_its_commitments,
    any_kind.project_is_known,
)
_AMOUNTS: Final = (money.amounts_have_the_currencys_decimals, money.lines_add_up)

RULES: Final[dict[Kind, tuple[Rule, ...]]] = {
    Kind.PROJECT: _ANY,
    Kind.SUB_JOB: (*_CHILD, agreements.code_is_short_enough),
    Kind.COMMITMENT: (
        *_CHILD,
        agreements.contract_type_is_known,
        money.money_has_a_currency,
        agreements.vendor_is_linked,
        agreements.retainage_is_a_share,
        agreements.there_is_a_line,
        agreements.every_line_has_a_cost_code,
        agreements.line_ids_are_unique,
        money.quantities_make_their_amounts,
        *_AMOUNTS,
        agreements.a_commitment_costs_something,
    ),
    Kind.CHANGE_ORDER: (
        *_UNDER_COMMITMENT,
        agreements.there_is_a_line,
        agreements.a_line_has_a_cost_code,
        agreements.line_ids_are_unique,
        money.quantities_make_their_amounts,
        *_AMOUNTS,
        agreements.a_change_leaves_something,
    ),
    Kind.INVOICE: (
        *_UNDER_COMMITMENT,
        invoices.period_begins_before_it_ends,
        invoices.no_line_is_billed_twice,
        invoices.billed_lines_were_agreed,
        invoices.nothing_is_billed_beyond_the_agreement,
        invoices.retainage_is_a_part,
        invoices.retainage_adds_up,
        *_AMOUNTS,
        invoices.invoice_has_a_total,
    ),
}

_AGAIN: Final[dict[Kind, tuple[Rule, ...]]] = {
    Kind.COMMITMENT: (agreements.vendor_is_linked,),
    Kind.CHANGE_ORDER: (agreements.a_change_leaves_something,),
    Kind.INVOICE: (
        invoices.billed_lines_were_agreed,
        invoices.nothing_is_billed_beyond_the_agreement,
    ),
}
