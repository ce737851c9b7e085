"""A call to an ERP: what it is about, and making it, looking first where an earlier one is unsettled."""

import time
from dataclasses import dataclass, replace

from gatepost.connectors.errors import (
    ConnectorError,
    OutcomeUnknown,
    Permanent,
)
from gatepost.connectors.port import Connector, ExportItem, Found, Refused, Safety
from gatepost.ledger.directory import ConnectionEntry
from gatepost.ledger.work import Claimed
from gatepost.runtime.outside import boottime
from gatepost_exporter.outcomes import Done, Failed, NotSent, NotThereYet, Outcome


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one ERP for one parcel."""

    entry: ConnectionEntry
    connector: Connector
    settle: float
    calm: bool  # its gate needs no news of an answer

    @property
    def company(self) -> str:
        return self.entry.company

    @property
    def connection(self) -> str:
        return self.entry.key

    @property
    def name(self) -> str:
        return f"{self.entry.company}/{self.entry.key}"


@dataclass(frozen=True, slots=True)
class ExportCall:
    """One attempt, written down before it is made."""

    message: Claimed
    item: ExportItem
    look_first: bool
    looked: bool  # an earlier look was answered: what is not there now was never written
    attempt: int
    attempt_id: str
    line: Line
    objection: Permanent | None = None  # why it must not be written, unless it is there already


class NotAsShown(Permanent):
    """What would be written is not what was shown when it was accepted."""

    who_can_fix = "an accounting approver: look at what would be written now, and retry"


def make(call: ExportCall, deadline: float) -> tuple[Outcome, float]:
    """Make the call, unless its lease leaves no time; gives the outcome and the seconds it took.

    The deadline is read right before sending, on a clock that goes on while the machine sleeps: a
    frozen worker must not send after its lease.
    """
    if boottime() > deadline:
        return NotSent(), 0.0
    begun = time.perf_counter()
    try:
        outcome: Outcome = _exported(call, deadline)
    except ConnectorError as error:
        outcome = Failed(error)
    except Exception as error:  # a fault of the connector: it may have been sent
        outcome = Failed(OutcomeUnknown(f"the connector failed: {type(error).__name__}: {error}"))
    return outcome, time.perf_counter() - begun


def _exported(call: ExportCall, deadline: float) -> Outcome:
    connector, item = call.line.connector, call.item
    if call.look_first:
        try:
            found = connector.resolve(item)
        except ConnectorError as error:
            return Failed(error, looking=True)
        if isinstance(found, Refused):
            raise found.error
        if isinstance(found, Found) and found.is_current:
            return Done(found.origin, adopted=True)
        if boottime() > deadline:
            return NotSent()
        if found is None and connector.safety is Safety.FIND_FIRST and not call.looked:
            return NotThereYet()
        if found is not None:
            item = replace(item, origin=found.origin)
    if call.objection:
        raise call.objection
    return Done(connector.update(item) if item.origin else connector.create(item))
