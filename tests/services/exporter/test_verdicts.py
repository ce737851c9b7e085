"""What follows from an outcome: a pure function, by a table."""

from typing import Any

import pytest

from gatepost.connectors import errors
from gatepost.connectors.errors import ConnectorError
from gatepost.domain.errors import FieldProblem
from gatepost.domain.items import Origin
from gatepost_exporter.outcomes import (
    Again,
    AwaitAnswer,
    Done,
    Failed,
    GiveUp,
    NotSent,
    NotThereYet,
    Outcome,
    PauseConnection,
    Synced,
    Verdict,
    WaitForParent,
    cause_of,
    verdict,
)
from gatepost_exporter.settings import ExporterSettings

SETTINGS = ExporterSettings(attempts=3, first_wait=2.0, longest_wait=60.0)
SETTLE = 10.0
ORIGIN = Origin("PO-1", "4711")


def failed(kind: type[ConnectorError], **more: Any) -> Failed:
    return Failed(kind("the ERP said so", **more))


@pytest.mark.parametrize(
    ("outcome", "attempt", "expected"),
    [
        # It is written: whatever came before.
        (Done(ORIGIN), 1, Synced(ORIGIN, adopted=False)),
        (Done(ORIGIN), 99, Synced(ORIGIN, adopted=False)),
        # It was found: the same, and said so.
        (Done(ORIGIN, adopted=True), 2, Synced(ORIGIN, adopted=True)),
        # A person must act: no further try would give another answer, not even after the first.
        (failed(errors.ValidationFailed), 1, GiveUp),
        (failed(errors.ReferenceNotFound), 1, GiveUp),
        (failed(errors.DuplicateFound), 1, GiveUp),
        (failed(errors.Unsupported), 1, GiveUp),
        (failed(errors.PeriodClosed), 3, GiveUp),
        (failed(errors.Permanent), 1, GiveUp),
        # Wrong credentials: the connection is at fault, not the item, however often it was tried.
        (failed(errors.ConfigurationError), 1, PauseConnection("the ERP said so")),
        (failed(errors.ConfigurationError), 99, PauseConnection("the ERP said so")),
        # Its parent is missing: it waits, whatever the number of tries.
        (failed(errors.DependencyNotReady), 1, WaitForParent()),
        (failed(errors.DependencyNotReady), 99, WaitForParent()),
        # This record is locked: again, until the tries are used up.
        (failed(errors.Busy), 1, Again),
        (failed(errors.Busy), 2, Again),
        (failed(errors.Busy), 3, GiveUp),
        (failed(errors.Transient), 2, Again),
        (failed(errors.Transient), 3, GiveUp),
        # The ERP asks for patience: exactly as long as it says.
        (failed(errors.Busy, retry_after=7.0), 1, Again(7.0, "the ERP said so")),
        # The ERP as a whole is away: it feeds the breaker, and never fails an item.
        (failed(errors.Unavailable), 1, Again),
        (failed(errors.Unavailable), 99, Again),
        (
            failed(errors.Unavailable, retry_after=5.0),
            1,
            Again(5.0, "the ERP said so", burned=True, counts_for_breaker=True),
        ),
        (
            failed(errors.Unavailable, retry_after=5.0),
            3,  # the last try is not burned by an ERP that is away
            Again(5.0, "the ERP said so", burned=False, counts_for_breaker=True),
        ),
        # It may have been written: again, but after looking; never a blind repeat.
        (failed(errors.OutcomeUnknown), 1, Again),
        (failed(errors.OutcomeUnknown), 2, Again),
        (failed(errors.OutcomeUnknown), 3, GiveUp),
        # It was handed over and the ERP answers in its own time: no try of ours, however often.
        (failed(errors.AnswerAwaited), 1, AwaitAnswer(SETTLE, "the ERP said so")),
        (
            failed(errors.AnswerAwaited, retry_after=60.0),
            99,
            AwaitAnswer(60.0, "the ERP said so"),
        ),
        # A connector's own class outside of the set: as careful as if it may have been written.
        (failed(ConnectorError), 1, Again),
        (failed(ConnectorError), 3, GiveUp),
        # The lease left no time to begin: soon, and no try is burned.
        (NotSent(), 1, Again(0.5, "its turn has not come yet", burned=False)),
        (NotSent(), 99, Again(0.5, "its turn has not come yet", burned=False)),
        # It is not there, but may be on its way: looked for again, which is no try.
        (
            NotThereYet(),
            9,
            Again(
                SETTLE,
                "the ERP answers and does not have it; it may still be at work on it",
                burned=False,
            ),
        ),
    ],
)
def test_what_follows_from_an_outcome(
    outcome: Outcome, attempt: int, expected: Verdict | type[Verdict]
) -> None:
    found = verdict(outcome, attempt, SETTLE, SETTINGS)
    if isinstance(expected, type):
        assert isinstance(found, expected)
    else:
        assert found == expected


@pytest.mark.parametrize("kind", [errors.OutcomeUnknown, ConnectorError])
def test_nobody_looks_before_the_erp_has_settled(kind: type[ConnectorError]) -> None:
    for attempt in (1, 2):
        found = verdict(failed(kind), attempt, SETTLE, SETTINGS)
        assert isinstance(found, Again)
        assert found.wait >= SETTLE


def test_an_outcome_that_stays_unknown_says_so_and_who_can_tell() -> None:
    found = verdict(failed(errors.OutcomeUnknown, erp_code="http_500"), 3, SETTLE, SETTINGS)
    assert isinstance(found, GiveUp)
    assert found.cause.message.startswith("outcome unknown: it may be in the ERP")
    assert found.cause.key == "OutcomeUnknown:http_500"
    assert "link the record or export again" in found.cause.who_can_fix


def test_only_an_erp_that_is_away_feeds_the_breaker() -> None:
    feeding = {
        kind.__name__
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, ConnectorError)
        and isinstance(found := verdict(failed(kind), 1, SETTLE, SETTINGS), Again)
        and found.counts_for_breaker
    }
    assert feeding == {"Unavailable"}


def test_an_erp_that_takes_a_request_and_is_silent_feeds_the_breaker_too() -> None:
    for silent in (True, False):
        found = verdict(failed(errors.OutcomeUnknown, silent=silent), 1, SETTLE, SETTINGS)
        assert isinstance(found, Again)
        assert found.counts_for_breaker is silent


def test_what_our_own_rules_find_says_who_can_fix_it_and_is_grouped_by_rule_and_field() -> None:
    # Given failures that differ in their lines alone, and one that breaks another rule
    def found(*places: tuple[str, str]) -> list[FieldProblem]:
        return [
            FieldProblem(field, rule, f"{field} is wrong", f"{rule}r") for field, rule in places
        ]

    first, second, both = (
        cause_of(errors.ValidationFailed("wrong", problems=found(*each)))
        for each in (
            [("content.lines[l-1].unit", "max_length"), ("content.lines[l-2].unit", "max_length")],
            [("content.lines[x].unit", "max_length")],
            [("content.vendor", "link"), ("content.lines[l-1].unit", "max_length")],
        )
    )

    # Then those alike have one key, and each names everybody who can fix it, once
    assert first.key == second.key == "ValidationFailed:max_length:content.lines.unit"
    assert both.key == "ValidationFailed:link:content.vendor,max_length:content.lines.unit"
    assert (first.who_can_fix, both.who_can_fix) == ("max_lengthr", "linkr; max_lengthr")
