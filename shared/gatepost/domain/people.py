"""Who is who in a company, and what each may do."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from gatepost.domain.errors import NotEntitled
from gatepost.domain.kinds import SENDER_TOOL, Kind

ALL_KINDS: frozenset[Kind] = frozenset(Kind)


class ErpTool(StrEnum):
    """A person's level on the ERP tool."""

    NONE = "none"
    READ_ONLY = "read_only"
    STANDARD = "standard"
    ADMIN = "admin"


class RejectComment(StrEnum):
    """When a rejection must say why."""

    REQUIRED_EXCEPT_PROJECTS = "required_except_projects"
    REQUIRED = "required"
    OPTIONAL = "optional"


class EmailDecisions(StrEnum):
    """What a mail lets its reader decide with, on the page that its link shows."""

    OFF = "off"  # mails lead to the console, to sign in there
    CODE = "code"  # the code printed in the mail, or a signed-in browser
    SIGN_IN = "sign_in"  # a signed-in browser


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a company's directory. ``email`` is the identity; compared in lower case."""

    email: str
    name: str
    erp_tool: ErpTool = ErpTool.NONE
    can_push_to_accounting: bool = False
    kinds: frozenset[Kind] = ALL_KINDS
    tools: dict[str, str] = field(default_factory=dict)
    amount_limit: Decimal | None = None  # the highest total they may accept
    operator: bool = False
    alerts: bool = True
    synced_mail: bool = False
    daily_summary: bool = True
    summary_hour: int = 7
    time_zone: str = "UTC"

    @property
    def is_accounting_approver(self) -> bool:
        """Level Standard or Admin on the ERP tool, and the privilege to push to accounting."""
        return self.can_push_to_accounting and self.erp_tool in (ErpTool.STANDARD, ErpTool.ADMIN)

    def may_decide(self, kind: Kind) -> bool:
        return self.is_accounting_approver and kind in self.kinds

    def may_send(self, kind: Kind) -> bool:
        return self.tools.get(SENDER_TOOL[kind]) == "admin"

    def must_be_approver_for(self, kind: Kind | None = None) -> None:
        """Pass, or say which right is missing and who can grant it.

        Without a kind the rights by kind do not matter: Refresh and Sync are every approver's.

        Raises:
            NotEntitled: the person is no accounting approver, or not for this kind.
        """
        if self.erp_tool not in (ErpTool.STANDARD, ErpTool.ADMIN):
            missing = "the level Standard or Admin on the ERP tool"
        elif not self.can_push_to_accounting:
            missing = 'the privilege "can push to accounting"'
        elif kind and kind not in self.kinds:
            missing = f"the right to decide on {kind.words}s"
        else:
            return
        raise NotEntitled.because(
            f"{self.name} lacks {missing}",
            field="by",
            who_can_fix="an Admin of the ERP tool can grant it in the company's directory",
        )

    def must_be_admin(self) -> None:
        """Pass, or refuse: an Admin of the ERP tool keeps settings, rights, webhooks and tokens.

        Raises:
            NotEntitled: the person's level is another one.
        """
        if self.erp_tool is not ErpTool.ADMIN:
            raise NotEntitled.because(
                f"{self.name} lacks the level Admin on the ERP tool",
                field="by",
                who_can_fix="an Admin of the ERP tool can grant it in the company's directory",
            )


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """What a company decided once, for all its items."""

    auto_accept: frozenset[Kind] = frozenset()
    reject_comment: RejectComment = RejectComment.REQUIRED_EXCEPT_PROJECTS
    self_acceptance: bool = False
    grace_seconds: int = 0
    prefill: frozenset[str] | None = (
        None  # the entries that may begin filled in; None: all that can
    )
    second_approval_above: Decimal | None = None  # from which total on it takes two approvers
    email_decisions: EmailDecisions = EmailDecisions.CODE
    email_sign_in_above: Decimal | None = None  # from which total on a mail's code is not enough


@dataclass(frozen=True, slots=True)
class Project:
    """A project the company announced; its approvers get the project's own mails."""

    external_id: str
    name: str
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vendor:
    """Somebody the company buys from. With an ``origin`` it is linked: the ERP knows it by that id."""

    external_id: str
    name: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant: its people, projects, vendors and settings."""

    key: str
    name: str
    settings: CompanySettings = field(default_factory=CompanySettings)
    connection: str | None = None
    people: dict[str, Person] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    vendors: dict[str, Vendor] = field(default_factory=dict)

    def person(self, email: str) -> Person | None:
        return self.people.get(email.lower())

    def must_know(self, email: str) -> Person:
        """The person of that address.

        Raises:
            NotEntitled: the directory has none; nobody's rights are known then.
        """
        if person := self.person(email):
            return person
        raise NotEntitled.because(
            f"{email} is not in the directory of {self.name}",
            field="by",
            who_can_fix="whoever keeps the company's directory",
        )

    def approvers_for(self, kind: Kind) -> list[Person]:
        return [person for person in self.people.values() if person.may_decide(kind)]

    def approvers_of_project(self, project: str | None) -> list[Person]:
        """The project's accounting approvers; all of the company's where the project names none."""
        named = self.projects[project].approvers if project in self.projects else ()
        approvers = [person for person in self.people.values() if person.is_accounting_approver]
        return [person for person in approvers if person.email in named] or approvers
