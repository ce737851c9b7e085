"""Looking up whether the ERP still has an item's record: to unlink it, or to note that it is gone."""

from datetime import datetime
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from gatepost.connectors.errors import ConnectorError, OutcomeUnknown, Permanent, Transient
from gatepost.connectors.port import Connector, ErpRecord
from gatepost.domain.erp_records import RecordKind
from gatepost.domain.errors import NotAllowed, Refusal
from gatepost.domain.items import Item
from gatepost.domain.lifecycle import State, Step, allowed
from gatepost.domain.linking import unlink
from gatepost.ledger import erp_records as staged
from gatepost.ledger import tables
from gatepost.ledger.ledger import Hold
from gatepost.ledger.tables import history
from gatepost.ledger.work import Claimed, Work
from gatepost.messages.facts import Fact
from gatepost.messages.requests import LookUp, Purpose
from gatepost.runtime.service import Prepared
from gatepost.runtime.waiting import growing_wait
from gatepost_exporter.comparing import BY, compare, note
from gatepost_exporter.lines import Lines
from gatepost_exporter.outcomes import UNSENT_WAIT, Failed, NotSent
from gatepost_exporter.questions import Closed, Question, Reply, way_to
from gatepost_exporter.settings import ExporterSettings

_NOT_COMPARED: Final = "could not be compared with the ERP"


def prepare(
    one: Claimed, request: LookUp, work: Work, lines: Lines, settings: ExporterSettings
) -> Prepared:
    """The question for an item; none when it moved on, or when the ERP may not be asked."""
    item = work.find(request.item_id)
    if item is None or item.origin is None or not _is_open(item, request):
        if item:
            _refuse(request, item, _moved_on(item), work)
        return Prepared(done=[one.id])
    way = way_to(item.company, work, lines, settings)
    if isinstance(way, Closed):
        if request.reply_to and not (way.brief or way.token):
            _refuse(request, item, _not_asked(item, way.why), work)
            return Prepared(done=[one.id])
        return Prepared(holds=[way.hold(one)])
    ask = partial(_found, way.connector, item, by_mark=request.purpose != Purpose.SYNC)
    return Prepared(calls=[Question(one, way, ask, asked_of=item.updated_at)])


def record(
    question: Question, request: LookUp, reply: Reply, work: Work, settings: ExporterSettings
) -> list[Hold]:
    """Do what was to be done if the record is gone, or say that it is not."""
    item = work.item(request.item_id)
    attempts = question.message.attempts
    if isinstance(reply, NotSent):
        return [Hold(question.message.id, UNSENT_WAIT, "its turn has not come yet", attempts - 1)]
    if request.purpose != Purpose.SYNC:
        _unlink(request, item, reply, question.asked_of, work)
    elif isinstance(reply, Failed):
        return _again(question, item, reply.error, work, settings)
    elif reply.value is None:
        note(work, item, [], gone=True)
    else:
        compare(work, question.line.connector, {item.id: reply.value})
    return []


def _is_open(item: Item, request: LookUp) -> bool:
    """Whether what may follow from the answer still can: only what is synced is compared."""
    if request.purpose == Purpose.SYNC:
        return item.state is State.SYNCED
    return Step.UNLINK in allowed(item.state)


def _found(connector: Connector, item: Item, *, by_mark: bool) -> ErpRecord | str | None:
    """The record, or the id of another one that has the item's mark; None when there is neither."""
    assert item.origin is not None, "only what is linked is looked up"  # noqa: S101
    if record := connector.look_up(RecordKind(item.kind), item.origin.id):
        return record
    marked = connector.find(item.id, item.kind) if by_mark else ()
    return marked[0].id if marked else None


def _again(
    question: Question, item: Item, error: ConnectorError, work: Work, settings: ExporterSettings
) -> list[Hold]:
    """A sync looks again a few times; the next sync will look anyway."""
    attempts = question.message.attempts
    if isinstance(error, Permanent):
        _cannot_be_told(item, error, work)
    if not isinstance(error, Transient | OutcomeUnknown) or attempts >= settings.attempts:
        return []
    wait = growing_wait(settings.first_wait, attempts, settings.longest_wait)
    return [Hold(question.message.id, wait, error.message, attempts)]


def _cannot_be_told(item: Item, error: Permanent, work: Work) -> None:
    """Keep why nothing is known of the ERP's record in the item's history: once, not at each sync."""
    said = f"{error.message} ({error.who_can_fix})"
    entries = sa.select(history.c.what, history.c.comment).where(history.c.item_id == item.id)
    latest = work.connection.execute(entries.order_by(history.c.id.desc()).limit(1)).first()
    if latest is None or tuple(latest) != (_NOT_COMPARED, said):
        work.record(item, _NOT_COMPARED, by=BY, channel="erp", comment=said)


def _unlink(
    request: LookUp, item: Item, reply: Reply, asked_of: datetime | None, work: Work
) -> None:
    person = work.directory.company(item.company).must_know(request.by)
    try:
        if isinstance(reply, Failed):
            raise _not_asked(item, reply.error.message, reply.error)
        if not isinstance(reply, NotSent) and reply.value is not None:
            raise _still_there(item, reply.value)
        if item.updated_at != asked_of:  # it may have another record by now than the one asked for
            raise _moved_on(item)
        origin, changed = item.origin, unlink(item, person, work.now)
    except Refusal as refusal:
        _refuse(request, item, refusal, work)
        return
    if changed and origin:
        work.record(item, "unlinked", by=request.by, channel=request.channel, origin=origin.id)
        work.tell(Fact.UNLINKED, item, by=request.by, channel=request.channel)
        staged.forget(work, item.company, item.kind, origin.id)
    _answer(request, item, "done" if changed else "unchanged", (), work)


def _refuse(request: LookUp, item: Item, refusal: Refusal, work: Work) -> None:
    if not request.reply_to and request.purpose == Purpose.SYNC:
        return
    work.record(
        item, "unlink refused", by=request.by, channel=request.channel, comment=str(refusal)
    )
    _answer(request, item, refusal.code, refusal.problems, work)


def _answer(request: LookUp, item: Item, outcome: str, problems: Any, work: Work) -> None:  # noqa: ANN401 - field problems
    """Tell the caller who waits for the request that led here."""
    if request.reply_to:
        work.add(
            tables.answers,
            message_id=request.reply_to,
            item_id=item.id,
            outcome=outcome,
            problems=list(problems),
            at=work.now,
        )


def _still_there(item: Item, found: ErpRecord | str) -> NotAllowed:
    named = f"under its mark, as {found}" if isinstance(found, str) else f"as {found.origin.id}"
    return NotAllowed.because(
        f"the ERP still has {item.label} {named}, so it cannot be unlinked",
        field="state",
        who_can_fix="accounting: delete it in the ERP, then unlink it",
    )


def _not_asked(item: Item, why: str, error: ConnectorError | None = None) -> NotAllowed:
    in_time = "an accounting approver: try again once the ERP answers"
    return NotAllowed.because(
        f"the ERP could not be asked whether it still has {item.label}: {why}",
        field="state",
        who_can_fix=error.who_can_fix if isinstance(error, Permanent) else in_time,
    )


def _moved_on(item: Item) -> NotAllowed:
    return NotAllowed.because(
        f"{item.label} has moved on: it is {item.state} now",
        field="state",
        who_can_fix="an accounting approver: look at it again",
    )
