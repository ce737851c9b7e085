"""How an export attempt ends: a closed set, matched in one place, decided by a pure function."""

import re
from dataclasses import dataclass
from typing import Final, assert_never

from gatepost.connectors.errors import (
    AnswerAwaited,
    Busy,
    ConfigurationError,
    ConnectorError,
    DependencyNotReady,
    OutcomeUnknown,
    Permanent,
    Transient,
    Unavailable,
    ValidationFailed,
)
from gatepost.domain.items import Cause, Origin
from gatepost.runtime.waiting import growing_wait
from gatepost_exporter.settings import ExporterSettings

# --- what the ERP made of it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """The ERP has it."""

    origin: Origin
    adopted: bool = False  # found by its mark after an outcome that was unknown


@dataclass(frozen=True, slots=True)
class Failed:
    """The connector said no, or not now, or that it cannot tell."""

    error: ConnectorError
    looking: bool = False  # for an earlier write: what came of that one is as unknown as before

    @property
    def is_unsettled(self) -> bool:
        """Whether the ERP may have a record that we do not know of."""
        return self.looking or isinstance(self.error, OutcomeUnknown)


@dataclass(frozen=True, slots=True)
class NotSent:
    """The lease left no time to begin the call."""


@dataclass(frozen=True, slots=True)
class NotThereYet:
    """A look was answered, and found nothing: the ERP may have stood still, and go on only now."""


Outcome = Done | Failed | NotSent | NotThereYet

# --- what we make of that ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Synced:
    """It is in the ERP."""

    origin: Origin
    adopted: bool


@dataclass(frozen=True, slots=True)
class Again:
    """Try once more after a wait. ``burned`` says whether the try counts."""

    wait: float
    why: str
    burned: bool = True
    counts_for_breaker: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It failed for good."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class PauseConnection:
    """Nothing can be written over this connection until a person has mended it."""

    why: str


@dataclass(frozen=True, slots=True)
class WaitForParent:
    """Its parent is not in the ERP."""


@dataclass(frozen=True, slots=True)
class AwaitAnswer:
    """The ERP has it in hand and answers in its own time: looked for then, and no try of ours."""

    wait: float
    why: str


Verdict = Synced | Again | GiveUp | PauseConnection | WaitForParent | AwaitAnswer

PAUSED_WAIT: Final = 60.0  # seconds between looks whether a paused connection was resumed
_PLACE: Final = re.compile(r"\[[^\]]*\]")  # which of the lines
UNSENT_WAIT: Final = 0.5  # seconds; the call could not even be begun


def verdict(outcome: Outcome, attempt: int, settle: float, settings: ExporterSettings) -> Verdict:
    """What follows from an outcome.

    Args:
        outcome: how the attempt ended.
        attempt: which attempt it was, from 1.
        settle: seconds after which the ERP is surely done with a call.
        settings: how often, and how long.

    """
    match outcome:
        case Done(origin, adopted):
            return Synced(origin, adopted)
        case NotSent():
            return Again(UNSENT_WAIT, "its turn has not come yet", burned=False)
        case NotThereYet():
            why = "the ERP answers and does not have it; it may still be at work on it"
            return Again(settle, why, burned=False)
        case Failed(error):
            return _after(error, attempt, settle, settings)
        case _:
            assert_never(outcome)


def _after(
    error: ConnectorError, attempt: int, settle: float, settings: ExporterSettings
) -> Verdict:
    used_up = attempt >= settings.attempts
    match error:
        case ConfigurationError():
            return PauseConnection(error.message)
        case DependencyNotReady():
            return WaitForParent()
        case Permanent():
            return GiveUp(cause_of(error))
        case AnswerAwaited():
            return AwaitAnswer(error.retry_after or settle, error.message)
        case OutcomeUnknown() if used_up:
            return GiveUp(cause_of(error, "outcome unknown: it may be in the ERP"))
        case OutcomeUnknown():
            why = f"it is not known whether the ERP took it: {error.message}"
            wait = max(settle, _wait(attempt, settings))
            return Again(wait, why, counts_for_breaker=error.silent)
        case Unavailable():
            wait = error.retry_after or _wait(attempt, settings)
            return Again(wait, error.message, burned=not used_up, counts_for_breaker=True)
        case Busy() | Transient() if used_up:
            return GiveUp(cause_of(error))
        case Transient():
            return Again(error.retry_after or _wait(attempt, settings), error.message)
        case _:
            wait = max(settle, _wait(attempt, settings))
            return GiveUp(cause_of(error)) if used_up else Again(wait, error.message)


def _wait(attempt: int, settings: ExporterSettings) -> float:
    return growing_wait(settings.first_wait, attempt, settings.longest_wait)


def cause_of(error: ConnectorError, sentence: str = "") -> Cause:
    """The cause people see, with a key under which failures alike are grouped."""
    name = type(error).__name__
    code = error.erp_code or _rules(error)
    return Cause(
        key=f"{name}:{code}" if code else name,
        cls=name,
        message=f"{sentence} ({error.message})" if sentence else error.message,
        who_can_fix=error.who_can_fix,
        erp_code=error.erp_code,
    )


def _rules(error: ConnectorError) -> str:
    """Which rules of our own were against it, on which fields; of whichever lines is the same."""
    if not isinstance(error, ValidationFailed):
        return ""
    found = (f"{each.rule}:{re.sub(_PLACE, '', each.field)}" for each in error.problems)
    return ",".join(sorted(set(found)))
