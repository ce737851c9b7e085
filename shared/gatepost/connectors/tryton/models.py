"""Which of Tryton's models a kind of record is, and what is read of it."""

from dataclasses import dataclass
from typing import Final

from gatepost.connectors.tryton.rest import Domain
from gatepost.domain.erp_records import RecordKind

PARTY: Final = "party.party"
JOB: Final = "analytic_account.account"
PURCHASE: Final = "purchase.purchase"
PURCHASE_LINE: Final = "purchase.line"
INVOICE: Final = "account.invoice"

_LINES: Final = tuple(
    f"lines.{name}"
    for name in ("note", "description", "quantity", "unit_price", "analytic_accounts.account")
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model, for one kind of record.

    ``which`` are those of the model that are of the kind, ``note`` is where its stamp stands, and
    ``searched`` what a word is looked for in.
    """

    name: str
    fields: tuple[str, ...]
    searched: tuple[str, ...]
    which: Domain
    note: str = ""


_JOBS: Final = ("code", "name", "note", "parent", "root", "state")
_PURCHASES: Final = (
    *("reference", "number", "description", "state", "party", "currency.code", "origin"),
    *("invoice_address", *_LINES),
)
_INVOICES: Final = (
    *("reference", "number", "description", "state", "party", "currency.code"),
    *("invoice_date", "accounting_date", "lines.origin", *_LINES),
)
_NUMBERED: Final = ("reference", "number", "description")

MODELS: Final[dict[RecordKind, Model]] = {
    RecordKind.VENDOR: Model(PARTY, ("name", "code"), ("name", "code"), []),
    RecordKind.PROJECT: Model(
        JOB,
        _JOBS,
        ("code", "name"),
        [["type", "=", "normal"], ["parent.type", "=", "root"]],
        "note",
    ),
    RecordKind.SUB_JOB: Model(
        JOB,
        _JOBS,
        ("code", "name"),
        [["type", "=", "normal"], ["parent.type", "=", "normal"]],
        "note",
    ),
    RecordKind.COMMITMENT: Model(
        PURCHASE, _PURCHASES, _NUMBERED, [["origin", "=", None]], "lines.note"
    ),
    RecordKind.CHANGE_ORDER: Model(
        PURCHASE, _PURCHASES, _NUMBERED, [["origin", "like", f"{PURCHASE},%"]], "lines.note"
    ),
    RecordKind.INVOICE: Model(INVOICE, _INVOICES, _NUMBERED, [["type", "=", "in"]], "lines.note"),
}
