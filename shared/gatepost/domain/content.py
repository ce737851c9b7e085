"""The typed content of each kind, as its source sends it.

Plain dataclasses; ``gatepost.messages.item_events`` has them read and checked from JSON. Amounts are
exact decimals that travel as strings. Fields that a rule asks for (rather than the shape) may be
empty here, so that the rule can say so together with every other reason.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from gatepost.domain.kinds import Kind


class DecimalString:
    """Marks an amount that travels as a decimal string: ``"12400.00"``.

    A JSON number is refused: many writers pass it through binary floating point.
    """

    pattern: Final = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:  # noqa: ANN401 - the hook's own signature
        text = {"type": "str", "pattern": cls.pattern, "strict": True}
        return {"type": "chain", "steps": [text, handler(source)]}


class DayString:
    """Marks a day that travels as ``"2026-11-30"``, and as nothing else: no number, no time of day."""

    pattern: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> dict[str, Any]:  # noqa: ANN401 - the hook's own signature
        text = {"type": "str", "pattern": cls.pattern, "strict": True}
        return {"type": "chain", "steps": [text, handler(source)]}


Amount = Annotated[Decimal, DecimalString]
Day = Annotated[date, DayString]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a project stands."""

    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class ProjectContent:
    """A job."""

    number: str
    name: str
    address: Address | None = None
    start_date: Day | None = None
    cost_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubJobContent:
    """A part of a job."""

    code: str
    name: str
    cost_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CostLine:
    """A line of a commitment or of a change order."""

    external_id: str
    amount: Amount
    cost_code: str = ""
    cost_type: str = ""
    description: str = ""
    quantity: Amount | None = None
    unit: str = ""
    unit_cost: Amount | None = None


@dataclass(frozen=True, slots=True)
class CommitmentContent:
    """A subcontract or a purchase order."""

    contract_type: str
    vendor: str
    currency: str
    total: Amount
    lines: tuple[CostLine, ...] = ()
    retainage_percent: Amount | None = None


@dataclass(frozen=True, slots=True)
class ChangeOrderContent:
    """A change of a commitment."""

    total: Amount
    lines: tuple[CostLine, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What is billed on one line of the commitment."""

    commitment_line: str
    amount: Amount
    retainage: Amount | None = None


@dataclass(frozen=True, slots=True)
class InvoiceContent:
    """A subcontractor's invoice."""

    billing_date: Day
    total: Amount
    period_start: Day | None = None
    period_end: Day | None = None
    lines: tuple[InvoiceLine, ...] = ()
    retainage: Amount | None = None


Content = ProjectContent | SubJobContent | CommitmentContent | ChangeOrderContent | InvoiceContent

CONTENT: Final[dict[Kind, type[Content]]] = {
    Kind.PROJECT: ProjectContent,
    Kind.SUB_JOB: SubJobContent,
    Kind.COMMITMENT: CommitmentContent,
    Kind.CHANGE_ORDER: ChangeOrderContent,
    Kind.INVOICE: InvoiceContent,
}


def total_of(content: Content) -> Decimal | None:
    """The money an item is about; none for projects and sub jobs."""
    return getattr(content, "total", None)


def currency_of(content: Content) -> str | None:
    """The currency named by the content itself; a change or an invoice has its commitment's."""
    return getattr(content, "currency", None)
