"""People, a company, and items of every kind: the plain values these tests begin with."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from gatepost.domain.content import (
    Address,
    ChangeOrderContent,
    CommitmentContent,
    Content,
    CostLine,
    InvoiceContent,
    InvoiceLine,
    ProjectContent,
    SubJobContent,
)
from gatepost.domain.decisions import Decision, Verdict
from gatepost.domain.items import Cause, Item, Origin, Party, Sending
from gatepost.domain.kinds import ItemRef, Kind
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, CompanySettings, ErpTool, Person, Project, Vendor

AT: Final = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
LATER: Final = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)

_SENDS: Final = {"admin": "admin", "commitments": "admin"}

ANN: Final = Person(
    "ann@acme.example", "Ann Ode", ErpTool.STANDARD, can_push_to_accounting=True, tools=_SENDS
)
BO: Final = Person("bo@acme.example", "Bo Lind", ErpTool.ADMIN, can_push_to_accounting=True)
PIA: Final = Person(  # an approver for invoices only
    "pia@acme.example",
    "Pia Roy",
    ErpTool.STANDARD,
    can_push_to_accounting=True,
    kinds=frozenset({Kind.INVOICE}),
)
CARLA: Final = Person("carla@acme.example", "Carla Ruiz", tools=_SENDS)
UMA: Final = Person("uma@acme.example", "Uma Berg", tools=_SENDS)
OMAR: Final = Person("omar@acme.example", "Omar Said", ErpTool.READ_ONLY, operator=True)
RITA: Final = Person("rita@acme.example", "Rita Holm", ErpTool.READ_ONLY)

PEOPLE: Final = (ANN, BO, PIA, CARLA, UMA, OMAR, RITA)

CONTENT: Final[dict[Kind, Content]] = {
    Kind.PROJECT: ProjectContent("12", "Harbor Bridge", Address(("Pier 1",), "Oslo")),
    Kind.SUB_JOB: SubJobContent("02-100", "East tower"),
    Kind.COMMITMENT: CommitmentContent(
        contract_type="subcontract",
        vendor="v-7",
        currency="USD",
        total=Decimal("12400.00"),
        lines=(
            CostLine("l-1", Decimal("12000.00"), "05-120"),
            CostLine("l-2", Decimal("400.00"), "05-130"),
        ),
    ),
    Kind.CHANGE_ORDER: ChangeOrderContent(
        total=Decimal("300.00"), lines=(CostLine("l-3", Decimal("300.00"), "05-120"),)
    ),
    Kind.INVOICE: InvoiceContent(
        billing_date=date(2026, 11, 10),
        total=Decimal("620.00"),
        lines=(InvoiceLine("l-1", Decimal("620.00")),),
    ),
}

STATUS: Final = {kind: "active" if kind is Kind.PROJECT else "approved" for kind in Kind}
PARENT: Final = {Kind.CHANGE_ORDER: "pm-558", Kind.INVOICE: "pm-558", Kind.SUB_JOB: "pm-12"}

ORIGIN: Final = Origin("PO-1", "SC-1001", "7", (("l-1", "PO-1-1"), ("l-2", "PO-1-2")))
CAUSE: Final = Cause("ReferenceNotFound", "ReferenceNotFound", "vendor not found", "accounting")


def company(*people: Person, **settings: Any) -> Company:
    """The company, with everybody in it unless some are named."""
    return Company(
        key="acme",
        name="Acme Builders",
        settings=CompanySettings(**settings),
        connection="books",
        people={person.email: person for person in people or PEOPLE},
        projects={"pm-12": Project("pm-12", "Harbor Bridge", (BO.email,))},
        vendors={
            "v-7": Vendor("v-7", "Aker Steel AS", "V-100"),
            "v-9": Vendor("v-9", "Skagen Coatings"),
        },
    )


ACME: Final = company()


def content_of(kind: Kind, **changes: Any) -> Content:
    """The content of a kind, with some fields changed."""
    return replace(CONTENT[kind], **changes)


def sending(kind: Kind = Kind.COMMITMENT, revision: int = 1, **changes: Any) -> Sending:
    """One revision of an item, fit to be sent."""
    made = Sending(
        ref=ItemRef("acme", kind, "pm-12" if kind is Kind.PROJECT else "pm-558"),
        revision=revision,
        status=STATUS[kind],
        number="SC-1001",
        title="Steel erection, tower B",
        project=None if kind is Kind.PROJECT else "pm-12",
        parent=PARENT.get(kind),
        created_by=Party(CARLA.email, CARLA.name),
        sent_by=Party(UMA.email, UMA.name),
        url="https://pm.example/acme/commitments/558",
        source="https://pm.example/acme",
        content={},
        digest=f"digest of revision {revision}",
    )
    return replace(made, **changes)


def item(kind: Kind = Kind.COMMITMENT, state: State = State.SENT, **changes: Any) -> Item:
    """An item in any state, without the way there."""
    made = Item.new(sending(kind), AT)
    return replace(made, state=state, **changes)


def accepts(by: Person = ANN, revision: int | None = 1) -> Decision:
    return Decision(Verdict.ACCEPT, by, revision, channel="page")


def rejects(
    by: Person = ANN, comment: str = "wrong cost code", revision: int | None = 1
) -> Decision:
    return Decision(Verdict.REJECT, by, revision, channel="page", comment=comment)
