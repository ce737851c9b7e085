"""The kinds of item, how one is named, and the right a sender needs for it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import NAMESPACE_URL, uuid5


class Kind(StrEnum):
    """What was sent to the ERP."""

    PROJECT = "project"  # a job
    SUB_JOB = "sub_job"  # a part of a project with a cost ledger of its own
    COMMITMENT = "commitment"  # a subcontract or a purchase order
    CHANGE_ORDER = "change_order"  # a change of a commitment (CCO)
    INVOICE = "invoice"  # a subcontractor's invoice against a commitment

    @property
    def words(self) -> str:
        """The kind as it stands in a sentence: ``change order``."""
        return self.value.replace("_", " ")

    @property
    def one(self) -> str:
        """The kind with its article: ``an invoice``."""
        return f"{'an' if self.value[0] in 'aeiou' else 'a'} {self.words}"

    @property
    def plural(self) -> str:
        """The kind's plural as in addresses: ``change_orders``."""
        return self.value + "s"


PARENT_KIND: Final[dict[Kind, Kind]] = {
    Kind.SUB_JOB: Kind.PROJECT,
    Kind.COMMITMENT: Kind.PROJECT,
    Kind.CHANGE_ORDER: Kind.COMMITMENT,
    Kind.INVOICE: Kind.COMMITMENT,
}
"""Which kind must be in the ERP before this one can be."""

SENDER_TOOL: Final[dict[Kind, str]] = {
    Kind.PROJECT: "admin",
    Kind.SUB_JOB: "admin",
    Kind.COMMITMENT: "commitments",
    Kind.CHANGE_ORDER: "commitments",
    Kind.INVOICE: "commitments",
}
"""The tool of the source on which the sender must have the level ``admin``."""


@dataclass(frozen=True, slots=True)
class ItemRef:
    """What names an item: its company, its kind and the source's own id."""

    company: str
    kind: Kind
    external_id: str

    @property
    def subject(self) -> str:
        """The CloudEvents subject: ``acme/commitment/pm-558``."""
        return f"{self.company}/{self.kind}/{self.external_id}"

    @property
    def item_id(self) -> str:
        """The item's id: known before it is stored, because it is made of its name."""
        return _item_id(self.subject)


@lru_cache(maxsize=4096)
def _item_id(subject: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"gatepost:{subject}"))
