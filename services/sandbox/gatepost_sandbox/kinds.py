"""The five kinds of record the ERP keeps."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a record is."""

    PROJECT = "project"
    SUB_JOB = "sub_job"
    COMMITMENT = "commitment"
    CHANGE_ORDER = "change_order"
    INVOICE = "invoice"

    @property
    def prefix(self) -> str:
        """What the ids of this kind begin with."""
        return _PREFIXES[self]

    @property
    def parents(self) -> tuple["Kind", ...]:
        """The kinds a record of this kind may hang under."""
        return _PARENTS[self]


#: As the kinds are called in addresses: ``POST /erp/sub_jobs``.
BY_PLURAL: Final = {f"{kind}s": kind for kind in Kind}

_PREFIXES: Final = {
    Kind.PROJECT: "PRJ",
    Kind.SUB_JOB: "SUB",
    Kind.COMMITMENT: "PO",
    Kind.CHANGE_ORDER: "CO",
    Kind.INVOICE: "BILL",
}

_PARENTS: Final = {
    Kind.PROJECT: (Kind.PROJECT,),
    Kind.SUB_JOB: (Kind.PROJECT,),
    Kind.COMMITMENT: (Kind.PROJECT, Kind.SUB_JOB),
    Kind.CHANGE_ORDER: (Kind.COMMITMENT,),
    Kind.INVOICE: (Kind.COMMITMENT,),
}
