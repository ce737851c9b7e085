"""The page of the life cycle."""

from collections.abc import Iterator
from typing import Final

from gatepost.domain.lifecycle import BADGES, LIFECYCLE, State, Step, as_mermaid
from gatepost.domain.lists import MEMBERSHIP, WorkList
from scripts.reference.parts import table, yes

STATES: Final = {
    State.SENT: "on the approvers' list; leaves it by a decision or a retrieval",
    State.EXPORTING: "accepted; it is being exported, or waits for its parent or the ERP",
    State.SYNCED: "the ERP has it; a higher revision sends it again",
    State.FAILED: "the ERP refused it, or the tries are used up; a person must act",
    State.REJECTED: "an approver sent it back; its source may edit and resend it",
    State.RETRIEVED: "its sender took it back before a decision",
    State.UNLINKED: "the ERP no longer has it; it may be sent anew",
    State.ARCHIVED: "put away; can be brought back",
}
STEPS: Final = {
    Step.SEND: "the sender sends it, again, or a higher revision",
    Step.RETRIEVE: "the sender takes it back before a decision",
    Step.ACCEPT: "an approver, or the company's auto-accept setting",
    Step.REJECT: "an approver",
    Step.EXPORTED: "the ERP took it",
    Step.EXPORT_FAILED: "the ERP refused it, or the tries are used up",
    Step.RETRY: "an approver or an operator",
    Step.TAKE_BACK: "an approver, before the ERP is called",
    Step.LINK: "an approver, to a record that the ERP has already",
    Step.UNLINK: "an approver, when the ERP no longer has the record",
    Step.ARCHIVE: "a person with the level Standard or Admin",
    Step.UNARCHIVE: "the same; back to where it was archived from",
}


def lifecycle_page() -> Iterator[str]:
    yield "# Life cycle of an item"
    yield ""
    yield "Any step that is not in the table is refused with a sentence, such as"
    yield '"a synced item cannot be rejected".'
    yield from ("", "```mermaid", *as_mermaid(), "```", "", "## States", "")
    rows = [
        (f"`{state}`", _badge(state), yes(BADGES[state].editable), _list(state), STATES[state])
        for state in State
    ]
    yield from table(("state", "badge", "the source may edit", "list", "what it means"), rows)
    yield from ("", "## Steps", "")
    steps = [
        (f"`{state}`", f"`{step}`", STEPS[step], f"`{target}`")
        for state, following in LIFECYCLE.items()
        for step, target in following.items()
    ]
    yield from table(("from", "step", "who or what", "to"), steps)


def _badge(state: State) -> str:
    badge = BADGES[state]
    return f"{badge.colour}, moving" if badge.moving else badge.colour


def _list(state: State) -> str:
    names = [
        _title(name) + {None: "", True: " (linked)", False: ""}[membership.linked]
        for name, membership in MEMBERSHIP.items()
        if state in membership.states
    ]
    return " or ".join(names) or "none; findable"


def _title(name: WorkList) -> str:
    return name.value.replace("_", " ").title()
