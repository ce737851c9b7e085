"""The life cycle of an item, as a table.

The console's buttons, the API's refusals, the diagram in the documentation and the tests are all
made from :data:`LIFECYCLE`; a step that is not in it is refused with a sentence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gatepost.domain.errors import NotAllowed


class State(StrEnum):
    """Where an item stands."""

    SENT = "sent"  # on the approvers' list; nobody edits it. Leaves by a decision or a retrieval
    EXPORTING = "exporting"  # accepted; the exporter holds it, or it waits for its parent
    SYNCED = "synced"  # the ERP has it and gave it an id; a higher revision sends it again
    FAILED = "failed"  # the ERP refused it, or the tries are used up; a person must act
    REJECTED = "rejected"  # an approver sent it back; its source may edit and resend it
    RETRIEVED = "retrieved"  # its sender took it back before a decision
    UNLINKED = "unlinked"  # the ERP no longer has it; it may be sent anew
    ARCHIVED = "archived"  # put away; can be brought back


class Step(StrEnum):
    """What can happen to an item."""

    SEND = "send"
    RETRIEVE = "retrieve"
    ACCEPT = "accept"
    REJECT = "reject"
    EXPORTED = "exported"
    EXPORT_FAILED = "export_failed"
    RETRY = "retry"
    TAKE_BACK = "take_back"
    LINK = "link"
    UNLINK = "unlink"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"

    @property
    def past(self) -> str:
        """How the step stands in "cannot be ..."."""
        return _PAST[self]


_PAST: Final[dict[Step, str]] = {
    Step.SEND: "sent",
    Step.RETRIEVE: "retrieved",
    Step.ACCEPT: "accepted",
    Step.REJECT: "rejected",
    Step.EXPORTED: "marked as exported",
    Step.EXPORT_FAILED: "marked as failed",
    Step.RETRY: "retried",
    Step.TAKE_BACK: "taken back",
    Step.LINK: "linked",
    Step.UNLINK: "unlinked",
    Step.ARCHIVE: "archived",
    Step.UNARCHIVE: "unarchived",
}

# An archived item goes back to where it was archived from: the row names the usual one.
# What is unlinked stays where it waits for somebody, and is written as a new record from there; only
# what nobody had anything left to do with becomes unlinked.
LIFECYCLE: Final[dict[State, dict[Step, State]]] = {
    State.SENT: {
        Step.SEND: State.SENT,  # a higher revision before anyone decided
        Step.RETRIEVE: State.RETRIEVED,
        Step.ACCEPT: State.EXPORTING,
        Step.REJECT: State.REJECTED,
        Step.LINK: State.SYNCED,  # the ERP has it already
        Step.UNLINK: State.SENT,  # an update of what the ERP no longer has: accepted as a new record
    },
    State.EXPORTING: {
        Step.EXPORTED: State.SYNCED,
        Step.EXPORT_FAILED: State.FAILED,
        Step.TAKE_BACK: State.SENT,
    },
    State.SYNCED: {
        Step.SEND: State.SENT,
        Step.UNLINK: State.UNLINKED,
    },
    State.FAILED: {
        Step.RETRY: State.EXPORTING,
        Step.REJECT: State.REJECTED,
        Step.LINK: State.SYNCED,  # it had been written, though nobody heard
        Step.UNLINK: State.FAILED,  # retried as a new record
    },
    State.REJECTED: {
        Step.SEND: State.SENT,
        Step.LINK: State.SYNCED,
        Step.UNLINK: State.REJECTED,
        Step.ARCHIVE: State.ARCHIVED,
    },
    State.RETRIEVED: {
        Step.SEND: State.SENT,
        Step.LINK: State.SYNCED,
        Step.UNLINK: State.RETRIEVED,
    },
    State.UNLINKED: {
        Step.SEND: State.SENT,
        Step.LINK: State.SYNCED,
        Step.ARCHIVE: State.ARCHIVED,
    },
    State.ARCHIVED: {
        Step.UNARCHIVE: State.REJECTED,
    },
}


@dataclass(frozen=True, slots=True)
class Badge:
    """What the source shows beside the item, and whether its people may edit it there."""

    colour: str
    moving: bool
    editable: bool


BADGES: Final[dict[State, Badge]] = {
    State.SENT: Badge("blue", moving=False, editable=False),
    State.EXPORTING: Badge("blue", moving=True, editable=False),
    State.SYNCED: Badge("green", moving=False, editable=False),
    State.FAILED: Badge("red", moving=False, editable=False),
    State.REJECTED: Badge("yellow", moving=False, editable=True),
    State.RETRIEVED: Badge("yellow", moving=False, editable=True),
    State.UNLINKED: Badge("none", moving=False, editable=True),
    State.ARCHIVED: Badge("grey", moving=False, editable=False),
}


def after(step: Step, state: State) -> State:
    """The state an item is in once ``step`` has happened to it.

    Raises:
        NotAllowed: the life cycle has no such step ("a synced item cannot be rejected").
    """
    try:
        return LIFECYCLE[state][step]
    except KeyError:
        article = "an" if state[0] in "aeiou" else "a"
        raise NotAllowed.because(
            f"{article} {state} item cannot be {step.past}",
            field="state",
            who_can_fix=remedy(step, state),
        ) from None


def allowed(state: State) -> tuple[Step, ...]:
    """The steps that can happen to an item in this state."""
    return tuple(LIFECYCLE[state])


def as_mermaid() -> Iterator[str]:
    """The life cycle as the lines of a Mermaid state diagram."""
    yield "stateDiagram-v2"
    yield f"    [*] --> {State.SENT}: {Step.SEND}"
    for state, steps in LIFECYCLE.items():
        for step, target in steps.items():
            yield f"    {state} --> {target}: {step}"


def remedy(step: Step, state: State) -> str:
    """What must happen first where a step cannot be taken, and who can do it; else why nobody can."""
    return _REMEDIES[step].get(state, _ELSE[step])


_APPROVER: Final = "an accounting approver"
_UNARCHIVES: Final = "anyone with the level Standard or Admin on the ERP tool: unarchive it first"
_SENDS: Final = "its sender: correct it and send it again"
_SENDS_HIGHER: Final = "nobody: the ERP has it; its sender can send a higher revision"
_WITH_SENDER: Final = "nobody: it is with its sender already"
_PUT_AWAY: Final = "nobody: it is put away"
_UNLINKS: Final = f"{_APPROVER}: unlink it first, once the ERP has it no more"
_REJECTS: Final = f"{_APPROVER}: reject it first"
_TAKES_BACK: Final = f"{_APPROVER}: take it back first, while the ERP is not called yet"

# What each step meets in the states it is not for. Where there is no line for a state, _ELSE holds.
_REMEDIES: Final[dict[Step, dict[State, str]]] = {
    Step.SEND: {
        State.EXPORTING: f"its sender, once the ERP has answered; or {_TAKES_BACK}",
        State.FAILED: f"{_REJECTS}; then its sender can send it again",
        State.ARCHIVED: _UNARCHIVES,
    },
    Step.RETRIEVE: {
        State.EXPORTING: _TAKES_BACK,
        State.SYNCED: _SENDS_HIGHER,
        State.FAILED: _REJECTS,
        State.ARCHIVED: _PUT_AWAY,
    },
    Step.ACCEPT: {
        State.EXPORTING: "nobody: it is on its way into the ERP",
        State.SYNCED: _SENDS_HIGHER,
        State.FAILED: f"{_APPROVER} or an operator: retry it",
        State.ARCHIVED: f"{_UNARCHIVES}; then its sender: send it again",
    },
    Step.REJECT: {
        State.EXPORTING: _TAKES_BACK,
        State.SYNCED: _SENDS_HIGHER,
        State.ARCHIVED: _PUT_AWAY,
    },
    Step.EXPORTED: {},
    Step.EXPORT_FAILED: {},
    Step.RETRY: {
        State.SENT: "nobody: it has not failed, it waits for a decision",
        State.EXPORTING: "nobody: it is on its way into the ERP",
        State.SYNCED: "nobody: the ERP has it",
        State.ARCHIVED: f"{_UNARCHIVES}; then its sender: send it again",
    },
    Step.TAKE_BACK: {
        State.SENT: "nobody: it is not accepted yet",
        State.SYNCED: _SENDS_HIGHER,
        State.FAILED: f"{_APPROVER}: reject it instead",
        State.ARCHIVED: _PUT_AWAY,
    },
    Step.LINK: {
        State.EXPORTING: f"{_APPROVER}, once the ERP has answered; or {_TAKES_BACK}",
        State.SYNCED: _UNLINKS,
        State.ARCHIVED: _UNARCHIVES,
    },
    Step.UNLINK: {
        State.EXPORTING: f"{_APPROVER}, once the ERP has answered",
        State.UNLINKED: "nobody: it is unlinked already",
        State.ARCHIVED: _UNARCHIVES,
    },
    Step.ARCHIVE: {
        State.SENT: _REJECTS,
        State.EXPORTING: f"{_TAKES_BACK}, and reject it then",
        State.SYNCED: _UNLINKS,
        State.FAILED: _REJECTS,
        State.ARCHIVED: _PUT_AWAY,
    },
    Step.UNARCHIVE: {},
}
_ELSE: Final[dict[Step, str]] = {
    Step.SEND: _SENDS,
    Step.RETRIEVE: _WITH_SENDER,
    Step.ACCEPT: _SENDS,
    Step.REJECT: _WITH_SENDER,
    Step.EXPORTED: "nobody: it is not on its way into the ERP",
    Step.EXPORT_FAILED: "nobody: it is not on its way into the ERP",
    Step.RETRY: _SENDS,
    Step.TAKE_BACK: _WITH_SENDER,
    Step.LINK: f"{_APPROVER}: link it",
    Step.UNLINK: "nobody: it is not in the ERP",
    Step.ARCHIVE: _WITH_SENDER,
    Step.UNARCHIVE: "nobody: it is not put away",
}
