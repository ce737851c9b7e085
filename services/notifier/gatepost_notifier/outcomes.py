"""How posting a mail ends: a closed set, matched in one place, decided by a pure function."""

from dataclasses import dataclass
from typing import Final, assert_never

from gatepost.runtime.waiting import growing_wait
from gatepost_notifier.settings import NotifierSettings

SERVER_WAIT: Final = 60.0  # seconds between looks whether a mail server is back, at most
UNSENT_WAIT: Final = 0.5  # seconds; the mail could not even be begun

# --- what the mail server made of it ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """The server has it."""


@dataclass(frozen=True, slots=True)
class PutOff:
    """The server does not take this mail now (4xx); it was surely not delivered."""

    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server will never take this mail (5xx)."""

    answer: str


@dataclass(frozen=True, slots=True)
class Away:
    """There is no talking to the server, or it takes nothing from us: no mail's own fault.

    ``round`` counts the times in a row this was found.
    """

    answer: str
    round: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The talk broke off in the midst of it: it may have been delivered."""

    answer: str


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The lease left no time for it."""


Outcome = Taken | PutOff | Refused | Away | Unknown | NotBegun

# --- what we make of that --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """It is on its way."""


@dataclass(frozen=True, slots=True)
class Again:
    """Post it once more after a wait.

    ``counts`` says whether the try was one of its own; ``is_open`` whether it surely was not
    delivered, so that what it says may still change.
    """

    wait: float
    why: str
    counts: bool = True
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It failed for good."""

    why: str


Verdict = Sent | Again | GivenUp


def verdict(outcome: Outcome, attempt: int, settings: NotifierSettings) -> Verdict:
    """What follows from an outcome; ``attempt`` says the how-many-eth try of this mail it was.

    A server that is away is waited for without end; what one mail met by itself ends sometime.
    """
    used_up = attempt >= settings.notifier_attempts
    match outcome:
        case Taken():
            return Sent()
        case Refused(answer):
            return GivenUp(f"failed: {answer}")
        case Away(answer, round):
            longest = min(SERVER_WAIT, settings.notifier_longest_wait)
            return Again(_wait(round, settings, longest), answer, counts=False)
        case NotBegun():
            return Again(UNSENT_WAIT, "its turn has not come yet", counts=False)
        case PutOff(answer) | Unknown(answer) if used_up:
            return GivenUp(f"failed after {attempt} tries: {answer}")
        case PutOff(answer):
            return Again(_wait(attempt, settings, settings.notifier_longest_wait), answer)
        case Unknown(answer):
            wait = _wait(attempt, settings, settings.notifier_longest_wait)
            return Again(wait, answer, is_open=False)
        case _:
            assert_never(outcome)


def _wait(times: int, settings: NotifierSettings, longest: float) -> float:
    return growing_wait(settings.notifier_first_wait, times, longest)
