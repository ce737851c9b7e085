"""Records the ERP has and Gatepost has only read: candidates for an import, and lists to choose from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from gatepost.domain.errors import NotAllowed
from gatepost.domain.items import Origin
from gatepost.domain.kinds import Kind
from gatepost.domain.people import Person

RECORD_REVISION: Final = 0
"""The revision of an item that came from the ERP: whatever its source sends first is higher."""


class RecordKind(StrEnum):
    """What a record of an ERP is: an item's kind, or something items refer to."""

    CUSTOMER = "customer"
    VENDOR = "vendor"
    PROJECT = "project"
    SUB_JOB = "sub_job"
    COMMITMENT = "commitment"
    CHANGE_ORDER = "change_order"
    INVOICE = "invoice"

    @property
    def item_kind(self) -> Kind | None:
        """The kind of item it can become; None for what is only chosen from."""
        return Kind(self.value) if self.value in set(Kind) else None

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")

    @property
    def one(self) -> str:
        """The kind with its article: ``an invoice``."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.words}"


MUST_HAVE_A_PARENT: Final = frozenset({Kind.SUB_JOB, Kind.CHANGE_ORDER, Kind.INVOICE})
"""Kinds of which a record without a parent belongs nowhere here."""


class RecordState(StrEnum):
    """Where a record stands."""

    READY_TO_IMPORT = "ready_to_import"  # nobody has said yet what is to become of it
    LINKED = "linked"  # an item is tied to it
    ARCHIVED = "archived"  # not wanted; can be brought back
    REFERENCE = "reference"  # customers, vendors: to choose from, never imported


@dataclass(slots=True)
class StagedRecord:
    """A record of an ERP as it was last read. Times are UTC, from the database's clock.

    ``data`` is the record in the words of the connector's ``preview``; ``generation`` is the reading
    that saw it last, and ``gone`` says that a later one did not find it.
    """

    id: str
    company: str
    connection: str
    kind: RecordKind
    origin_id: str
    origin: Origin
    name: str
    parent: str | None
    mark: str | None
    data: dict[str, Any]
    state: RecordState
    item_id: str | None
    generation: int
    gone: bool
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def item_kind(self) -> Kind:
        """The kind of item it can become.

        Raises:
            NotAllowed: it can become none.

        """
        if kind := self.kind.item_kind:
            return kind
        raise NotAllowed.because(
            f"{self.kind.one} is no item; it is there to be chosen from",
            field="kind",
            who_can_fix="nobody: link a vendor in the company's directory",
        )

    @property
    def label(self) -> str:
        """How people call it: ``commitment PO-7 (Steel, tower B)``."""
        name = f" ({self.name})" if self.name else ""
        return f"{self.kind.words} {self.origin.code or self.origin_id}{name}"

    def text(self, name: str) -> str | None:
        """A field of the record as text; None where it has none."""
        value = self.data.get(name)
        return None if value is None else str(value)

    def must_be_free(self, by: Person) -> None:
        """Pass, or refuse to import or link the record.

        Raises:
            NotEntitled: not an approver for the kind.
            NotAllowed: linked, archived, or gone from the ERP.

        """
        by.must_be_approver_for(self.item_kind)
        if self.state is RecordState.LINKED:
            raise NotAllowed.because(
                f"{self.label} is linked to an item already",
                field="state",
                who_can_fix="an accounting approver: look at the item it is linked to",
            )
        if self.state is RecordState.ARCHIVED:
            raise NotAllowed.because(
                f"{self.label} is archived",
                field="state",
                who_can_fix="anyone with the level Standard on the ERP tool: unarchive it first",
            )
        self.must_be_there()

    def must_be_there(self) -> None:
        """Pass, or refuse to link a record that the latest reading did not find.

        Raises:
            NotAllowed: gone from the ERP.

        """
        if self.gone:
            raise NotAllowed.because(
                f"the ERP no longer has {self.label}",
                field="state",
                who_can_fix="accounting, in the ERP; then an accounting approver: refresh",
            )

    def must_be_movable(self, *, archived: bool) -> None:
        """Pass, or refuse to put the record away or to bring it back.

        Args:
            archived: whether it is brought back.

        Raises:
            NotAllowed: an item is linked to it, or it stands there already.

        """
        where = RecordState.ARCHIVED if archived else RecordState.READY_TO_IMPORT
        if self.item_kind and self.state is where:
            return
        if self.state is RecordState.LINKED:
            why = "is linked to an item"
        else:
            why = "is not archived" if archived else "is archived already"
        raise NotAllowed.because(
            f"{self.label} {why}, so it cannot be {'unarchived' if archived else 'archived'}",
            field="state",
            who_can_fix="an accounting approver: look at the item it is linked to"
            if self.state is RecordState.LINKED
            else "nobody: it stands where it belongs",
        )

    def archive(self) -> bool:
        """Put it away. False when that was done before.

        Raises:
            NotAllowed: an item is linked to it.

        """
        if self.state is RecordState.ARCHIVED:
            return False
        self.must_be_movable(archived=False)
        self.state = RecordState.ARCHIVED
        return True

    def unarchive(self) -> bool:
        """Bring it back to Ready To Import. False when it stands there.

        Raises:
            NotAllowed: an item is linked to it.

        """
        if self.state is RecordState.READY_TO_IMPORT:
            return False
        self.must_be_movable(archived=True)
        self.state = RecordState.READY_TO_IMPORT
        return True

    @property
    def belongs_nowhere(self) -> bool:
        """Whether it lacks the parent that a record of its kind must have."""
        return self.parent is None and self.item_kind in MUST_HAVE_A_PARENT

    def tie(self, item_id: str) -> None:
        """An item is tied to it from now on."""
        self.state, self.item_id = RecordState.LINKED, item_id


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """As much of an item as tells whether a record is its own."""

    id: str
    kind: str
    origin_id: str | None
    is_settled: bool  # exported, or about to be: its record is no candidate for an import


def item_marked(mark: str | None) -> str | None:
    """The item's id that a mark is; None for what others may have written there."""
    try:
        return str(UUID(mark or ""))
    except ValueError:
        return None


def state_of(
    kind: RecordKind,
    origin_id: str,
    mark: str | None,
    items: dict[str, LinkedItem],
    before: RecordState | None,
) -> tuple[RecordState, str | None]:
    """Where a record stands that was just read, and the item it belongs to.

    A record with the mark of an item that is not linked (its export failed with an unknown outcome,
    say) may be linked by a person: it is a candidate like any other.

    Args:
        kind: what it is.
        origin_id: the ERP's id of it.
        mark: Gatepost's mark on it, if any: the id of an item.
        items: items of this kind by their origin's id and by their own id.
        before: where it stood when it was read last.

    """
    if kind.item_kind is None:
        return RecordState.REFERENCE, None
    if linked := items.get(origin_id):
        return RecordState.LINKED, linked.id
    marked = items.get(mark or "")
    if marked and marked.is_settled and marked.origin_id in (None, origin_id):
        return RecordState.LINKED, marked.id
    archived = before is RecordState.ARCHIVED
    return (RecordState.ARCHIVED if archived else RecordState.READY_TO_IMPORT), None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item that may be what a record is: ``why`` says in a word, ``likeness`` is 0 to 1."""

    item_id: str
    external_id: str
    number: str
    title: str
    state: str
    why: str
    likeness: float
