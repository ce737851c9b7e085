"""The life cycle, both ways: what is in the table happens, all else is refused with a sentence."""

import re
from typing import Final

import pytest

from gatepost.domain.errors import NotAllowed
from gatepost.domain.lifecycle import (
    BADGES,
    LIFECYCLE,
    State,
    Step,
    after,
    allowed,
    as_mermaid,
    remedy,
)

# Written out once more on purpose: the table in the code is held against the product's.
TABLE: Final = {
    (State.SENT, Step.SEND): State.SENT,  # a higher revision, before anyone decided
    (State.SENT, Step.RETRIEVE): State.RETRIEVED,  # the sender, before a decision
    (State.SENT, Step.ACCEPT): State.EXPORTING,  # an approver, or the company's setting
    (State.SENT, Step.REJECT): State.REJECTED,  # the source may edit again
    (State.EXPORTING, Step.EXPORTED): State.SYNCED,  # the ERP took it
    (State.EXPORTING, Step.EXPORT_FAILED): State.FAILED,  # refused, or retries used up
    (State.EXPORTING, Step.TAKE_BACK): State.SENT,  # before any ERP call
    (State.SYNCED, Step.SEND): State.SENT,  # a higher revision: Ready To Update
    # to a record that the ERP has already: an approver
    (State.SENT, Step.LINK): State.SYNCED,
    (State.FAILED, Step.LINK): State.SYNCED,  # it was written, though nobody heard
    (State.REJECTED, Step.LINK): State.SYNCED,
    (State.RETRIEVED, Step.LINK): State.SYNCED,
    (State.UNLINKED, Step.LINK): State.SYNCED,
    (State.SYNCED, Step.UNLINK): State.UNLINKED,  # the ERP no longer has it
    # an update of what the ERP no longer has: it waits for the same people, and is a new record
    (State.SENT, Step.UNLINK): State.SENT,
    (State.FAILED, Step.UNLINK): State.FAILED,
    (State.REJECTED, Step.UNLINK): State.REJECTED,
    (State.RETRIEVED, Step.UNLINK): State.RETRIEVED,
    (State.FAILED, Step.RETRY): State.EXPORTING,  # approver or operator
    (State.FAILED, Step.REJECT): State.REJECTED,  # the model's only remedy
    (State.REJECTED, Step.SEND): State.SENT,  # resent
    (State.REJECTED, Step.ARCHIVE): State.ARCHIVED,
    (State.RETRIEVED, Step.SEND): State.SENT,
    (State.UNLINKED, Step.SEND): State.SENT,
    (State.UNLINKED, Step.ARCHIVE): State.ARCHIVED,
    (State.ARCHIVED, Step.UNARCHIVE): State.REJECTED,  # the usual place it came from
}
OTHERS: Final = [(s, step) for s in State for step in Step if (s, step) not in TABLE]


def test_the_table_is_the_products_and_nothing_else() -> None:
    written = {
        (state, step): to for state, steps in LIFECYCLE.items() for step, to in steps.items()
    }
    assert written == TABLE


@pytest.mark.parametrize(("state", "step"), TABLE, ids=lambda value: str(value))
def test_a_step_of_the_table_leads_where_it_says(state: State, step: Step) -> None:
    assert after(step, state) is TABLE[state, step]
    assert step in allowed(state)


@pytest.mark.parametrize(("state", "step"), OTHERS, ids=lambda value: str(value))
def test_any_other_step_is_refused_with_a_sentence(state: State, step: Step) -> None:
    with pytest.raises(NotAllowed) as refused:
        after(step, state)
    (problem,) = refused.value.problems
    # "a synced item cannot be rejected": the right article, the state, what cannot be done
    article = "an" if state in (State.EXPORTING, State.UNLINKED, State.ARCHIVED) else "a"
    assert re.fullmatch(rf"{article} {state} item cannot be [a-z ]+", problem.message)
    assert problem.field == "state"
    assert problem.rule == "not_allowed"
    assert problem.who_can_fix
    assert step not in allowed(state)


