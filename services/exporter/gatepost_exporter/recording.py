"""Recording what came of the calls: the item's state, its history, what the outside is told."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import assert_never

from gatepost.connectors.errors import AnswerAwaited, Busy, Permanent
from gatepost.domain.items import Cause, Item, Origin
from gatepost.domain.kinds import PARENT_KIND
from gatepost.domain.lifecycle import State
from gatepost.domain.policies import synced_addressees
from gatepost.ledger import gates, tables
from gatepost.ledger.exports import release_children
from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Work
from gatepost.messages.facts import Fact, failed_export
from gatepost.messages.requests import TellOfFailure, TellOfSync
from gatepost_exporter import breaker
from gatepost_exporter.calls import ExportCall
from gatepost_exporter.outcomes import (
    PAUSED_WAIT,
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
    verdict,
)
from gatepost_exporter.settings import ExporterSettings

BY = "exporter"


class Recording:
    """One group of outcomes, within its transaction."""

    def __init__(self, work: Work, settings: ExporterSettings) -> None:
        self._work = work
        self._settings = settings
        self._holds: list[Hold] = []

    def run(self, outcomes: Sequence[tuple[ExportCall, Outcome]]) -> list[Hold]:
        """Write the outcomes; gives what is to be tried again later."""
        self._work.load(call.message.message.item_id for call, _ in outcomes)
        for call, outcome in outcomes:
            found = verdict(outcome, call.attempt, call.line.settle, self._settings)
            self._note_attempt(call, outcome, found)
            item = self._work.item(call.item.mark)
            if item.state is State.EXPORTING:
                self._apply(found, outcome, call, item)
        self._move_gates(outcomes)
        done = [call for call, outcome in outcomes if isinstance(outcome, Done)]
        release_children([call.item.mark for call in done if _may_have(call)], self._work)
        return self._holds

    def _apply(self, found: Verdict, outcome: Outcome, call: ExportCall, item: Item) -> None:
        item.unsettled = isinstance(outcome, NotThereYet) or (
            isinstance(outcome, Failed) and outcome.is_unsettled
        )
        if isinstance(outcome, NotSent):
            item.unsettled = call.look_first
        match found:
            case Synced(origin, adopted):
                self._synced(item, origin, adopted)
            case Again(wait, why, burned):
                self._again(item, call, wait, why, burned=burned)
            case GiveUp(cause):
                self._failed(item, cause)
            case PauseConnection(why):
                gates.pause(self._work, call.line.company, call.line.connection, why)
                why = f"the connection is paused: {why}"
                self._again(item, call, PAUSED_WAIT, why, burned=False)
            case WaitForParent():
                item.attempts -= 1
                self._again(item, call, self._settings.first_wait, "its parent", burned=True)
            case AwaitAnswer(wait, why):
                item.attempts = max(1, item.attempts - 1)  # it was called: that is not forgotten
                item.waits_for = why
                self._holds.append(Hold(call.message.id, wait, why, 0))
            case _:
                assert_never(found)

    def _synced(self, item: Item, origin: Origin, adopted: bool) -> None:
        item.exported(origin, self._work.now)
        self._work.record(item, "synced", by=BY, channel="erp", origin=origin.id, adopted=adopted)
        lines = [{"external_id": name, "id": id} for name, id in origin.lines]
        told = {"id": origin.id, "code": origin.code, "data": origin.data, "lines": lines}
        self._work.tell(Fact.SYNCED, item, origin=told)
        if synced_addressees(item, self._work.directory.company(item.company)):
            self._work.send(TellOfSync(item_id=item.id, revision=item.revision))

    def _again(self, item: Item, call: ExportCall, wait: float, why: str, *, burned: bool) -> None:
        if not burned:
            item.attempts -= 1
        next_try = min(item.attempts + 1, self._settings.attempts)
        item.waits_for = f"{why}; try {next_try} of {self._settings.attempts}"
        self._holds.append(Hold(call.message.id, wait, why, 0))

    def _failed(self, item: Item, cause: Cause) -> None:
        item.export_failed(cause, self._work.now)
        self._work.record(
            item, "failed to export", by=BY, channel="erp", comment=cause.message, cause=cause.key
        )
        told = asdict(cause)
        told["class"] = told.pop("cls")
        event = self._work.tell(Fact.FAILED, item, cause=told, attempts=item.attempts)
        self._work.publish(failed_export(event))
        self._work.send(TellOfFailure(item_id=item.id, revision=item.revision))

    def _note_attempt(self, call: ExportCall, outcome: Outcome, found: Verdict) -> None:
        error = outcome.error if isinstance(outcome, Failed) else None
        self._work.change(
            tables.export_attempts,
            call.attempt_id,
            finished_at=self._work.now,
            outcome=type(error).__name__ if error else type(outcome).__name__,
            erp_code=error.erp_code if error else None,
            message=error.message if error else _said(found),
        )

    def _move_gates(self, outcomes: Sequence[tuple[ExportCall, Outcome]]) -> None:
        """A group that brought any answer closes the breaker; one without feeds it."""
        lines = {call.line.name: call.line for call, _ in outcomes}
        for name, line in lines.items():
            of_line = [outcome for call, outcome in outcomes if call.line.name == name]
            silent = [each for each in of_line if _is_silence(each, self._settings)]
            if any(map(_is_answer, of_line)):
                breaker.answered(self._work, line)
            elif silent:
                breaker.unanswered(self._work, line, len(silent), self._settings)


def _said(found: Verdict) -> str:
    """What is noted of an attempt without an error."""
    return found.why if isinstance(found, Again) else type(found).__name__


def _may_have(call: ExportCall) -> bool:
    """Whether other items wait for one of this kind."""
    return call.item.kind in PARENT_KIND.values()


def _is_answer(outcome: Outcome) -> bool:
    """Whether the ERP is there: a no is an answer, too."""
    said = Permanent | Busy | AnswerAwaited
    return isinstance(outcome, Done | NotThereYet) or (
        isinstance(outcome, Failed) and isinstance(outcome.error, said)
    )


def _is_silence(outcome: Outcome, settings: ExporterSettings) -> bool:
    found = verdict(outcome, 1, 0.0, settings)
    return isinstance(found, Again) and found.counts_for_breaker
