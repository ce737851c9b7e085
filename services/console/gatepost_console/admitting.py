"""Whether an event may be taken: the checks of the intake, made while its sender waits."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from gatepost.domain.errors import Conflict, NotEntitled, Refusal
from gatepost.domain.items import Item
from gatepost.domain.kinds import ItemRef
from gatepost.ledger import tables
from gatepost.ledger.admission import examine, project_beside, read_or_refuse
from gatepost.ledger.judging import judge
from gatepost.ledger.work import Work
from gatepost.messages.cloud_events import Envelope, read
from gatepost.messages.item_events import (
    DIRECTORY_CHANGED,
    ITEM_SENT,
    ItemData,
    check_type,
    digest_of_event,
    read_data,
    read_sent,
)
from gatepost.messages.passed_on import request_in
from gatepost.messages.requests import Receive
from gatepost_console.admitting_directory import admit_directory
from gatepost_console.signin import Caller


def admit(envelope: Envelope, caller: Caller, work: Work) -> ItemRef | None:
    """The item an event is about, if the intake would take it; None: it is about the directory.

    Raises:
        Unintelligible, Refusal: it would not; every reason is in it.

    """
    check_type(envelope)
    if envelope.type == DIRECTORY_CHANGED:
        admit_directory(envelope, caller)
        return None
    return (
        _admit_sent(envelope, work) if envelope.type == ITEM_SENT else _admit_other(envelope, work)
    )


def _admit_sent(envelope: Envelope, work: Work) -> ItemRef:
    sending, content = read_or_refuse(envelope, work)
    # Asked before the item is looked for: what is being taken just now is in one of the two places.
    before = {"parent_sent": sending.parent_ref, "project_known": project_beside(sending)}
    announced = _announced([sending.ref, *filter(None, before.values())], work)
    expected = _as_announced(sending.ref, announced.get(sending.ref.item_id, ()), work)
    if expected:
        expected.item.send(sending, work.now)  # refuses what is stale or a conflict
    admission = examine(sending, content, work)
    coming = {rule for rule, ref in before.items() if ref and ref.item_id in announced}
    if not admission.lacking <= coming:
        admission.check()
    return sending.ref


def _admit_other(envelope: Envelope, work: Work) -> ItemRef:
    """A decision or a retrieval: held against the rules that the approvers' service holds it against."""
    request, ref = request_in(envelope), read_data(ItemData, envelope).ref
    expected = _as_announced(ref, _announced([ref], work).get(ref.item_id, ()), work)
    if expected is None:
        work.item(ref.item_id)  # says that it is not there
    else:
        judge(request, expected.item, work, expected.content)
    return ref


def register(envelope: Envelope, ref: ItemRef | None, work: Work) -> bool:
    """Write the event's id down. False when the same event came before.

    Written at once, not with the other effects: of several that come at the same time the database
    lets one pass and makes the others wait for it.

    Raises:
        Conflict: another event came under the same id.

    """
    row = {
        "event_id": envelope.id,
        "source": envelope.source,
        "digest": digest_of_event(envelope),
        "item_id": ref.item_id if ref else None,
        "at": work.now,
    }
    if work.statements.insert(work.connection, tables.received_events, [row]):
        return True
    same = (tables.received_events.c.event_id == envelope.id) & (
        tables.received_events.c.source == envelope.source
    )
    if work.rows(tables.received_events, same)[0]["digest"] == row["digest"]:
        return False
    raise Conflict.because(
        f"another event came from {envelope.source} under the id {envelope.id}",
        field="id",
        who_can_fix="the source: give each event an id of its own",
    )


def as_document(envelope: Envelope) -> dict[str, Any]:
    """The event in structured mode: how it stands in the ledger, whichever mode it came in."""
    document = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "data": envelope.data,
    }
    return {**document, "traceparent": envelope.traceparent} if envelope.traceparent else document


def must_speak_for(envelope: Envelope, caller: Caller) -> None:
    """Pass, or refuse: a token speaks for its own company, and a person for themselves.

    What is of the wrong shape is passed: it is refused for that.

    Raises:
        NotEntitled: the event is another company's, or names another person.

    """
    data = envelope.data
    company = data.get("company")
    if isinstance(company, str) and company != caller.company.key:
        raise NotEntitled.because(
            f"the token {caller.token.label} may not speak for the company {company[:100]}",
            field="data.company",
            who_can_fix=f"an operator: it is a token of {caller.company.key}",
        )
    field, person = "by", data.get("by")
    if envelope.type == ITEM_SENT:
        sender = data.get("sent_by")
        field, person = "sent_by", sender.get("email") if isinstance(sender, dict) else None
    speaks = caller.person
    if speaks is not None and isinstance(person, str) and speaks.email != person.lower():
        raise NotEntitled.because(
            f"the event names {person[:320]}, the request speaks for {speaks.email}",
            field=f"data.{field}",
            who_can_fix="the caller: name the same person in both",
        )


def _announced(refs: Sequence[ItemRef], work: Work) -> dict[str, list[Receive]]:
    """The events about items that wait to be taken, in their order: the intake has them soon."""
    waiting = sa.select(tables.messages.c.item_id, tables.messages.c.body).where(
        tables.messages.c.item_id.in_([ref.item_id for ref in refs]),
        tables.messages.c.type == sa.literal_column(f"'{Receive.TYPE}'"),  # as its index says it
    )
    found: dict[str, list[Receive]] = {}
    for row in work.connection.execute(waiting.order_by(tables.messages.c.id)):
        found.setdefault(row.item_id, []).append(Receive.model_validate(row.body))
    return found


@dataclass(slots=True)
class _Expected:
    """An item as it will stand, a copy; what it says then, where that is not stored yet."""

    item: Item
    content: dict[str, Any] | None = None


def _as_announced(ref: ItemRef, announced: Sequence[Receive], work: Work) -> _Expected | None:
    """An item as it will stand once what waits for it is taken; None: there will be none."""
    stored = work.find(ref.item_id, lock=False)
    expected = _Expected(replace(stored)) if stored else None
    for each in announced:
        envelope = read(each.body.encode())
        if envelope.type != ITEM_SENT:
            continue
        sending, _ = read_sent(envelope)
        if expected is None:
            expected = _Expected(Item.new(sending, work.now), sending.content)
            continue
        with suppress(Refusal):  # the intake refuses it likewise
            if expected.item.send(sending, work.now):
                expected.content = sending.content
    return expected
