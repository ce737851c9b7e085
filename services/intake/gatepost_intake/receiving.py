"""Receiving: an event becomes an item, a request to the approvers' service, or a refusal."""

from collections.abc import Sequence
from functools import lru_cache

import orjson
from pydantic import ValidationError

from gatepost.domain.content import CommitmentContent, Content
from gatepost.domain.errors import FieldProblem, NotEntitled, Refusal, StaleRevision
from gatepost.domain.items import Item, Sending
from gatepost.domain.kinds import PARENT_KIND, ItemRef, Kind
from gatepost.domain.people import Company
from gatepost.ledger import revisions, tables
from gatepost.ledger.admission import examine, read_or_refuse
from gatepost.ledger.agreements import Agreements
from gatepost.ledger.directory_events import company_of
from gatepost.ledger.repeats import is_repeated, known_events
from gatepost.ledger.work import Work
from gatepost.messages.cloud_events import Envelope
from gatepost.messages.facts import Fact
from gatepost.messages.item_events import (
    DIRECTORY_CHANGED,
    ITEM_SENT,
    ItemData,
    digest_of_event,
)
from gatepost.messages.passed_on import request_in
from gatepost.messages.requests import Receive, Review
from gatepost_intake.changing_directory import change_directory
from gatepost_intake.incoming import Incoming, Opened, open_all
from gatepost_intake.quarantining import UNINTELLIGIBLE, keep
from gatepost_intake.settings import intake_settings

SOURCE_FIXES = "the source: correct the event and send it again"


def receive_from_ledger(messages: Sequence[Receive], work: Work) -> None:
    """Take events that stand in the ledger: from the API, replayed, or patient for their parent."""
    incoming = [
        Incoming(
            body=message.body.encode(),
            publisher=message.publisher,
            channel=message.channel,
            companies=message.companies,
            patient=message.patient,
            registered=message.registered,
            kept_as=message.kept_as,
        )
        for message in messages
    ]
    receive(open_all(incoming), work)


def receive(batch: Sequence[Opened], work: Work) -> None:
    """Take a batch of events within one transaction. Nothing in it is ever raised or lost."""
    envelopes = [each.envelope for each in batch if each.envelope and not each.why_not]
    # Locked, before looking for repeats: of two consumers with the same event one waits here.
    work.load(ref.item_id for ref in map(_ref, envelopes) if ref)
    parents = [_parent(envelope) for envelope in envelopes]
    before = [*parents, *(_project(envelope) for envelope in envelopes)]
    work.load((ref.item_id for ref in before if ref), lock=False)
    agreements = Agreements(work)
    agreements.load(parents)
    seen = known_events(envelopes, work)
    for opened in batch:
        if opened.envelope is None or opened.why_not:
            _keep_unintelligible(opened, work)
            continue
        try:
            _receive_one(opened.incoming, opened.envelope, seen, agreements, work)
        except Refusal as refusal:
            _refuse(opened.incoming, opened.envelope, refusal, work)


def _receive_one(
    incoming: Incoming,
    envelope: Envelope,
    seen: dict[tuple[str, str], str],
    agreements: Agreements,
    work: Work,
) -> None:
    _may_speak(incoming, envelope)
    digest = "" if incoming.registered else digest_of_event(envelope)
    if not incoming.registered and is_repeated(envelope, digest, seen):
        return
    if envelope.type == DIRECTORY_CHANGED:
        change_directory(envelope, incoming, work)
    elif envelope.type != ITEM_SENT:
        request = request_in(envelope)
        work.item(request.item_id)  # refuses what is about nothing that is here
        work.send(request)
    elif not _send(incoming, envelope, agreements, work):
        return
    if not incoming.registered:
        seen[envelope.source, envelope.id] = digest
        _remember(envelope, digest, work)


def _send(incoming: Incoming, envelope: Envelope, agreements: Agreements, work: Work) -> bool:
    """Take what is sent. False when it has to wait for its parent's event first."""
    sending, content = read_or_refuse(envelope, work, agreements)
    item = work.find(sending.ref.item_id)
    if item and sending.revision < item.revision:
        item.send(sending, work.now)  # refuses, and says why
    admission = examine(sending, content, work, agreements)
    patience = intake_settings().parent_patience
    if admission.only_lacks_its_parent and incoming.patient and patience:
        _wait_for_parent(incoming, envelope, work, patience)
        return False
    admission.check()
    if item is None:
        item = Item.new(sending, work.now)
        work.put(item)
    elif not item.send(sending, work.now):
        return True
    _store(item, sending, incoming, envelope, _vendor_name(content, admission.company), work)
    agreements.stored(sending)
    return True


