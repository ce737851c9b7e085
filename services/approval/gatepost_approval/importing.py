"""Importing: what people want done with a record the ERP has: add it to the source, link it, put it away."""

import re
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from gatepost.domain import linking
from gatepost.domain.amounts import must_not_take_two
from gatepost.domain.erp_records import StagedRecord, item_marked
from gatepost.domain.errors import Conflict, NotAllowed, Refusal
from gatepost.domain.items import Item, Origin
from gatepost.domain.lifecycle import State
from gatepost.domain.people import Company, Person
from gatepost.domain.policies import synced_addressees
from gatepost.ledger import erp_records, tables
from gatepost.ledger.exports import release_children
from gatepost.ledger.searching import words_for
from gatepost.ledger.work import Work
from gatepost.messages.facts import Fact
from gatepost.messages.requests import DecideRecord, RecordAction, TellOfSync


def decide_record(request: DecideRecord, work: Work) -> None:
    """Do what is asked, or say why not."""
    try:
        record = erp_records.locked(work, request.record_id)
        company = work.directory.company(record.company)
        person = company.must_know(request.by)
        changed = ACTIONS[request.action](request, record, company, person, work)
    except Refusal as refusal:
        work.answer("refused", refusal)
    else:
        if changed:
            erp_records.keep(work, record)
        work.answer("done" if changed else "unchanged")


def add_to_source(
    request: DecideRecord, record: StagedRecord, company: Company, person: Person, work: Work
) -> bool:
    """Make an item of the record, in the ERP already, and ask the source to create it too."""
    record.must_be_free(person)
    _must_be_nobodys(record, work)
    _must_be_no_copy(record, work)
    parent = _parent_of(record, work)
    external_id = request.external_id or f"erp:{record.origin_id}"
    _must_be_sendable(external_id)
    item = linking.imported(record, external_id, parent, person, work.now)
    if known := work.find(item.id):
        raise Conflict.because(
            f"there is {known.label} with the id {external_id} already",
            field="external_id",
            who_can_fix="the approver: link that item, or give the id the source uses for this one",
        )
    work.put(item)
    work.add(
        tables.revisions,
        item_id=item.id,
        revision=item.revision,
        content=record.data,
        header=None,
        at=work.now,
        words=words_for(item.company, item.number, item.title, item.external_id),
    )
    record.tie(item.id)
    work.record(item, "imported", by=person.email, channel=request.channel, origin=record.origin_id)
    told = {
        "id": record.id,
        "connection": record.connection,
        "name": record.name,
        "origin": _told(record.origin),
        "data": record.data,
    }
    work.tell(Fact.ERP_RECORD_IMPORTED, item, by=person.email, channel=request.channel, record=told)
    return True


def link(
    request: DecideRecord, record: StagedRecord, company: Company, person: Person, work: Work
) -> bool:
    """Tie the record to an item there is already; its own settles a change that was made in the ERP."""
    item = work.item(request.item_id)
    is_its_own = record.item_id == item.id and item.origin and item.origin.id == record.origin_id
    if is_its_own and item.state is State.SYNCED:
        return False
    if is_its_own:
        record.must_be_there()
    else:
        record.must_be_free(person)
        _must_be_nobodys(record, work)
        _must_fit(item, record)
    item.must_be_acceptable_to(person, company)  # what is linked counts as accepted
    must_not_take_two(item.total, company.settings)
    linking.link(item, record.origin, person, work.now)
    record.tie(item.id)
    work.record(item, "linked", by=person.email, channel=request.channel, origin=record.origin_id)
    assert item.origin is not None, "it was linked just now"  # noqa: S101
    work.tell(Fact.SYNCED, item, origin=_told(item.origin))
    if synced_addressees(item, company):
        work.send(TellOfSync(item_id=item.id, revision=item.revision))
    release_children([item.id], work)
    return True


def archive(
    request: DecideRecord, record: StagedRecord, company: Company, person: Person, work: Work
) -> bool:
    linking.must_keep_lists(person)
    return record.archive() and _noted("archived", request, record, work)


