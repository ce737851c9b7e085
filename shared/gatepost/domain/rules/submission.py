"""What a rule sees, and what a rule is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from gatepost.domain.content import Content, currency_of
from gatepost.domain.currencies import DECIMALS
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Sending
from gatepost.domain.people import Company
from gatepost.domain.unread import CannotJudge

SENDER: Final = "the sender: correct it at its source and send it again"

Found = Iterator[tuple[str, str]]
"""What a rule finds: the field, and a sentence about it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a commitment promises as it stands, with the change orders accounting has accepted.

    ``lines`` are its amounts by line id; ``changes`` the same of each change order, by its own
    external id.
    """

    label: str  # as people call it: commitment SC-1001
    currency: str = ""
    lines: Mapping[str, Decimal] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    project: str = ""  # its external id; empty where it belongs to none

    def agreed(self, line: str) -> Decimal | None:
        """What may be billed on a line; None when there is no such line."""
        if not self.changes:
            return self.lines.get(line)
        amounts = [each[line] for each in (self.lines, *self.changes.values()) if line in each]
        return sum(amounts, Decimal(0)) if amounts else None

    def total(self, *, without: str = "") -> Decimal:
        """The sum of it all, but for one change order."""
        changed = [each for name, each in self.changes.items() if name != without]
        return sum((sum(each.values(), Decimal(0)) for each in (self.lines, *changed)), Decimal(0))


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to be sent, and what is known around it.

    ``content`` is None when there is none, and ``UNREAD`` wherever a part of it could not be read: of
    what needs that, no rule speaks. ``agreement`` is None
    for what has no commitment, and while its commitment is only announced.
    """

    sending: Sending
    content: Content | None
    company: Company
    parent_sent: bool  # its project or commitment is here already, or was announced
    agreement: Agreement | None = None
    project_known: bool = True  # asked only where no agreement says which project it is

    @property
    def currency(self) -> str:
        """The currency of its amounts: its own, or its commitment's."""
        own = currency_of(self.content) if self.content else None
        return own or (self.agreement.currency if self.agreement else "")

    @property
    def decimals(self) -> int | None:
        """How many decimals its amounts may have; None when its currency is not known."""
        return DECIMALS.get(self.currency)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold. ``key`` is stable: sources may program against it."""

    key: str
    find: Callable[[Submission], Found]
    who_can_fix: str = SENDER

    @property
    def sentence(self) -> str:
        """What must hold, in a sentence."""
        return str(self.find.__doc__).partition("\n")[0].rstrip(".")

    def problems(self, submission: Submission) -> Iterator[FieldProblem]:
        """What it finds against a submission."""
        with suppress(CannotJudge):
            for place, message in self.find(submission):
                yield FieldProblem(place, self.key, message, self.who_can_fix)


def rule(key: str, who_can_fix: str = SENDER) -> Callable[[Callable[[Submission], Found]], Rule]:
    """Make a rule of a function; the first line of its docstring says what must hold."""
    return lambda find: Rule(key, find, who_can_fix)