def _store(
    item: Item,
    sending: Sending,
    incoming: Incoming,
    envelope: Envelope,
    vendor: str,
    work: Work,
) -> None:
    revisions.keep(item, sending, work, vendor=vendor)
    what = "sent" if item.decision is None else "resent"
    work.record(item, what, by=sending.sent_by.email, channel=incoming.channel)
    work.tell(Fact.RECEIVED, item, received_event=envelope.id)
    work.send(Review(item_id=item.id, revision=item.revision))


def _vendor_name(content: Content, company: Company) -> str:
    vendor = isinstance(content, CommitmentContent) and company.vendors.get(content.vendor)
    return vendor.name if vendor else ""


def _wait_for_parent(incoming: Incoming, envelope: Envelope, work: Work, patience: float) -> None:
    """RabbitMQ keeps no order between consumers: a child may overtake its parent for a moment."""
    document = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "data": envelope.data,
    }
    again = Receive(
        item_id="",
        body=orjson.dumps(document).decode(),
        publisher=incoming.publisher,
        channel=incoming.channel,
        companies=incoming.companies,
        patient=False,
        registered=incoming.registered,
        kept_as=incoming.kept_as,
    )
    work.send(again, after=patience)


def _remember(envelope: Envelope, digest: str, work: Work) -> None:
    """Write down that the event was taken: from now on it is a repeat."""
    ref = _ref(envelope)
    work.add(
        tables.received_events,
        event_id=envelope.id,
        source=envelope.source,
        digest=digest,
        item_id=ref.item_id if ref else None,
        at=work.now,
    )


def _may_speak(incoming: Incoming, envelope: Envelope) -> None:
    company = company_of(envelope.data)
    if incoming.companies is not None and company not in incoming.companies:
        raise NotEntitled.because(
            f'the publisher "{incoming.publisher}" may not speak for the company {company}',
            field="company",
            who_can_fix="an operator: name the company among those the publisher may speak for",
        )


def _refuse(incoming: Incoming, envelope: Envelope, refusal: Refusal, work: Work) -> None:
    """Say no with every reason. What may be mended here and replayed is kept; stale news is not."""
    ref = _ref(envelope)
    if incoming.registered:
        work.release_event(envelope.id, envelope.source)
    if isinstance(refusal, StaleRevision):
        item = work.find(ref.item_id) if ref else None
        work.tell_refusal(ref, refusal.problems, cause=envelope.id, item=item)
        return
    keep(incoming, refusal.code, refusal.problems, envelope, work, ref=ref)


def _ref(envelope: Envelope) -> ItemRef | None:
    """The item an event names, as far as its shape allows to tell before it is checked."""
    names = [envelope.data.get(name) for name in ("company", "kind", "external_id")]
    return _named(*names) if all(isinstance(name, str) for name in names) else None


@lru_cache(maxsize=4096)  # asked several times for each event
def _named(company: str, kind: str, external_id: str) -> ItemRef | None:
    data = {"company": company, "kind": kind, "external_id": external_id}
    try:
        return ItemData.model_validate(data).ref
    except ValidationError:
        return None


def _parent(envelope: Envelope) -> ItemRef | None:
    """The parent an event names, as far as its shape allows to tell before it is checked."""
    ref, data = _ref(envelope), envelope.data
    kind = PARENT_KIND.get(ref.kind) if ref else None
    named = data.get("project") if kind is Kind.PROJECT else data.get("parent")
    if ref is None or kind is None or not isinstance(named, str):
        return None
    return ItemRef(ref.company, kind, named)


def _project(envelope: Envelope) -> ItemRef | None:
    """The project an event names, as far as its shape allows to tell before it is checked."""
    ref, named = _ref(envelope), envelope.data.get("project")
    return ItemRef(ref.company, Kind.PROJECT, named) if ref and isinstance(named, str) else None


def _keep_unintelligible(opened: Opened, work: Work) -> None:
    problem = FieldProblem("", UNINTELLIGIBLE, opened.why_not, SOURCE_FIXES)
    ref = _ref(opened.envelope) if opened.envelope else None
    keep(opened.incoming, UNINTELLIGIBLE, [problem], opened.envelope, work, ref=ref)
