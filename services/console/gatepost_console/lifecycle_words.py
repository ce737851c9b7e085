"""The life cycle in plain words: for the reference, and for the page that says what badges mean.

Who has an item, and what its sender can do, are told from the table itself.
"""

from typing import Final

from gatepost.domain.lifecycle import BADGES, LIFECYCLE, State, Step

STATES: Final[dict[State, str]] = {
    State.SENT: "on the approvers' list; leaves it by a decision or a retrieval",
    State.EXPORTING: "accepted; it is being exported, or waits for its parent or the ERP",
    State.SYNCED: "the ERP has it; a higher revision sends it again",
    State.FAILED: "the ERP refused it, or the tries are used up; a person must act",
    State.REJECTED: "an approver sent it back; its source may edit and resend it",
    State.RETRIEVED: "its sender took it back before a decision",
    State.UNLINKED: "the ERP no longer has it; it may be sent anew",
    State.ARCHIVED: "put away; can be brought back",
}
STEPS: Final[dict[Step, str]] = {
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


def who_has_it(state: State) -> str:
    """Whose turn it is while an item is in this state."""
    steps = LIFECYCLE[state]
    if BADGES[state].editable:
        return "Whoever made or sent it, at its source"
    if Step.EXPORTED in steps:
        return "Gatepost, on its way to the ERP"
    if Step.REJECT in steps:
        return "An accounting approver" + (", or an operator" if Step.RETRY in steps else "")
    return "Nobody: there is nothing left to do"


def sender_can(state: State) -> str:
    """What the sender of an item in this state can do, in a sentence or two."""
    steps = LIFECYCLE[state]
    if Step.SEND in steps and BADGES[state].editable:
        return "Correct it at its source and send it again."
    can = []
    if Step.RETRIEVE in steps:
        can.append("Take it back, as long as nobody has decided.")
    if Step.SEND in steps:
        can.append("Send a higher revision, where the source makes one.")
    return " ".join(can) or "Nothing just now."
