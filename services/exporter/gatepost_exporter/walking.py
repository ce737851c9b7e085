"""Walking through the ERP's records: a page is read, written down, and the next one asked for."""

from dataclasses import replace
from functools import partial
from typing import Final

from gatepost.connectors.errors import (
    Busy,
    ConfigurationError,
    ConnectorError,
    DependencyNotReady,
    OutcomeUnknown,
    Transient,
)
from gatepost.connectors.port import RecordPage
from gatepost.domain.erp_records import RecordKind
from gatepost.ledger import erp_readings
from gatepost.ledger.erp_readings import Reading, change
from gatepost.ledger.ledger import Hold
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.requests import LookUp, Purpose, ReadErp
from gatepost.runtime.service import Prepared
from gatepost.runtime.waiting import growing_wait
from gatepost_exporter.calls import Line
from gatepost_exporter.comparing import compare
from gatepost_exporter.lines import Lines
from gatepost_exporter.outcomes import PAUSED_WAIT, UNSENT_WAIT, Failed, NotSent
from gatepost_exporter.questions import Closed, Question, Reply, way_to
from gatepost_exporter.settings import ExporterSettings
from gatepost_exporter.staging import mark_gone, stage, unseen_items

_PASSES: Final = (Transient, OutcomeUnknown, DependencyNotReady)  # what a wait may mend


def prepare(
    one: Claimed, request: ReadErp, work: Work, lines: Lines, settings: ExporterSettings
) -> Prepared:
    """The question for a page; none when the message is outdated or the ERP may not be asked."""
    reading = erp_readings.current(work, request, one.id)
    if reading is None:
        return Prepared(done=[one.id])
    way = way_to(request.company, work, lines, settings)
    if isinstance(way, Closed):
        if not way.brief:
            change(work, reading, error=way.why)
        return Prepared(holds=[way.hold(one)])
    kind = RecordKind(request.kinds[0])
    if kind not in way.connector.profile.listable:  # a sync looks these up one by one
        _finish_kind(work, reading, request, kind)
        return Prepared(done=[one.id])
    ask = partial(way.connector.list_records, kind, request.cursor)
    return Prepared(calls=[Question(one, way, ask)])


def record(
    question: Question, request: ReadErp, reply: Reply, work: Work, settings: ExporterSettings
) -> list[Hold]:
    """Write a page down and ask for the next; gives the message back when it must be tried again."""
    reading = erp_readings.current(work, request, question.message.id)
    if reading is None:
        return []
    attempts = max(0, question.message.attempts - 1)  # waiting is not failing
    match reply:
        case NotSent():
            return [Hold(question.message.id, UNSENT_WAIT, "its turn has not come yet", attempts)]
        case Failed(error):
            wait = _wait(error, reading, settings)
            if wait is None:
                change(work, reading, error=error.message, finished_at=work.now)
                return []
            change(work, reading, error=error.message, tries=reading.tries + 1)
            return [Hold(question.message.id, wait, error.message, attempts)]
    _page_read(work, question.line, reading, request, reply.value)
    return []


def _wait(error: ConnectorError, reading: Reading, settings: ExporterSettings) -> float | None:
    """Seconds until the same page is asked for again; None when that would be no use."""
    if isinstance(error, ConfigurationError):
        return PAUSED_WAIT
    if not isinstance(error, _PASSES):
        return None
    asked = error.retry_after if isinstance(error, Busy | Transient) else None
    return asked or growing_wait(settings.first_wait, reading.tries + 1, settings.longest_wait)


def _page_read(
    work: Work, line: Line, reading: Reading, request: ReadErp, page: RecordPage
) -> None:
    kind = RecordKind(request.kinds[0])
    linked = stage(work, reading, kind, page.records)
    if reading.purpose == Purpose.SYNC:
        compare(work, line.connector, linked)
    read = replace(reading, pages=reading.pages + 1, records=reading.records + len(page.records))
    change(work, reading, pages=read.pages, records=read.records, tries=0, error="")
    if page.next_cursor is None:
        _finish_kind(work, read, request, kind)
    elif page.next_cursor == request.cursor:
        why = f"the ERP's list of {kind.words}s leads back to where it was"
        change(work, read, error=why, finished_at=work.now)
    else:
        _go_on(work, read, request.model_copy(update={"cursor": page.next_cursor}))


def _finish_kind(work: Work, reading: Reading, request: ReadErp, kind: RecordKind) -> None:
    """A kind is read to its end: what was not come across is gone, or is looked up."""
    if reading.purpose == Purpose.REFRESH:
        mark_gone(work, reading, kind)
    else:
        unseen = unseen_items(work, reading, kind)
        for item_id in unseen:
            work.send(LookUp(item_id=item_id, purpose=Purpose.SYNC))
        change(work, reading, records=reading.records + len(unseen))
    rest = request.kinds[1:]
    if rest:
        _go_on(work, reading, request.model_copy(update={"kinds": rest, "cursor": None}))
    else:
        change(work, reading, finished_at=work.now, error="")


def _go_on(work: Work, reading: Reading, request: ReadErp) -> None:
    change(work, reading, message_id=work.send(request), kind=request.kinds[0])