def unarchive(
    request: DecideRecord, record: StagedRecord, company: Company, person: Person, work: Work
) -> bool:
    linking.must_keep_lists(person)
    return record.unarchive() and _noted("unarchived", request, record, work)


ACTIONS: Final[
    dict[RecordAction, Callable[[DecideRecord, StagedRecord, Company, Person, Work], bool]]
] = {
    RecordAction.IMPORT: add_to_source,
    RecordAction.LINK: link,
    RecordAction.ARCHIVE: archive,
    RecordAction.UNARCHIVE: unarchive,
}


def _must_be_sendable(external_id: str) -> None:
    """Pass, or refuse an id under which no source could ever send the item."""
    if not re.fullmatch(r"[^/\s]{1,200}", external_id):
        raise NotAllowed.because(
            f"no source can send an item with the id {external_id[:200]!r}: it has blanks or slashes",
            field="external_id",
            who_can_fix="the approver: give the id the source uses for it",
        )


def _parent_of(record: StagedRecord, work: Work) -> Item | None:
    """The item above it, which must be in the ERP for Gatepost, too."""
    parent_id = erp_records.parent_item_id(work.connection, record)
    if parent_id:
        return work.item(parent_id)
    if record.parent is not None or record.belongs_nowhere:
        raise NotAllowed.because(
            f"no item is linked to what {record.label} belongs to in the ERP"
            + (f": {record.parent}" if record.parent else ""),
            field="parent",
            who_can_fix="an accounting approver: import or link what it belongs to first",
        )
    return None


def _must_be_nobodys(record: StagedRecord, work: Work) -> None:
    """Pass, or refuse a record an item was tied to since it was read: one record, one item."""
    of_record = sa.and_(
        tables.items.c.company == record.company,
        tables.items.c.kind == record.kind,
        tables.items.c.origin_id == record.origin_id,
    )
    if owners := work.rows(tables.items, of_record):
        raise NotAllowed.because(
            f"{record.label} is the record of {owners[0]['number'] or owners[0]['external_id']}",
            field="state",
            who_can_fix="an accounting approver: look at the item it is linked to",
        )


def _must_be_no_copy(record: StagedRecord, work: Work) -> None:
    """Pass, or refuse a record with the mark of an item whose record is another one."""
    item = work.find(item_marked(record.mark), lock=False)
    if item and item.company == record.company and item.origin:
        raise NotAllowed.because(
            f"{record.label} has the mark of {item.label}, whose record is "
            f"{item.origin.code or item.origin.id}: the ERP has it twice, or somebody has copied it",
            field="mark",
            who_can_fix="accounting, in the ERP: delete the one that is too many, "
            "or take the mark out of the copy; then refresh",
        )


def _must_fit(item: Item, record: StagedRecord) -> None:
    """Pass, or refuse to tie things together that cannot be the same."""
    if item.company != record.company:
        raise NotAllowed.because(
            f"there is no item {item.id} in this company",
            field="item_id",
            who_can_fix="the caller: check the id",
        )
    if item.kind != record.item_kind:
        raise NotAllowed.because(
            f"{item.label} is {item.kind.one}, the record is {record.kind.one}",
            field="item_id",
            who_can_fix="the approver: link an item of the same kind",
        )


def _noted(what: str, request: DecideRecord, record: StagedRecord, work: Work) -> bool:
    """Write it into the record's own history."""
    work.add(
        tables.history,
        id=work.new_id(),
        item_id=record.id,
        company=record.company,
        what=what,
        revision=0,
        by=request.by,
        channel=request.channel,
        comment="",
        detail={"origin": record.origin_id},
        at=work.now,
    )
    return True


def _told(origin: Origin) -> dict[str, object]:
    """An origin in the words of the event ``item.synced``."""
    lines = [{"external_id": name, "id": line_id} for name, line_id in origin.lines]
    return {"id": origin.id, "code": origin.code, "data": origin.data, "lines": lines}