@pytest.mark.parametrize(
    ("step", "state", "who"),
    [
        # it is past that: there is nobody to ask
        (Step.RETRY, State.SENT, "nobody: it has not failed, it waits for a decision"),
        (Step.RETRY, State.EXPORTING, "nobody: it is on its way into the ERP"),
        (Step.TAKE_BACK, State.SENT, "nobody: it is not accepted yet"),
        (Step.UNARCHIVE, State.SYNCED, "nobody: it is not put away"),
        (Step.REJECT, State.RETRIEVED, "nobody: it is with its sender already"),
        # another step is the way, and whose it is
        (Step.ARCHIVE, State.SENT, "an accounting approver: reject it first"),
        (Step.ACCEPT, State.FAILED, "an accounting approver or an operator: retry it"),
        (Step.ACCEPT, State.RETRIEVED, "its sender: correct it and send it again"),
        (
            Step.SEND,
            State.ARCHIVED,
            "anyone with the level Standard or Admin on the ERP tool: unarchive it first",
        ),
        (
            Step.REJECT,
            State.SYNCED,
            "nobody: the ERP has it; its sender can send a higher revision",
        ),
    ],
)
def test_a_refusal_says_what_must_happen_first_or_that_nobody_can(
    step: Step, state: State, who: str
) -> None:
    assert remedy(step, state) == who


@pytest.mark.parametrize(("state", "step"), OTHERS, ids=lambda value: str(value))
def test_no_refusal_sends_an_approver_to_themselves(state: State, step: Step) -> None:
    # "an accounting approver" alone tells them nothing: there is an act, or a time, beside it
    assert re.search(r": |, once ", remedy(step, state))


def test_the_sentence_reads_as_the_product_page_says() -> None:
    with pytest.raises(NotAllowed, match=r"^a synced item cannot be rejected$"):
        after(Step.REJECT, State.SYNCED)


@pytest.mark.parametrize("step", Step)
def test_every_step_has_a_past_of_its_own(step: Step) -> None:
    assert step.past
    assert [other for other in Step if other.past == step.past] == [step]


def test_every_state_but_the_first_is_reached_and_none_is_a_dead_end() -> None:
    reached = {target for steps in LIFECYCLE.values() for target in steps.values()}
    assert reached == set(State)
    assert all(allowed(state) for state in State)


@pytest.mark.parametrize(
    ("state", "colour", "moving", "editable"),
    [
        (State.SENT, "blue", False, False),  # nobody edits what waits for a decision
        (State.EXPORTING, "blue", True, False),
        (State.SYNCED, "green", False, False),  # only through a new revision
        (State.FAILED, "red", False, False),  # until it is rejected or retried
        (State.REJECTED, "yellow", False, True),  # creator and sender
        (State.RETRIEVED, "yellow", False, True),  # creator and sender
        (State.UNLINKED, "none", False, True),
        (State.ARCHIVED, "grey", False, False),
    ],
)
def test_the_badge_tells_the_source_what_to_show(
    state: State, colour: str, moving: bool, editable: bool
) -> None:
    badge = BADGES[state]
    assert (badge.colour, badge.moving, badge.editable) == (colour, moving, editable)


def test_whoever_may_edit_may_also_send() -> None:
    assert all(Step.SEND in allowed(state) for state in State if BADGES[state].editable)


def test_the_diagram_has_an_arrow_for_each_row_and_no_other() -> None:
    lines = list(as_mermaid())
    assert lines[0] == "stateDiagram-v2"
    assert lines[1].strip() == "[*] --> sent: send"
    arrows = {re.fullmatch(r" {4}(\w+) --> (\w+): (\w+)", line) for line in lines[2:]}
    assert {found.groups() for found in arrows if found} == {
        (state, to, step) for (state, step), to in TABLE.items()
    }
    assert len(lines) == 2 + len(TABLE)
