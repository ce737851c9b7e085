"""What the badges mean: each as it stands at the source, told from the table of the life cycle."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from gatepost.domain.lifecycle import BADGES, LIFECYCLE, State
from gatepost_console.badges import badge
from gatepost_console.lifecycle_words import STATES, STEPS, sender_can, who_has_it
from gatepost_console.pages.rendering import page
from gatepost_console.pages.visiting import Anybody

router = APIRouter()


@dataclass(frozen=True, slots=True)
class BadgeRow:
    """A badge, and everything a sender may want to know of it."""

    state: State
    svg: Markup
    means: str
    who: str
    editable: bool
    can: str
    following: list[tuple[State, str]]


@router.get("/badges")
def badges(request: Request, visitor: Anybody) -> Response:
    """Every badge. It is no secret: a source may lead its people here."""
    return page(request, "badges.html", visitor, rows=[_row(state) for state in State])


def _row(state: State) -> BadgeRow:
    return BadgeRow(
        state=state,
        svg=Markup(badge(state)),  # noqa: S704 - drawn here, of our own words
        means=STATES[state],
        who=who_has_it(state),
        editable=BADGES[state].editable,
        can=sender_can(state),
        following=[
            (target, STEPS[step]) for step, target in LIFECYCLE[state].items() if target != state
        ],
    )
