"""What ties items to records the ERP has already: importing, linking, unlinking, putting away.

As with an item's own verbs, each checks first and changes afterwards.
"""

from dataclasses import replace
from datetime import datetime

from gatepost.domain.erp_records import RECORD_REVISION, StagedRecord
from gatepost.domain.errors import NotAllowed, NotEntitled
from gatepost.domain.items import Item, Origin
from gatepost.domain.kinds import ItemRef
from gatepost.domain.lifecycle import State, Step, after
from gatepost.domain.people import ErpTool, Person


def must_keep_lists(person: Person) -> None:
    """Pass, or refuse somebody who may not put things away and bring them back.

    Raises:
        NotEntitled: neither Standard nor Admin on the ERP tool. No privilege is needed.

    """
    if person.erp_tool not in (ErpTool.STANDARD, ErpTool.ADMIN):
        raise NotEntitled.because(
            f"{person.name} lacks the level Standard or Admin on the ERP tool",
            field="by",
            who_can_fix="an Admin of the ERP tool can grant it in the company's directory",
        )


def imported(
    record: StagedRecord, external_id: str, parent: Item | None, by: Person, at: datetime
) -> Item:
    """The item a record becomes: in the ERP already, at a revision below any its source can send."""
    ref = ItemRef(record.company, record.item_kind, external_id)
    above = parent.project or parent.external_id if parent else None
    return Item(
        id=ref.item_id,
        company=ref.company,
        kind=ref.kind,
        external_id=external_id,
        revision=RECORD_REVISION,
        state=State.SYNCED,
        status="",
        number=record.origin.code,
        title=record.name,
        project=above,
        parent=parent.external_id if parent else None,
        parent_id=parent.id if parent else None,
        created_by=by.email,
        created_by_name=by.name,
        sent_by=by.email,
        sent_by_name=by.name,
        url="",
        source="",
        digest="",
        total=record.text("total"),
        currency=record.text("currency"),
        created_at=at,
        updated_at=at,
        origin=record.origin,
        synced_revision=RECORD_REVISION,
    )


def link(item: Item, origin: Origin, by: Person, at: datetime) -> bool:
    """Tie an item to a record that the ERP has already. False when that was done before.

    A change of what is tied to that very record is settled by it: somebody has made it in the ERP.

    Raises:
        NotEntitled: not an approver for the kind.
        NotAllowed: it is tied to another record, or on its way into the ERP.

    """
    by.must_be_approver_for(item.kind)
    if item.origin is not None and item.origin.id == origin.id:
        if item.state is State.SYNCED:
            return False
        origin = replace(origin, lines=item.origin.lines or origin.lines)  # by the source's ids
    elif item.origin is not None:
        raise NotAllowed.because(
            f"{item.label} is linked to {item.origin.id} already",
            field="item_id",
            who_can_fix="an accounting approver: link another item, or unlink this one first",
        )
    item.state = after(Step.LINK, item.state)
    item.origin, item.synced_revision = origin, item.revision
    item.cause = item.drift = item.rejection = item.export_id = item.first_approval = None
    item.waits_for, item.attempts, item.unsettled = "", 0, False
    item.updated_at = at
    return True


def may_unlink(item: Item, by: Person) -> State:
    """The state an item is in once it is unlinked; whether the ERP still has it is asked later.

    Raises:
        NotEntitled: not an approver for the kind.
        NotAllowed: it is on its way into the ERP, or no record is linked to it.

    """
    by.must_be_approver_for(item.kind)
    return after_unlinking(item)


def after_unlinking(item: Item) -> State:
    """The same, whoever asks.

    Raises:
        NotAllowed: as :func:`may_unlink`.

    """
    state = after(Step.UNLINK, item.state)
    if item.origin is None:
        raise NotAllowed.because(
            f"{item.label} cannot be unlinked: it is linked to no record of the ERP",
            field="state",
            who_can_fix="nobody: there is nothing to let go of",
        )
    return state


def unlink(item: Item, by: Person, at: datetime) -> bool:
    """Let go of a record the ERP no longer has. False when that was done before.

    What somebody looked at, or accepted as the first of two, was an update: that is over with it.
    """
    if item.state is State.UNLINKED:
        return False
    item.state = may_unlink(item, by)
    item.origin = item.synced_revision = item.drift = None
    item.preview_hash = ""
    if item.state is State.SENT:  # what the first of two has corrected still takes the second
        item.first_approval, item.waits_for = None, ""
    item.updated_at = at
    return True


def archive(item: Item, by: Person, at: datetime) -> bool:
    """Put an item away. False when that was done before.

    Raises:
        NotEntitled: neither Standard nor Admin on the ERP tool.
        NotAllowed: it is neither rejected nor unlinked, or the ERP has it.

    """
    must_keep_lists(by)
    if item.state is State.ARCHIVED:
        return False
    state = after(Step.ARCHIVE, item.state)
    if item.origin:
        raise NotAllowed.because(
            f"{item.label} is linked to {item.origin.id}: what the ERP has is not put away",
            field="state",
            who_can_fix="its sender: send it again; or an approver unlinks it once the ERP has it no more",
        )
    item.archived_from = item.state
    item.state, item.updated_at = state, at
    return True


def unarchive(item: Item, by: Person, at: datetime) -> bool:
    """Bring an item back to where it was put away from.

    Raises:
        NotEntitled: neither Standard nor Admin on the ERP tool.
        NotAllowed: it is not archived.

    """
    must_keep_lists(by)
    usual = after(Step.UNARCHIVE, item.state)
    item.state, item.archived_from = item.archived_from or usual, None
    item.updated_at = at
    return True
