"""Questions to an ERP: whether one may be asked now, asking it, and what its answer says of the ERP."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gatepost.connectors.errors import (
    ConfigurationError,
    ConnectorError,
    Permanent,
    Unavailable,
)
from gatepost.ledger import gates, tables
from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Claimed, Work
from gatepost_exporter import breaker
from gatepost_exporter.calls import Line
from gatepost_exporter.lines import Lines
from gatepost_exporter.outcomes import PAUSED_WAIT, Failed, NotSent
from gatepost_exporter.preparing import MINUTE_WAIT, SLOT_WAIT, until_it_calls
from gatepost_exporter.settings import ExporterSettings


@dataclass(frozen=True, slots=True)
class Question:
    """Something an ERP is asked; reading is always safe to repeat."""

    message: Claimed
    line: Line
    ask: Callable[[], Any]
    asked_of: datetime | None = None  # when the item it is about was last changed


@dataclass(frozen=True, slots=True)
class Told:
    """What the ERP answered, as its connector gives it."""

    value: Any


Reply = Told | Failed | NotSent


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing can be asked just now. ``brief`` means: only until a call of others is over.

    ``token``: the ERP calls in, and the question may be taken when it does.
    """

    seconds: float
    why: str
    brief: bool = False
    token: str | None = None

    def hold(self, one: Claimed) -> Hold:
        """The question put off; waiting is not failing."""
        return Hold(one.id, self.seconds, self.why, max(0, one.attempts - 1), self.token)


def way_to(company: str, work: Work, lines: Lines, settings: ExporterSettings) -> Line | Closed:
    """The line to a company's ERP, or what stands in its way."""
    entry = work.directory.connection_of(company)
    gate = _gate(company, entry.key, work) if entry else None
    if entry is None or gate is None:
        return Closed(PAUSED_WAIT, "the company has no ERP connection")
    if gate["paused"]:
        return Closed(PAUSED_WAIT, f"the connection is paused: {gate['paused_because']}")
    try:
        if not lines.serves(entry):
            seconds, why, token = until_it_calls(entry, gate, work)
            return Closed(seconds, why, token=token)
    except ConfigurationError as error:
        gates.pause(work, entry.company, entry.key, error.message)
        return Closed(PAUSED_WAIT, error.message)
    until = gate["open_until"]
    if until is not None:
        seconds = (until - work.now).total_seconds()
        if seconds > 0:
            why = f"the ERP does not answer; it is tried again at {until:%H:%M:%S} UTC"
            return Closed(seconds + random.uniform(0, 1), why)
        breaker.goes_to_see(work, gate, settings)
    try:
        line = lines.open(entry, calm=breaker.is_calm(gate, work))
    except ConfigurationError as error:
        gates.pause(work, entry.company, entry.key, error.message)
        return Closed(PAUSED_WAIT, error.message)
    wait = random.uniform(0.5, 1.5)
    if line is None:
        why = f"all {entry.in_flight} calls to the ERP are in use"
        return Closed(SLOT_WAIT * wait, why, brief=True)
    if not lines.within_the_minute(line, 1):
        why = f"the limit of {entry.per_minute} calls a minute"
        return Closed(MINUTE_WAIT * wait, why, brief=True)
    return line


def put(question: Question, lines: Lines) -> Reply:
    """Ask, in a slot of the connection's; ``NotSent`` when others have them all."""
    slots = lines.a_slot(question.line)
    if not slots.count:
        return NotSent()
    try:
        return Told(question.ask())
    except ConnectorError as error:
        return Failed(error)
    except Exception as error:  # a fault of the connector
        return Failed(ConnectorError(f"the connector failed: {type(error).__name__}: {error}"))
    finally:
        lines.limits.give_back(question.line.name, slots.names)


def note_gate(question: Question, reply: Reply, work: Work, settings: ExporterSettings) -> None:
    """What a reply says of the ERP as a whole: it answers, it does not, or it may not be asked."""
    line = question.line
    match reply:
        case Told() | Failed(error=Permanent()):
            breaker.answered(work, line)
        case Failed(error=Unavailable()):
            breaker.unanswered(work, line, 1, settings)
        case Failed(error=ConfigurationError(message=why)):
            gates.pause(work, line.company, line.connection, why)


def _gate(company: str, key: str, work: Work) -> sa.RowMapping | None:
    table = tables.connections
    rows = work.rows(table, (table.c.company == company) & (table.c.key == key))
    return rows[0] if rows else None
