"""The badge to show beside an item at its source, as SVG without script or style sheet."""

from typing import Final

from gatepost.domain.lifecycle import BADGES, State

# Colours with a contrast of 4.5 to 1 against the white text on them.
_COLOURS: Final = {
    "blue": "#1f5fa8",
    "green": "#1d7a3a",
    "yellow": "#8a6100",
    "red": "#b3261e",
    "grey": "#5f6368",
    "none": "#5f6368",
}
_WORDS: Final[dict[State, str]] = {
    State.SENT: "sent to accounting",
    State.EXPORTING: "being exported",
    State.SYNCED: "in the ERP",
    State.FAILED: "export failed",
    State.REJECTED: "rejected",
    State.RETRIEVED: "retrieved",
    State.UNLINKED: "unlinked",
    State.ARCHIVED: "archived",
}
_CHARACTER: Final = 6.6  # width at 12 px, about
_MOVING: Final = '<animate attributeName="opacity" values="1;0.55;1" dur="2s" repeatCount="2"/>'


def badge(state: State) -> str:
    """The badge of an item in this state; one that is being exported moves."""
    words, known = _WORDS[state], BADGES[state]
    width = round(len(words) * _CHARACTER + 20)
    moving = _MOVING if known.moving else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" '
        f'aria-label="{words}"><title>{words}</title>'
        f'<rect width="{width}" height="20" rx="4" fill="{_COLOURS[known.colour]}">{moving}</rect>'
        f'<text x="{width / 2:g}" y="14" fill="#fff" font-family="sans-serif" font-size="12" '
        f'text-anchor="middle">{words}</text></svg>\n'
    )
