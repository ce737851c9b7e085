"""The page of the life cycle."""

from collections.abc import Iterator

from gatepost.domain.lifecycle import BADGES, LIFECYCLE, State, as_mermaid
from gatepost.domain.lists import MEMBERSHIP, WorkList
from gatepost_console.lifecycle_words import STATES, STEPS
from scripts.reference.parts import table, yes


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
