"""Every refusal Gatepost can answer with. Each says what, why, and who can fix it.

::

    GatepostError
    └── Refusal                 an expected answer, never a fault of the program
        ├── NotFound            no such item, company, person
        ├── NotSendable         the rules of its kind do not hold; every reason at once
        ├── NotAllowed          the life cycle has no such step from this state
        ├── Incomplete          a decision without what it must have
        ├── NotEntitled         the person lacks a right; names it and who can grant it
        ├── Conflict            same identity, other content
        ├── StaleRevision       a lower revision after a higher one
        ├── StaleDecision       a decision for a revision that has moved on
        ├── AlreadyDecided      a contrary decision came first; names who took it
        └── NotSubscribable     nothing can be told to that address, or no such events
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One reason why something is refused: the field, the rule, a sentence, and who can fix it."""

    field: str
    rule: str
    message: str
    who_can_fix: str


class GatepostError(Exception):
    """The root of everything Gatepost raises by itself."""


class Refusal(GatepostError):
    """An expected refusal, with its reasons.

    ``code`` is stable and may be programmed against; ``str()`` is a sentence for a person.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.problems = tuple(problems)

    @classmethod
    def because(cls, message: str, *, field: str = "", who_can_fix: str) -> Self:
        """A refusal with a single reason; its rule is the refusal's own code."""
        return cls([FieldProblem(field, cls.code, message, who_can_fix)])


class NotFound(Refusal):
    """There is no such item, company or person."""

    code = "not_found"


class NotSendable(Refusal):
    """The item may not be sent to the ERP; every reason is listed."""

    code = "not_sendable"


class NotAllowed(Refusal):
    """The life cycle has no such step from the state the item is in."""

    code = "not_allowed"


class Incomplete(Refusal):
    """The decision lacks something that it must have; it may be made again with it."""

    code = "incomplete"


class NotEntitled(Refusal):
    """The person lacks the right for this step."""

    code = "not_entitled"


class Conflict(Refusal):
    """The same event id or the same revision came with other content."""

    code = "conflict"


class StaleRevision(Refusal):
    """A lower revision arrived after a higher one; it is ignored."""

    code = "stale_revision"


class StaleDecision(Refusal):
    """The decision was made for a revision that is no longer the current one."""

    code = "stale_decision"


class AlreadyDecided(Refusal):
    """Somebody else decided otherwise, first."""

    code = "already_decided"


class TooMany(Refusal):
    """More items than can be decided on at once; nothing was decided."""

    code = "too_many"


class NotSubscribable(Refusal):
    """A webhook cannot be made: its address may not be called, or an event it names is not known."""

    code = "not_subscribable"
