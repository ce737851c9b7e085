"""How posting an event ends: a closed set, and what follows from it, decided by pure functions."""

import random
from dataclasses import dataclass
from typing import Final, assert_never

from gatepost.runtime.waiting import growing_wait
from gatepost_notifier.webhook_settings import WebhookSettings

TURN_WAIT: Final = 1.0  # seconds; it could not even be begun
LONGEST_ASKED: Final = 3600.0  # seconds of a Retry-After that are heeded
BREAKER_FAILURES: Final = 5  # in a row, until an endpoint is left alone for a while
BREAKER_FIRST: Final = 15.0  # seconds; doubles each time
BREAKER_LONGEST: Final = 900.0
GONE: Final = 410
TOO_MANY: Final = 429

# --- what the endpoint made of it ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """It answered; ``text`` is the beginning of what it said."""

    code: int
    text: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """It cannot be reached, or did not answer in time; it may have the event all the same."""

    why: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Its name stands for an address that may not be called."""

    why: str


@dataclass(frozen=True, slots=True)
class NotBegun:
    """Its turn did not come: the lease left no time, or its endpoint has just been silent."""

    why: str = "its turn has not come yet"


Outcome = Answered | Silent | Forbidden | NotBegun

# --- what we make of that --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivered:
    """The endpoint has it."""


@dataclass(frozen=True, slots=True)
class Again:
    """Post it once more after a wait; ``counts`` says whether the try was one."""

    wait: float
    why: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It was tried long enough."""

    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The endpoint wants no more events at all."""

    why: str


Verdict = Delivered | Again | GivenUp | Ended


def verdict(outcome: Outcome, attempt: int, age: float, settings: WebhookSettings) -> Verdict:
    """What follows from an outcome.

    Args:
        outcome: how the try ended.
        attempt: the how-many-eth it was.
        age: seconds since the event was asked to be posted.
        settings: how long it is tried.

    """
    match outcome:
        case NotBegun(why):
            wait = TURN_WAIT * random.uniform(0.75, 1.25)
            return _unless_too_old(Again(wait, why, counts=False), age, settings)
        case Answered(code) if 200 <= code < 300:
            return Delivered()
        case Answered(code) if code == GONE:
            return Ended("the endpoint answered 410: it wants no more events")
        case Answered(code, text, retry_after):
            asked = min(retry_after or 0.0, LONGEST_ASKED)
            wait = max(asked, _wait(attempt, settings))
            return _unless_too_old(Again(wait, _words(code, text)), age, settings)
        case Silent(why) | Forbidden(why):
            return _unless_too_old(Again(_wait(attempt, settings), why), age, settings)
        case _:
            assert_never(outcome)


def failures_after(outcome: Outcome, failures: int) -> int:
    """The times in a row an endpoint has failed as a whole; an answer about one event is none."""
    match outcome:
        case NotBegun():
            return failures
        case Silent() | Forbidden():
            return failures + 1
        case Answered(code):
            return failures + 1 if code >= 500 or code == TOO_MANY else 0
        case _:
            assert_never(outcome)


def left_alone_for(failures: int) -> float | None:
    """Seconds an endpoint is left alone after so many failures in a row; None when it is not."""
    beyond = failures - BREAKER_FAILURES
    if beyond < 0:
        return None
    return growing_wait(BREAKER_FIRST, beyond + 1, BREAKER_LONGEST)


def _unless_too_old(again: Again, age: float, settings: WebhookSettings) -> Verdict:
    if age + again.wait <= settings.webhook_patience:
        return again
    return GivenUp(given_up(age, again.why))


def given_up(age: float, why: str) -> str:
    """Why nothing is tried any more, after so many seconds."""
    return f"given up after {age / 3600:.0f} h: {why}"


def _words(code: int, text: str) -> str:
    if 300 <= code < 400:
        return f"the endpoint answered {code}: redirects are not followed"
    return f"the endpoint answered {code}{': ' if text else ''}{text}"


def _wait(attempt: int, settings: WebhookSettings) -> float:
    """Seconds before the next try: growing, jittered, bounded."""
    first, longest = settings.webhook_first_wait, settings.webhook_longest_wait
    return growing_wait(first, attempt, longest, factor=3.0)
